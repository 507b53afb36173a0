/**
 * The checkpoint that DS_PREPARE waits for: one replica, its duplicator, and the sync that renews it.
 * The sync is one step here: what it says and hears is not lost in this model.
 */
import type { Assumptions, Model } from '../../../runtime/checker/product/model.js';
import {
  type ReplicaDuplicatorContext,
  type ReplicaDuplicatorEffects,
  type ReplicaDuplicatorEvent,
  type ReplicaDuplicatorInput,
  replicaDuplicator,
} from '../charts/replicaDuplicator.js';
import type { Fixes } from '../fixes.js';
import { type Acted, ChartHost, hosted, type Resting } from '../host.js';
import { move, plain, possible, product } from '../parts.js';

interface ReplicaLocal {
  readonly active: boolean;
  readonly applied: number;
  /** Whether RocksDB has anything to flush. */
  readonly dirty: boolean;
  readonly durable: number;
  /** Upstream's `_is_manual_emergency_checkpointing`. */
  readonly flagged: boolean;
  /** Asked for, and not begun. */
  readonly queued: boolean;
  readonly running: number;
  readonly duplicator: Resting<ReplicaDuplicatorContext> | null;
  /** Progress at the meta server. */
  readonly stored: number;
}

export interface CheckpointOptions {
  readonly fixes: Fixes;
  readonly assumptions: Assumptions;
  /** Decree of the replica at first; what is below 2 left nothing to flush. */
  readonly applied: 0 | 1 | 2;
}

export function checkpoint({ fixes, assumptions, applied }: CheckpointOptions): Model {
  const host = new ChartHost<
    ReplicaDuplicatorContext,
    ReplicaDuplicatorEvent,
    ReplicaDuplicatorEffects,
    ReplicaDuplicatorInput
  >(replicaDuplicator(fixes));

  function settle(local: ReplicaLocal, acted: Acted<ReplicaDuplicatorContext, ReplicaDuplicatorEffects>) {
    const [trigger] = acted.effects;
    const next = { ...local, duplicator: acted.chart };
    return trigger === undefined ? next : triggered(next, trigger.params.minDecree);
  }

  function triggered(given: ReplicaLocal, minDecree: number): ReplicaLocal {
    const emptyWrite = given.applied === 0 && fixes.has('#2054');
    const local = emptyWrite ? { ...given, applied: 1, dirty: true } : given;
    if (minDecree <= local.durable) return { ...local, flagged: false };
    if (local.flagged) return local;
    return { ...local, flagged: fixes.has('rdsn#1071'), queued: true };
  }

  function synced(local: ReplicaLocal): ReplicaLocal {
    const { duplicator, stored, durable } = local;
    const status = 'DS_PREPARE';
    if (duplicator === null) {
      return settle(local, host.start({ status, progress: stored, applied: local.applied }));
    }
    const progress = Math.max(stored, duplicator.context.last);
    return settle(
      { ...local, stored: progress },
      host.take(duplicator, { type: 'ENTRY', status, progress, durable }),
    );
  }

  function begun(local: ReplicaLocal): ReplicaLocal {
    const taken = { ...local, queued: false };
    if (!local.active) return fixes.has('leak closed') ? { ...taken, flagged: false } : taken;
    const flushes = fixes.has('#2054') ? local.applied > 0 : local.dirty;
    return flushes ? { ...taken, running: local.running + 1 } : { ...taken, flagged: false };
  }

  const gone = { duplicator: null, queued: false, running: 0, flagged: false };
  const replica = plain<ReplicaLocal>({
    name: 'replica',
    initial: {
      active: true,
      applied,
      dirty: applied > 1,
      durable: 0,
      flagged: false,
      queued: false,
      running: 0,
      duplicator: null,
      stored: -1,
    },
    hosts: ({ duplicator }) => hosted({ duplicator }),
    describe: ({ duplicator, active, durable, running, flagged }) =>
      [
        active ? (duplicator?.at ?? 'no duplicator') : 'inactive',
        `checkpoint ${durable}`,
        `${running} running`,
        ...(flagged ? ['flagged'] : []),
      ].join(', '),
    moves: (local) => {
      if (local.duplicator?.at === 'aborted') return [];
      return possible<ReplicaLocal>(
        local.active && move('timer', 'timer sync', synced(local)),
        local.queued && local.running <= 1 && move('effect', 'the checkpoint begins', begun(local)),
        local.running > 0 &&
          move('effect', 'the checkpoint is durable', {
            ...local,
            durable: local.applied,
            dirty: false,
            running: local.running - 1,
            flagged: false,
          }),
        move('fault', 'crash and restart', { ...local, ...gone, active: true }, { budget: 'crash replica' }),
        local.active &&
          move(
            'fault',
            'the replica is made inactive',
            { ...local, active: false, duplicator: null },
            { budget: 'roleChanges' },
          ),
        !local.active && move('timer', 'the replica is primary again', { ...local, active: true }),
      );
    },
    receive: (local) => [{ local }],
  });

  const over = {
    replica: ({ duplicator, durable, running }: ReplicaLocal) => ({
      there: duplicator !== null,
      aborted: duplicator?.at === 'aborted',
      copyable: duplicator?.context.prepared === true && durable > 0,
      running,
    }),
  };
  type View = ReturnType<typeof over.replica>;
  const replicaSeen = (seen: Readonly<Record<string, unknown>>) => seen.replica as View;
  return product({
    name: 'checkpoint',
    assumptions,
    processes: [replica],
    properties: [
      {
        name: 'PrepareLeadsToPrepared',
        sentence: 'A duplicator in DS_PREPARE gets a checkpoint that the follower can copy.',
        kind: 'leadsTo',
        over,
        from: (seen) => replicaSeen(seen).there,
        to: (seen) => replicaSeen(seen).copyable,
      },
      {
        name: 'NoAbort',
        sentence: 'No restart ends the replica server.',
        kind: 'state',
        over,
        holds: (seen) => !replicaSeen(seen).aborted,
        situation: (seen) => replicaSeen(seen).there,
      },
      {
        name: 'OneCheckpoint',
        sentence: 'A replica makes one manual checkpoint at a time.',
        kind: 'state',
        over,
        holds: (seen) => replicaSeen(seen).running <= 1,
        situation: (seen) => replicaSeen(seen).running === 1,
      },
    ],
  });
}
