/** Handlers of the charts' effects in terms of the ports: one function per chart. */
import type { CheckpointTransferEffects } from '../machines/checkpointTransfer.js';
import type { DuplicationEffects } from '../machines/duplicationRules.js';
import type { FollowerTableEffects } from '../machines/followerTable.js';
import type { PartitionDuplicatorEffects } from '../machines/partitionDuplicator.js';
import type { EffectHandlers } from './chartHost.js';
import {
  type CheckpointSourcePort,
  type DurableStatusPort,
  type FollowerMetaPort,
  isOk,
  type LogShipperPort,
  type PartitionLogPort,
} from './ports.js';

/** What a host of `duplication` is told besides its ports. */
export interface DuplicationCallbacks {
  answer(answer: DuplicationEffects['answer']): void;
  announce(announcement: DuplicationEffects['announce']): void;
}

export function duplicationHandlers(
  durable: DurableStatusPort,
  callbacks: DuplicationCallbacks,
): EffectHandlers<DuplicationEffects> {
  return {
    persistStatus: async ({ writeNo, ...record }) => {
      const outcome = await durable.saveStatus(record);
      return isOk(outcome)
        ? { type: 'STATUS_PERSISTED', writeNo }
        : { type: 'STATUS_PERSIST_FAILED', writeNo, error: outcome.trouble.error };
    },
    persistProgress: async ({ partition, decree }) => {
      const outcome = await durable.saveProgress(partition, decree);
      return isOk(outcome)
        ? { type: 'PROGRESS_PERSISTED', partition, decree }
        : { type: 'PROGRESS_PERSIST_FAILED', partition, error: outcome.trouble.error };
    },
    deleteRecord: async () => {
      const outcome = await durable.deleteRecord();
      // A failure is repeated by the chart's own deadline.
      return isOk(outcome) ? { type: 'RECORD_DELETED' } : undefined;
    },
    answer: (answer) => void callbacks.answer(answer),
    announce: (announcement) => void callbacks.announce(announcement),
  };
}

export function followerTableHandlers(
  follower: FollowerMetaPort,
  onStale: (requestNo: number) => void,
): EffectHandlers<FollowerTableEffects> {
  return {
    askFollower: ({ request }, { signal }) => follower.ask(request, signal),
    noteStaleReply: ({ requestNo }) => void onStale(requestNo),
  };
}

export function partitionDuplicatorHandlers(
  log: PartitionLogPort,
  shipper: LogShipperPort,
): EffectHandlers<PartitionDuplicatorEffects> {
  return {
    prepareCheckpoint: async ({ requestNo }, { signal }) => {
      const outcome = await log.prepareCheckpoint(signal);
      return isOk(outcome)
        ? { type: 'CHECKPOINT_PREPARED', decree: outcome.ok.decree }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
    probeFollower: async ({ requestNo }, { signal }) => {
      const outcome = await shipper.probe(signal);
      return isOk(outcome)
        ? { type: 'FOLLOWER_AT', requestNo, appliedDecree: outcome.ok.appliedDecree }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
    loadBatch: async ({ requestNo, afterDecree }, { signal }) => {
      const outcome = await log.loadBatch(afterDecree, signal);
      if ('damaged' in outcome) {
        const { damaged, resumeAfterDecree } = outcome;
        return { type: 'LOG_DAMAGED', requestNo, trouble: damaged, resumeAfterDecree };
      }
      return isOk(outcome)
        ? { type: 'BATCH_LOADED', requestNo, toDecree: outcome.ok.toDecree }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
    shipBatch: async ({ requestNo, fromDecreeExcluded, toDecree }, { signal }) => {
      const outcome = await shipper.ship(fromDecreeExcluded, toDecree, signal);
      return isOk(outcome)
        ? { type: 'BATCH_SHIPPED', requestNo, appliedDecree: outcome.ok.appliedDecree }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
  };
}

export function checkpointTransferHandlers(
  port: CheckpointSourcePort,
): EffectHandlers<CheckpointTransferEffects> {
  return {
    locatePrimary: async ({ requestNo }, { signal }) => {
      const outcome = await port.locatePrimary(signal);
      return isOk(outcome)
        ? { type: 'PRIMARY_AT', requestNo, address: outcome.ok.address }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
    queryCheckpoint: async ({ requestNo, primary }, { signal }) => {
      const outcome = await port.queryCheckpoint(primary, signal);
      return isOk(outcome)
        ? { type: 'CHECKPOINT_AT', requestNo, checkpoint: outcome.ok }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
    installCheckpoint: async ({ requestNo, checkpoint }, { signal }) => {
      const outcome = await port.install(checkpoint, signal);
      return isOk(outcome)
        ? { type: 'INSTALLED', requestNo }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
    openPartition: async ({ requestNo }, { signal }) => {
      const outcome = await port.open(signal);
      return isOk(outcome)
        ? { type: 'OPENED', requestNo }
        : { type: 'FAILED', requestNo, trouble: outcome.trouble };
    },
  };
}
