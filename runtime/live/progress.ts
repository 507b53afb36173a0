/** How far a duplication is, put together from what the server lists and what it explains. */
import { type CutOverFacts, type CutOverReason, reasonsAgainstCutOver } from '../../machines/cutOver.js';
import type { DuplicationStatus, FailMode } from '../../machines/vocabulary.js';
import type { DuplicationInfo, PartitionProgress } from '../client/index.js';
import type { Explanation } from '../observe/explain.js';
import { lagOf } from './compose-explanation.js';

/** The stages a person thinks in, in order; `paused` and `removed` can come from any of them. */
export type Stage = 'preparing' | 'copying' | 'shipping' | 'paused' | 'removed';

const STAGE_OF: Readonly<Record<DuplicationStatus, Stage>> = {
  DS_INIT: 'preparing',
  DS_PREPARE: 'preparing',
  DS_APP: 'copying',
  DS_LOG: 'shipping',
  DS_PAUSE: 'paused',
  DS_REMOVED: 'removed',
};

/** How far a duplication is at one look. */
export interface Progress {
  readonly stage: Stage;
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  readonly partitionCount: number;
  /** Partitions whose checkpoint is ready at the source; undefined when the server does not say. */
  readonly prepared: number | undefined;
  /** Partitions the follower has installed and opened; undefined when the server does not say. */
  readonly ready: number | undefined;
  /** Decrees written at the source and not yet confirmed by the follower; undefined when unknown. */
  readonly lagDecrees: number | undefined;
  /** Of the full copy; undefined when the server does not count them. */
  readonly copiedBytes: number | undefined;
  readonly totalBytes: number | undefined;
  /** Since this handle first saw the present status, in milliseconds. */
  readonly inStatusMs: number;
  /** Something has to be done by somebody; `explain()` says what. */
  readonly blocked: boolean;
  /** Whether clients could be moved to the follower now, as far as the source can tell. */
  readonly canCutOver: boolean;
  /** Why not, the gravest first. */
  readonly cutOverReasons: readonly CutOverReason[];
  /** One line: status, what is waited for, the trouble if there is one. */
  readonly line: string;
  /** By partition index, ascending. */
  readonly partitions: readonly PartitionProgress[];
}

/** Whether it does not go on by itself: stopped, or without progress for longer than it may take. */
export function isBlocked({ blocked, stuck }: Explanation): boolean {
  return blocked || stuck !== null;
}

export function progressOf(info: DuplicationInfo, explanation: Explanation, inStatusMs: number): Progress {
  const { progress } = explanation;
  const known = progress.lastCommitted.some((decree) => decree >= 0);
  // -1: composed here, the server did not say.
  const fence = (explanation.fence ?? null) === null ? 'open' : 'foreign';
  const reasons = reasonsAgainstCutOver({ ...cutOverFacts(info, explanation), fence });
  const count = (value: number) => (value < 0 ? undefined : value);
  return {
    stage: STAGE_OF[info.status],
    status: info.status,
    failMode: info.failMode,
    partitionCount: info.partitions.length,
    prepared: count(progress.prepared),
    ready: count(progress.ready),
    lagDecrees: known ? progress.lagDecrees : undefined,
    copiedBytes: progress.totalBytes > 0 ? progress.copiedBytes : undefined,
    totalBytes: progress.totalBytes > 0 ? progress.totalBytes : undefined,
    inStatusMs,
    blocked: isBlocked(explanation),
    canCutOver: reasons.length === 0,
    cutOverReasons: reasons,
    line: explanation.line,
    partitions: info.partitions,
  };
}

/** What the source alone knows; `info` undefined: the duplication is gone. */
export function cutOverFacts(
  info: DuplicationInfo | undefined,
  explanation: Explanation | undefined,
): Omit<CutOverFacts, 'fence'> {
  if (info === undefined) return { status: 'gone', blocked: false, lagDecrees: -1, skippedMutations: -1 };
  const known = info.partitions.every(({ lastCommittedDecree }) => lastCommittedDecree >= 0);
  return {
    status: info.status,
    blocked: explanation !== undefined && isBlocked(explanation),
    lagDecrees: known ? lagOf(info) : -1,
    skippedMutations: explanation?.progress.skippedMutations ?? -1,
  };
}
