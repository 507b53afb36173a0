/**
 * What the charts' effects need from the world, as small ports. Every implementation answers within its
 * deadline, never throws for an expected failure (it returns {@link Trouble}), and may be called again
 * with the same arguments: repeating is harmless everywhere.
 */
import type { CheckpointView } from '../machines/checkpointTransfer.js';
import type { FollowerReply, FollowerRequest, Trouble } from '../machines/messages.js';
import type { MigrationReply, MigrationRequest } from '../machines/migrationVerdict.js';
import type { SupervisionReply, SupervisionRequest } from '../machines/supervisorVerdict.js';
import type { DuplicationStatus, FailMode, FollowerTableOnRemove } from '../machines/vocabulary.js';

/** Either a value or the trouble that prevented it. */
export type Outcome<Value> = { readonly ok: Value } | { readonly trouble: Trouble };

export const isOk = <Value>(outcome: Outcome<Value>): outcome is { readonly ok: Value } => 'ok' in outcome;

/** The follower cluster's meta server, as `followerTable` needs it. */
export interface FollowerMetaPort {
  ask(request: FollowerRequest, signal: AbortSignal): Promise<FollowerReply>;
}

/** Durable state of one duplication at the source's meta. */
export interface DurableStatusPort {
  /** Durable when it resolves. */
  saveStatus(record: {
    readonly status: DuplicationStatus;
    readonly failMode: FailMode;
    readonly onRemove: FollowerTableOnRemove;
  }): Promise<Outcome<null>>;
  /** Keeps the larger of the stored and the given decree. */
  saveProgress(partition: number, decree: number): Promise<Outcome<null>>;
  deleteRecord(): Promise<Outcome<null>>;
}

/** A batch of the source's log, held where it was read; charts only see its decrees. */
export interface LoadedBatch {
  readonly toDecree: number;
}

/** The source partition's log and checkpoints. */
export interface PartitionLogPort {
  /** Durable checkpoint of everything applied; its decree. */
  prepareCheckpoint(signal: AbortSignal): Promise<Outcome<{ readonly decree: number }>>;
  /** The next mutations after a decree; `toDecree` equal to it when there are none. */
  loadBatch(
    afterDecree: number,
    signal: AbortSignal,
  ): Promise<Outcome<LoadedBatch> | { readonly damaged: Trouble; readonly resumeAfterDecree: number }>;
}

/** The follower's primary of one partition. */
export interface LogShipperPort {
  /** Highest source decree the follower has applied, −1 if it holds nothing of this duplication. */
  probe(signal: AbortSignal): Promise<Outcome<{ readonly appliedDecree: number }>>;
  /** Sends the batch loaded last; applied durably when it resolves. */
  ship(
    fromDecreeExcluded: number,
    toDecree: number,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly appliedDecree: number }>>;
}

/** What a follower's replica needs to fetch and open a partition, apart from the files themselves. */
export interface CheckpointSourcePort {
  /** `host:port` of the source's primary. */
  locatePrimary(signal: AbortSignal): Promise<Outcome<{ readonly address: string }>>;
  queryCheckpoint(primary: string, signal: AbortSignal): Promise<Outcome<CheckpointView>>;
  /**
   * Verified files become the partition's store, atomically. What an earlier attempt has installed stays, also if it
   * was another checkpoint: an attempt that is given up may still end.
   */
  install(checkpoint: CheckpointView, signal: AbortSignal): Promise<Outcome<null>>;
  open(signal: AbortSignal): Promise<Outcome<null>>;
}

/** Both clusters and the operator's journal, as `supervisor` needs them. */
export interface SupervisionPort {
  ask(request: SupervisionRequest, signal: AbortSignal): Promise<SupervisionReply>;
}

/** Both clusters and the operator's journal, as `migration` needs them. */
export interface MigrationPort {
  ask(request: MigrationRequest, signal: AbortSignal): Promise<MigrationReply>;
}
