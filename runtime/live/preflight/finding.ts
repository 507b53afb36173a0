/** What a preflight finds, and what follows from all of it. */

/** Stable names of what is looked at, in the order in which it is told. */
export const CHECKS = [
  'source-meta',
  'follower-meta',
  'cluster-names',
  'cluster-ids',
  'function-level',
  'versions',
  'source-table',
  'source-partitions',
  'source-nodes',
  'follower-nodes',
  'replica-count',
  'remote-known',
  'duplication-there',
  'follower-table',
  'create-path',
  'data-path',
  'ship-path',
  'follower-disk',
  'source-disk',
  'write-size',
  'clocks',
] as const;
export type CheckCode = (typeof CHECKS)[number];

/** `note`: worth knowing. `warning`: it can work, and may go wrong. `error`: it cannot work as things are. */
export type Severity = 'ok' | 'note' | 'warning' | 'error';

/**
 * What becomes of a duplication that is added now. `change-first`: somebody has to decide or configure
 * something. `would-fail`: something is broken or away, and may come back by itself.
 */
export type Verdict = 'ready' | 'would-fail' | 'not-reached' | 'change-first';

/** One fact about whether the duplication can work. */
export interface Finding {
  readonly code: CheckCode;
  readonly severity: Severity;
  /** False where this cannot be looked at from here. Such a finding is never `ok`. */
  readonly checked: boolean;
  /** One sentence. */
  readonly what: string;
  /** What was seen, by name. */
  readonly evidence: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** The command to type next, or what to do by hand; null where nothing is to be done. */
  readonly next: string | null;
  /** Of an error: what it makes of the whole. */
  readonly verdict: Exclude<Verdict, 'ready'> | null;
}

type Evidence = Finding['evidence'];

export const ok = (code: CheckCode, what: string, evidence: Evidence = {}): Finding => ({
  code,
  severity: 'ok',
  checked: true,
  what,
  evidence,
  next: null,
  verdict: null,
});

export const note = (code: CheckCode, what: string, evidence: Evidence = {}, next?: string): Finding => ({
  ...ok(code, what, evidence),
  severity: 'note',
  next: next ?? null,
});

export const warning = (code: CheckCode, what: string, evidence: Evidence, next: string): Finding => ({
  ...ok(code, what, evidence),
  severity: 'warning',
  next,
});

export const error = (
  code: CheckCode,
  verdict: Exclude<Verdict, 'ready'>,
  what: string,
  evidence: Evidence,
  next: string,
): Finding => ({ ...ok(code, what, evidence), severity: 'error', verdict, next });

/** Something that nobody can tell from here; `byHand` says how to find out. */
export const uncheckable = (
  code: CheckCode,
  what: string,
  byHand: string,
  evidence: Evidence = {},
): Finding => ({
  ...ok(code, `not checkable here: ${what}`, evidence),
  severity: 'note',
  checked: false,
  next: byHand,
});

/** Of what only a follower that answers could tell. */
export const followerAway = (code: CheckCode, what: string): Finding =>
  uncheckable(code, what, 'run this where the follower answers');

/** What counts first: whom one does not reach one cannot judge; what somebody has to change, no waiting mends. */
const GRAVITY: readonly Verdict[] = ['not-reached', 'change-first', 'would-fail'];

export function verdictOf(findings: readonly Finding[]): Verdict {
  return GRAVITY.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? 'ready';
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note', 'ok'];

/** Errors first; among equals in the order of the checks. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity, code }: Finding) =>
    SEVERITIES.indexOf(severity) * CHECKS.length + CHECKS.indexOf(code);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
