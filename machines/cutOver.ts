/**
 * Whether clients could move from a table to its copy now, and if not, why: a pure rule over what is known
 * of a duplication. Status, progress, the plan of a migration and its chart all ask here.
 */
import type { DuplicationStatus } from './vocabulary.js';

/**
 * Whether the source takes writes.
 * - `open`: it does.
 * - `asked`: closed by whoever asks, and not yet known to be closed on every partition.
 * - `earlier`: closed by an earlier run of the same; an order of that run to open it may still arrive.
 * - `in-force`: closed by whoever asks; every partition says so, and no write is under way.
 * - `foreign`: closed by somebody else.
 */
export type FenceState = 'open' | 'asked' | 'earlier' | 'in-force' | 'foreign';

/** What the rule looks at; −1 for a number that nobody tells. */
export interface CutOverFacts {
  /** `gone`: the source does not list it. */
  readonly status: DuplicationStatus | 'gone';
  /** It does not go on by itself. */
  readonly blocked: boolean;
  readonly lagDecrees: number;
  /** Mutations that were left out because the log was damaged (fail mode `skip`). */
  readonly skippedMutations: number;
  /** Partitions of the follower that nobody serves; left out where the follower was not asked. */
  readonly followerPartitionsMissing?: number;
  readonly fence: FenceState;
  /** Left out where nobody has been asked to compare. */
  readonly verified?: boolean;
}

export type CutOverCode =
  | 'no-duplication'
  | 'status'
  | 'blocked'
  | 'fenced'
  | 'skipped'
  | 'no-primary'
  | 'lag'
  | 'unverified';

/** One reason against it. `wait`: it may pass by itself; `operator`: somebody has to do something. */
export interface CutOverReason {
  readonly code: CutOverCode;
  readonly kind: 'wait' | 'operator';
  readonly text: string;
}

/** Behind by at most so many decrees a table can be closed for the moment that the rest takes. */
export const DEFAULT_THRESHOLD_DECREES = 1_000;

/**
 * Reasons against a cut-over, the gravest first; none: it could begin.
 *
 * @example
 * reasonsAgainstCutOver(facts, 1_000).map(({ text }) => text) // ['2400 mutations behind, more than 1000']
 */
export function reasonsAgainstCutOver(
  facts: CutOverFacts,
  thresholdDecrees = DEFAULT_THRESHOLD_DECREES,
): readonly CutOverReason[] {
  const { status, lagDecrees, skippedMutations: skipped, followerPartitionsMissing: missing = 0 } = facts;
  if (status === 'gone') {
    return [{ code: 'no-duplication', kind: 'operator', text: 'the table is not duplicated there' }];
  }
  const reasons: (CutOverReason | false)[] = [
    status !== 'DS_LOG' && {
      code: 'status',
      kind: status === 'DS_PAUSE' || status === 'DS_REMOVED' ? 'operator' : 'wait',
      text: `the status is ${status}, not DS_LOG`,
    },
    skipped > 0 && {
      code: 'skipped',
      kind: 'operator',
      text: `${skipped} mutations were skipped and are missing at the follower`,
    },
    facts.fence === 'foreign' && {
      code: 'fenced',
      kind: 'operator',
      text: 'somebody else has closed the source table to writes',
    },
    facts.blocked && { code: 'blocked', kind: 'wait', text: 'the duplication does not go on by itself' },
    missing !== 0 && {
      code: 'no-primary',
      kind: 'wait',
      text:
        missing < 0
          ? 'nobody tells whether every partition of the follower is served'
          : `${missing} partitions of the follower have no primary`,
    },
    status === 'DS_LOG' &&
      (lagDecrees < 0 || lagDecrees > thresholdDecrees) && {
        code: 'lag',
        kind: 'wait',
        text:
          lagDecrees < 0
            ? 'nobody tells how far the follower is behind'
            : `${lagDecrees} mutations behind, more than ${thresholdDecrees}`,
      },
    facts.verified === false && {
      code: 'unverified',
      kind: 'operator',
      text: 'the two sides have not been found equal',
    },
  ];
  return reasons.filter((reason) => reason !== false);
}
