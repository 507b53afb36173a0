/** The follower cluster as the copy sees it: its table, and the primary of its only partition. */
import type { Process } from '../../../runtime/checker/product/model.js';
import {
  type FollowerAppContext,
  type FollowerAppEffects,
  type FollowerAppEvent,
  type FollowerAppInput,
  followerApp,
} from '../charts/followerApp.js';
import {
  type FollowerReplicaContext,
  type FollowerReplicaEvent,
  followerReplica,
} from '../charts/followerReplica.js';
import type { Fixes } from '../fixes.js';
import { ChartHost, hosted, type Resting } from '../host.js';
import { message, move, plain } from '../parts.js';

export interface CopyFollowerLocal {
  readonly table: Resting<FollowerAppContext> | null;
  readonly replica: Resting<FollowerReplicaContext> | null;
}

const MASTER = 'onebox';

export function copyFollower(fixes: Fixes): Process {
  const tables = new ChartHost<FollowerAppContext, FollowerAppEvent, FollowerAppEffects, FollowerAppInput>(
    followerApp(fixes),
  );
  const replicas = new ChartHost<FollowerReplicaContext, FollowerReplicaEvent, object, undefined>(
    followerReplica(fixes),
  );

  interface Request {
    readonly id: number;
    readonly node: string;
    readonly as: 'creating' | 'created' | null;
  }
  function created({ table, replica }: CopyFollowerLocal, { id, as }: Request) {
    const acted =
      table === null
        ? tables.start({ masterCluster: MASTER, status: as, replicaCount: 1, madeFor: id })
        : tables.take(table, { type: 'CREATE', masterCluster: MASTER, as, by: id });
    return {
      local: { table: acted.chart, replica: replica ?? replicas.start(undefined).chart },
      error: acted.effects[0]?.params.error ?? 'ERR_OK',
    };
  }

  return plain<CopyFollowerLocal>({
    name: 'follower',
    initial: { table: null, replica: null },
    hosts: (local) => hosted({ table: local.table, replica: local.replica }),
    describe: ({ table, replica }) =>
      table === null || replica === null
        ? 'no table'
        : `table ${table.at}, replica ${replica.at}${replica.at === 'opened' ? ` at ${replica.context.decree}` : ''}`,
    moves: (local) => {
      if (local.replica?.at !== 'unassigned') return [];
      const replica = replicas.take(local.replica, { type: 'PROPOSED' }).chart;
      return [
        move<CopyFollowerLocal>(
          'timer',
          'timer the guardian proposes a primary',
          { ...local, replica },
          { sends: [message('follower', 'sourceMeta', 'locate', null, 'copy')] },
        ),
      ];
    },
    receive: (local, { kind, body }) => {
      const { replica } = local;
      if (kind === 'located' && replica !== null) {
        const { node, least } = body as { node: string; least: number };
        const sends = [message('follower', node, 'query', null, 'copy')];
        return [
          { local: { ...local, replica: replicas.take(replica, { type: 'LOCATED', least }).chart }, sends },
        ];
      }
      if (kind === 'checkpoint' && replica !== null) {
        const { decree } = body as { decree: number };
        return [
          { local: { ...local, replica: replicas.take(replica, { type: 'CHECKPOINT', decree }).chart } },
        ];
      }
      const request = body as unknown as Request;
      const { id, node } = request;
      const reply = (what: string, error: string) =>
        message('follower', 'sourceMeta', what, { id, node, error }, node);
      if (kind === 'check') {
        const ready = replica?.at === 'opened';
        return [{ local, sends: [reply('checked', ready ? 'ERR_OK' : 'ERR_INACTIVE_STATE')] }];
      }
      const { local: after, error } = created(local, request);
      return [{ local: after, sends: [reply(kind === 'create' ? 'created' : 'marked', error)] }];
    },
  });
}
