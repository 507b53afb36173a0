/**
 * An account of a duplication on a cluster that gives none itself: what its status means, and no more.
 * It claims no trouble it cannot see, and says where to look.
 */
import type { StateMeta } from '../../machines/effects.js';
import type { DuplicationStatus } from '../../machines/vocabulary.js';
import type { DuplicationInfo } from '../client/index.js';
import { type Explanation, explain } from '../observe/explain.js';

type Wait = Omit<StateMeta, 'operatorCan'>;

const WAITS: Readonly<Record<DuplicationStatus, Wait>> = {
  DS_INIT: {
    waitingFor: 'the duplication to be stored',
    from: 'the source meta server',
    leavesWhen: 'it is durable',
  },
  DS_PREPARE: {
    waitingFor: 'a checkpoint of every partition and the follower table',
    from: 'the source servers and the follower meta server',
    leavesWhen: 'all checkpoints are there and the follower has created the table',
  },
  DS_APP: {
    waitingFor: 'the follower to fetch and open every partition',
    from: 'the follower servers, which read from the source servers',
    leavesWhen: 'every partition of the follower table has a primary',
  },
  DS_LOG: {
    waitingFor: 'the next writes to ship',
    from: 'clients of the source table',
    leavesWhen: 'somebody pauses or removes it',
  },
  DS_PAUSE: {
    waitingFor: 'somebody to start it again',
    from: 'an operator',
    leavesWhen: 'it is started or removed',
  },
  DS_REMOVED: { waitingFor: 'nothing', from: 'nobody', leavesWhen: 'never' },
};

/** Counts nobody told are -1. */
export function composeExplanation(info: DuplicationInfo, sinceMs: number): Explanation {
  const confirmed = info.partitions.map((partition) => partition.confirmedDecree);
  const lastCommitted = info.partitions.map((partition) => partition.lastCommittedDecree);
  const shipping = info.status === 'DS_LOG' || info.status === 'DS_PAUSE';
  return explain({
    table: info.table,
    duplicationId: info.dupid,
    status: info.status,
    failMode: info.failMode,
    remoteCluster: info.remoteCluster,
    remoteTable: info.remoteTable,
    kind: 'pegasus',
    // Nobody can tell from a status alone.
    blocked: false,
    stuck: null,
    actors: [
      {
        actor: 'duplication',
        state: info.status,
        meta: { ...WAITS[info.status], operatorCan: [] },
        sinceMs,
        trouble: null,
      },
    ],
    progress: {
      partitionCount: info.partitions.length,
      prepared: shipping ? info.partitions.length : -1,
      ready: shipping ? info.partitions.length : -1,
      lagDecrees: lagOf(info),
      confirmed,
      lastCommitted,
      copiedBytes: 0,
      totalBytes: 0,
      skippedMutations: 0,
    },
  });
}

/** Decrees not yet confirmed, over all partitions that tell both numbers. */
export function lagOf({ partitions }: DuplicationInfo): number {
  return partitions.reduce(
    (sum, { confirmedDecree, lastCommittedDecree }) =>
      confirmedDecree < 0 || lastCommittedDecree < 0
        ? sum
        : sum + Math.max(0, lastCommittedDecree - confirmedDecree),
    0,
  );
}
