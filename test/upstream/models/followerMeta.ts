/** Upstream's follower meta as a process: its tables, and the members its guardian brings to them. */
import type { Message, Process } from '../../../runtime/checker/product/model.js';
import {
  type FollowerAppContext,
  type FollowerAppEffects,
  type FollowerAppEvent,
  type FollowerAppInput,
  followerApp,
} from '../charts/followerApp.js';
import type { Fixes } from '../fixes.js';
import { type Acted, ChartHost, hosted, type Resting } from '../host.js';
import { message, move, plain } from '../parts.js';

export interface FollowerMetaLocal {
  readonly tables: Readonly<Record<string, Resting<FollowerAppContext>>>;
}

/** What a creation, a mark and a check have in common. */
interface Request {
  readonly run: number;
  readonly id: number;
  readonly node: string;
  readonly table: string;
  readonly masterCluster: string;
  readonly as: 'creating' | 'created' | null;
  readonly replicaCount: number;
}

const REPLY: Readonly<Record<string, string>> = { create: 'created', mark: 'marked', check: 'checked' };

/** @param ordinary a table of the follower's own that was there before */
export function followerMeta(fixes: Fixes, ordinary: string | null = null): Process {
  const host = new ChartHost<FollowerAppContext, FollowerAppEvent, FollowerAppEffects, FollowerAppInput>(
    followerApp(fixes),
  );
  const ordinaryTable = (): Resting<FollowerAppContext> => {
    const made = host.start({ masterCluster: null, status: null, replicaCount: 2, madeFor: null }).chart;
    const first = host.take(made, { type: 'MEMBER_JOINED' }).chart;
    return host.take(first, { type: 'MEMBER_JOINED' }).chart;
  };

  function created(local: FollowerMetaLocal, request: Request): { local: FollowerMetaLocal; error: string } {
    const { table, masterCluster, as, id, replicaCount } = request;
    const known = local.tables[table];
    const acted: Acted<FollowerAppContext, FollowerAppEffects> =
      known === undefined
        ? host.start({ masterCluster, status: as, replicaCount, madeFor: id })
        : host.take(known, { type: 'CREATE', masterCluster, as, by: id });
    const answer = acted.effects.find((effect) => effect.name === 'answer');
    return {
      local: { tables: { ...local.tables, [table]: acted.chart } },
      error: answer?.params.error ?? 'ERR_OK',
    };
  }

  function received(local: FollowerMetaLocal, { kind, from, body }: Message) {
    const request = body as unknown as Request;
    const { run, id, node, table } = request;
    const reply = (error: string, more: object = {}) =>
      message('followerMeta', from, REPLY[kind] ?? kind, { run, id, node, error, ...more }, node);
    if (kind === 'check') {
      const known = local.tables[table]?.context;
      if (known === undefined) return { local, sends: [reply('ERR_OBJECT_NOT_FOUND')] };
      const { members, replicaCount } = known;
      return { local, sends: [reply('ERR_OK', { members, replicaCount })] };
    }
    const { local: after, error } = created(local, request);
    return { local: after, sends: [reply(error)] };
  }

  return plain<FollowerMetaLocal>({
    name: 'followerMeta',
    initial: { tables: ordinary === null ? {} : { [ordinary]: ordinaryTable() } },
    hosts: ({ tables }) =>
      hosted(Object.fromEntries(Object.entries(tables).map(([name, table]) => [`table/${name}`, table]))),
    describe: ({ tables }) =>
      Object.entries(tables)
        .map(([name, { at, context }]) => `${name} ${at}, ${context.members} members`)
        .join('; ') || 'no table',
    moves: (local) =>
      Object.entries(local.tables).flatMap(([name, table]) => {
        const { members, replicaCount } = table.context;
        if (members >= replicaCount) return [];
        const joined = host.take(table, { type: 'MEMBER_JOINED' }).chart;
        return [
          move<FollowerMetaLocal>('effect', `guardian brings a member to ${name}`, {
            tables: { ...local.tables, [name]: joined },
          }),
        ];
      }),
    receive: (local, message) => [received(local, message)],
  });
}
