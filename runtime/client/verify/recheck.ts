/** Looking again at keys that seemed to differ: with writes going on, most of them were on their way. */
import { Deadline, sleep } from '../deadline.js';
import type { Row, Table } from '../table.js';
import { fingerprint, sameRow } from './by-rows.js';
import { forEachParallel } from './parallel.js';
import type { Suspect } from './tally.js';

/** What became of a suspect. */
export type Verdict =
  | 'same'
  /** In the source only, in the follower only, in both and not the same: with the source at rest. */
  | 'missing'
  | 'extra'
  | 'differing'
  /** The source changed each time it was looked at, and the follower had none of its values. */
  | 'unsettled';

export interface RecheckOptions {
  readonly source: Table;
  readonly follower: Table;
  readonly signal: AbortSignal | undefined;
  /** Wait before the first look; doubles. Milliseconds. */
  readonly settleMs: number;
  /** Looks, at least one. */
  readonly recheckLimit: number;
}

const PARALLEL_READS = 32;
const SETTLE_CAP_MS = 10_000;
const READ_TIMEOUT_MS = 30_000;

/** What became of a suspect, and on which sides its row was when it was looked at last. */
export interface RecheckOutcome {
  readonly verdict: Verdict;
  readonly source: boolean;
  readonly follower: boolean;
}

interface Case extends RecheckOutcome {
  readonly rawKey: Buffer;
  /** Every state the source was seen in, the newest last. */
  readonly sourceStates: string[];
  verdict: Verdict;
  source: boolean;
  follower: boolean;
}

/**
 * Outcomes in the order of the suspects. The source is read first: a follower that lags then shows what
 * the source had a moment ago, and that is looked at again rather than called a difference.
 */
export async function recheck(
  suspects: readonly Suspect[],
  options: RecheckOptions,
): Promise<readonly RecheckOutcome[]> {
  const cases = suspects.map(
    ({ rawKey, source }): Case => ({
      rawKey,
      sourceStates: [source],
      verdict: 'unsettled',
      source: false,
      follower: false,
    }),
  );
  let open = cases;
  let waitMs = options.settleMs;
  for (let look = 0; look < Math.max(1, options.recheckLimit) && open.length > 0; look++) {
    await sleep(waitMs, options.signal);
    waitMs = Math.min(SETTLE_CAP_MS, waitMs * 2);
    await forEachParallel(open, PARALLEL_READS, (one) => lookAt(one, options));
    open = open.filter((one) => one.verdict !== 'same');
  }
  return cases;
}

async function lookAt(one: Case, { source, follower, signal }: RecheckOptions): Promise<void> {
  const limits = { timeoutMs: READ_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
  new Deadline(limits, READ_TIMEOUT_MS).throwIfCanceled('verify');
  const there = await source.readRow(one.rawKey, limits);
  const copy = await follower.readRow(one.rawKey, limits);
  const before = one.sourceStates.at(-1);
  const now = fingerprint(there);
  if (now !== before) one.sourceStates.push(now);
  one.source = there !== undefined;
  one.follower = copy !== undefined;
  one.verdict = judge(there, copy, now === before, one.sourceStates);
}

/**
 * A source at rest since the last look has to be equalled. One that moves is followed at a distance: a
 * copy that is one of its earlier states is in order.
 */
function judge(
  there: Row | undefined,
  copy: Row | undefined,
  atRest: boolean,
  states: readonly string[],
): Verdict {
  if (there === undefined && copy === undefined) return 'same';
  if (there !== undefined && copy !== undefined && sameRow(there, copy)) return 'same';
  if (!atRest) return states.includes(fingerprint(copy)) ? 'same' : 'unsettled';
  if (copy === undefined) return 'missing';
  return there === undefined ? 'extra' : 'differing';
}
