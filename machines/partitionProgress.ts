/** What a partition's duplicator says of itself, and which part of the log it still needs: pure rules. */

/** The part of the duplicator's context that the rules look at; decrees are −1 while unknown. */
export interface PartitionProgress {
  readonly shipped: number;
  readonly checkpointDecree: number;
}

/**
 * What is reported with every sync: the decree that the follower holds, or, while it has not been asked, that of
 * the prepared checkpoint. The two are told apart, for only the first confirms (SPEC S-GC-1).
 *
 * @example progressReport({ shipped: -1, checkpointDecree: 7 })
 * // { decree: 7, followerHolds: false, prepared: true }
 */
export function progressReport({ shipped, checkpointDecree }: PartitionProgress): {
  readonly decree: number;
  readonly followerHolds: boolean;
  readonly prepared: boolean;
} {
  return {
    decree: shipped >= 0 ? shipped : checkpointDecree,
    followerHolds: shipped >= 0,
    prepared: checkpointDecree >= 0,
  };
}

/**
 * Decree above which the log is still needed; −1: all of it. A follower that was put back, from a backup perhaps,
 * stands before what it once confirmed.
 *
 * @param confirmed what the meta server has confirmed durably
 */
export function logNeededAfter({ shipped }: Pick<PartitionProgress, 'shipped'>, confirmed: number): number {
  return shipped < 0 ? confirmed : Math.min(confirmed, shipped);
}
