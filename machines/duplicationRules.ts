/** Types of the duplication chart, and its pure rules: what is refused and what a report changes. */
import type { FollowerTableReport, FollowerTableTimes } from './followerTable.js';
import type { Trouble } from './messages.js';
import {
  type DuplicationIdentity,
  type DuplicationStatus,
  type ExistingTablePolicy,
  type FailMode,
  type FollowerTableOnRemove,
  OPERATOR_MAY_REQUEST,
  operatorVerbs,
  VERB_OF_STATUS,
} from './vocabulary.js';
import type { StuckReason, WatchdogInput, WatchdogReport } from './watchdog.js';

export interface DuplicationTimes {
  readonly storageRetryMs: number;
  readonly followerTable: FollowerTableTimes;
  readonly watchdog: WatchdogInput;
}

export interface DuplicationInput {
  readonly identity: DuplicationIdentity;
  readonly remoteCluster: string;
  readonly remoteTable: string;
  readonly remoteReplicaCount: number;
  readonly policy: ExistingTablePolicy;
  readonly onRemove: FollowerTableOnRemove;
  /** The durable record, or null for a duplication that was just asked for. */
  readonly durable: { readonly status: DuplicationStatus; readonly failMode: FailMode } | null;
  /** Durable confirmed decree of each partition; −1 while unknown. Its length is the partition count. */
  readonly confirmed: readonly number[];
  /** Who asked for the duplication, to be answered when it is durable. */
  readonly requester: string | null;
  readonly times: DuplicationTimes;
}

export interface DuplicationContext extends DuplicationInput {
  /** Visible status; equals the durable one whenever nothing is being written. */
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  /** What is being written. */
  readonly next: { readonly status: DuplicationStatus; readonly failMode: FailMode } | null;
  readonly writeNo: number;
  /** Volatile: reported again by every sync while it matters. */
  readonly prepared: readonly boolean[];
  /** Decree being written for each partition, at least the confirmed one. */
  readonly writing: readonly number[];
  /** Volatile, as the sources report it; −1 where none has since this meta server started. */
  readonly lastCommitted: readonly number[];
  readonly partitionTrouble: readonly (Trouble | null)[];
  /** Of the follower table; `blocked` says that trying again does not help. */
  readonly trouble: Trouble | null;
  readonly blocked: boolean;
  /** What hinders the write or the deletion that is due; the follower's reports neither hide nor end it. */
  readonly storageTrouble: Trouble | null;
  /** A blocked follower table has been announced, and its recovery has not. */
  readonly blockAnnounced: boolean;
  readonly stuck: StuckReason | null;
}

/** What a source replica reports about one partition at each sync. */
export interface Confirm {
  readonly type: 'CONFIRM';
  readonly partition: number;
  /** Highest decree that is safe on the follower, or that of the prepared checkpoint; −1 unknown. */
  readonly decree: number;
  /** The follower itself has said that it holds the decree; otherwise it is a checkpoint's. */
  readonly followerHolds: boolean;
  readonly prepared: boolean;
  readonly lastCommitted: number;
  readonly trouble: Trouble | null;
}

export interface Modify {
  readonly type: 'MODIFY';
  readonly requester: string;
  readonly status?: DuplicationStatus;
  readonly failMode?: FailMode;
  readonly onRemove?: FollowerTableOnRemove;
}

export type DuplicationEvent =
  | Confirm
  | Modify
  | { readonly type: 'RETRY_NOW' }
  | { readonly type: 'ALTER'; readonly to: DuplicationStatus }
  | { readonly type: 'STATUS_PERSISTED'; readonly writeNo: number }
  | { readonly type: 'STATUS_PERSIST_FAILED'; readonly writeNo: number; readonly error: string }
  | { readonly type: 'PROGRESS_PERSISTED'; readonly partition: number; readonly decree: number }
  | { readonly type: 'PROGRESS_PERSIST_FAILED'; readonly partition: number; readonly error: string }
  | { readonly type: 'RECORD_DELETED' }
  | FollowerTableReport
  | WatchdogReport;

export interface DuplicationEffects {
  /** Write the record; answered by STATUS_PERSISTED or STATUS_PERSIST_FAILED with the same number. */
  persistStatus: {
    readonly writeNo: number;
    readonly status: DuplicationStatus;
    readonly failMode: FailMode;
    readonly onRemove: FollowerTableOnRemove;
  };
  /** Write a partition's confirmed decree, never a smaller one over a larger one. */
  persistProgress: { readonly partition: number; readonly decree: number };
  /** Delete the record and everything under it; answered by RECORD_DELETED. Repeating is harmless. */
  deleteRecord: object;
  /** Answer a requester; null means that nobody waits. */
  answer: { readonly requester: string | null; readonly error: string; readonly hint?: string };
  /**
   * For logs, metrics and alerts: a new status is visible, the follower table is blocked, the watchdog
   * speaks up (`stuck` says why), or it goes on again. `trouble` is the follower's where that blocks,
   * otherwise what still stands, storage's first: without a write that is done nothing goes on.
   */
  announce: {
    readonly what: 'status' | 'blocked' | 'recovered';
    readonly status: DuplicationStatus;
    readonly trouble: Trouble | null;
    readonly stuck: StuckReason | null;
  };
}

/** Why a request is refused and what is legal instead; null when it is legal (SPEC L-OBEY-1). */
export function refusal(context: DuplicationContext, event: Modify): { error: string; hint: string } | null {
  const wanted = event.status ?? context.status;
  const legal = `legal in ${context.status}: ${operatorVerbs(context.status).join(', ') || 'nothing, wait'}`;
  if (context.status === 'DS_REMOVED') return { error: 'ERR_OBJECT_NOT_FOUND', hint: 'it is being removed' };
  if (event.failMode === 'FAIL_FAST') {
    return { error: 'ERR_INVALID_PARAMETERS', hint: 'FAIL_FAST ends the server; use FAIL_SLOW or FAIL_SKIP' };
  }
  if (wanted === context.status || OPERATOR_MAY_REQUEST[context.status].includes(wanted)) return null;
  const why =
    wanted === 'DS_LOG'
      ? 'the follower does not hold the data yet; log shipping starts by itself when it does'
      : `${VERB_OF_STATUS[wanted] ?? wanted} is not possible now`;
  return { error: 'ERR_INVALID_PARAMETERS', hint: `${why}; ${legal}` };
}

/** What the watchdog is to hear of after an event: storage speaks where nobody reports. */
export function troubleToTell(context: DuplicationContext, event: DuplicationEvent): Trouble | null {
  const reported = event.type === 'CONFIRM' || event.type === 'FOLLOWER_TROUBLE';
  return reported ? event.trouble : context.storageTrouble;
}

/** Behind what its source has committed, or it may be: −1 says that the source has not told. */
const mayLag = (confirmed: number, lastCommitted: number): boolean =>
  lastCommitted < 0 || (confirmed >= 0 && lastCommitted > confirmed);

const lags = ({ confirmed, lastCommitted }: DuplicationContext, partition: number): boolean =>
  mayLag(confirmed[partition] ?? -1, lastCommitted[partition] ?? -1);

/** Whether a report says that its partition is behind. */
export function tellsOfLag({ confirmed }: DuplicationContext, event: Confirm): boolean {
  return mayLag(Math.max(event.decree, confirmed[event.partition] ?? -1), event.lastCommitted);
}

/** The partitions that owe progress while logs are shipped; nobody waits for a single one before. */
export function laggingPartitions(context: DuplicationContext): readonly number[] {
  if (context.status !== 'DS_LOG') return [];
  return context.confirmed.flatMap((_, p) => (lags(context, p) ? [p] : []));
}

/** Whether any partition, but for the one that is just heard of, lags or is in trouble. */
export function someBehind(context: DuplicationContext, heardOf: number | null = null): boolean {
  return context.confirmed.some(
    (_, p) => p !== heardOf && (context.partitionTrouble[p] !== null || lags(context, p)),
  );
}

const at = <T>(list: readonly T[], index: number, value: T): readonly T[] =>
  list.map((old, i) => (i === index ? value : old));

/**
 * Whether a report raises the decree that a partition's log may be collected up to. The decree of a checkpoint counts
 * once, as the first: the follower may have copied that one when a restarted replica prepares another, and would miss
 * what lies between. From then on only what the follower holds counts, in every status: a report may be older than
 * the status (SPEC S-GAP-1, S-GC-1).
 */
export function advances(context: DuplicationContext, event: Confirm): boolean {
  const known = context.writing[event.partition] ?? Number.POSITIVE_INFINITY;
  return event.decree > known && (known < 0 || event.followerHolds);
}

/** What a report changes in the context; decrees only ever grow (SPEC S-MONO-1). */
export function confirmRefinement(context: DuplicationContext, event: Confirm): Partial<DuplicationContext> {
  const p = event.partition;
  if (p < 0 || p >= context.confirmed.length) return {};
  return {
    prepared: at(context.prepared, p, event.prepared),
    writing: advances(context, event) ? at(context.writing, p, event.decree) : context.writing,
    lastCommitted: at(context.lastCommitted, p, event.lastCommitted),
    partitionTrouble: at(context.partitionTrouble, p, event.trouble),
  };
}
