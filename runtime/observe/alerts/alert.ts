/** What is worth waking somebody for: one event of one duplication, with the account that explains it. */
import type { DuplicationStatus } from '../../../machines/index.js';
import { correlationId } from '../correlation.js';
import type { Explanation } from '../explain.js';

/** `blocked`: somebody has to act. `stuck`: the watchdog has seen it stand still for too long. */
export const ALERT_KINDS = ['blocked', 'stuck', 'recovered', 'status', 'unreachable', 'removed'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  /**
   * The same for the same event, whoever tells it and however often: a receiver that has seen it has nothing to
   * do. Made of what happened and since when, so a watcher that was started again tells the same ids.
   */
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: 'critical' | 'warning' | 'info';
  /** When it was noticed, in milliseconds since 1970. */
  readonly atMs: number;
  readonly cluster: string;
  readonly table: string;
  readonly duplicationId: number;
  /** The id that log lines of both clusters carry. */
  readonly correlation: string;
  /** One line: what explain says in its first. */
  readonly summary: string;
  /** The command to type next. */
  readonly next: string;
  /** Of `status`. */
  readonly from?: DuplicationStatus;
  readonly to?: DuplicationStatus;
  /** The whole account as it was then; null while the cluster does not answer. */
  readonly explanation: Explanation | null;
}

const SEVERITY: Readonly<Record<AlertKind, Alert['severity']>> = {
  blocked: 'critical',
  stuck: 'critical',
  unreachable: 'warning',
  recovered: 'info',
  status: 'info',
  removed: 'info',
};

/** One look at a duplication, or that there was none to be had. */
export type AlertLook =
  | { readonly kind: 'seen'; readonly explanation: Explanation }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'removed' };

export interface AlertSubject {
  readonly cluster: string;
  readonly table: string;
  readonly duplicationId: number;
}

/**
 * Turns looks into alerts: each event once. The first look tells no status, because nothing has changed yet;
 * a duplication that is blocked already is told at once.
 *
 * @example
 * const differ = new AlertDiffer({ cluster: 'east', table: 'users', duplicationId: 7 });
 * differ.next({ kind: 'seen', explanation }, Date.now()); // Alert[]
 */
export class AlertDiffer {
  readonly #subject: AlertSubject;
  #last: Explanation | null = null;
  #trouble: { readonly kind: 'blocked' | 'stuck'; readonly sinceMs: number } | null = null;
  #unreachableSinceMs: number | null = null;

  constructor(subject: AlertSubject) {
    this.#subject = subject;
  }

  next(look: AlertLook, atMs: number): Alert[] {
    if (look.kind === 'unreachable') return this.#unreachable(look.reason, atMs);
    const alerts: Alert[] = [];
    if (this.#unreachableSinceMs !== null) {
      const explanation = look.kind === 'seen' ? look.explanation : null;
      alerts.push(this.#alert('recovered', this.#unreachableSinceMs, atMs, explanation));
      this.#unreachableSinceMs = null;
    }
    if (look.kind === 'removed') return [...alerts, this.#alert('removed', 0, atMs, this.#last)];
    const { explanation } = look;
    const before = this.#last;
    this.#last = explanation;
    if (before !== null && before.status !== explanation.status) {
      const { status: to } = explanation;
      const sinceMs = explanation.enteredMs?.[to] ?? atMs;
      alerts.push({
        ...this.#alert('status', `${to}/${sinceMs}`, atMs, explanation),
        from: before.status,
        to,
      });
    }
    return [...alerts, ...this.#troubled(explanation, atMs)];
  }

  #unreachable(reason: string, atMs: number): Alert[] {
    if (this.#unreachableSinceMs !== null) return [];
    this.#unreachableSinceMs = atMs;
    const { cluster, table } = this.#subject;
    return [
      {
        ...this.#alert('unreachable', atMs, atMs, null),
        summary: `cluster ${cluster} does not answer: ${reason}`,
        next: `bridle status ${table}`,
      },
    ];
  }

  #troubled(explanation: Explanation, atMs: number): Alert[] {
    const kind = explanation.blocked ? 'blocked' : explanation.stuck !== null ? 'stuck' : null;
    const before = this.#trouble;
    if (kind === (before?.kind ?? null)) return [];
    if (kind === null) {
      this.#trouble = null;
      return before === null ? [] : [this.#alert('recovered', before.sinceMs, atMs, explanation)];
    }
    this.#trouble = { kind, sinceMs: sinceOf(explanation) || atMs };
    return [this.#alert(kind, this.#trouble.sinceMs, atMs, explanation)];
  }

  #alert(kind: AlertKind, anchor: number | string, atMs: number, explanation: Explanation | null): Alert {
    const { cluster, table, duplicationId } = this.#subject;
    const correlation = explanation?.correlation ?? correlationId(`${cluster}/${table}/${duplicationId}`);
    return {
      id: `${correlation}/${kind}/${anchor}`,
      kind,
      severity: SEVERITY[kind],
      atMs,
      cluster,
      table,
      duplicationId,
      correlation,
      summary: kind === 'removed' ? 'nothing of it is left at the source' : (explanation?.line ?? ''),
      next: kind === 'removed' ? 'bridle status' : (explanation?.next ?? `bridle explain ${table}`),
      explanation: kind === 'removed' ? null : explanation,
    };
  }
}

/** Since when the trouble of the headline has been there, or the wait if there is no trouble; 0 if nobody tells. */
function sinceOf({ waiting }: Explanation): number {
  const troubled = [...waiting].reverse().find(({ trouble }) => trouble !== null);
  return troubled?.trouble?.firstSeenMs ?? waiting[0]?.sinceMs ?? 0;
}
