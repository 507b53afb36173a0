/**
 * Upstream's source meta as a process: the duplication in memory, its record in ZooKeeper, the writes on
 * their way there, and what operators ask. Which of that can happen is a matter of the model's budgets.
 */
import type { DuplicationStatus, FailMode } from '../../../machines/vocabulary.js';
import type { Message, Move, Process } from '../../../runtime/checker/product/model.js';
import {
  type MetaDuplicationContext,
  type MetaDuplicationEffects,
  type MetaDuplicationEvent,
  type MetaDuplicationInput,
  metaDuplication,
} from '../charts/metaDuplication.js';
import type { Fixes } from '../fixes.js';
import { type Acted, ChartHost, type EffectOf, hosted, type Resting } from '../host.js';
import { message, move, plain, possible } from '../parts.js';
import { type MetaLocal, type Operator, operatorMoves, type Write } from './operator.js';

export interface SourceMetaOptions {
  readonly fixes: Fixes;
  /** Each hosts the primary of one partition. */
  readonly nodes: readonly string[];
  readonly sourceTable: string;
  readonly remoteTable: string;
  readonly replicaCount: number;
  /** `cluster_name` and `dup_cluster_name`. */
  readonly clusterName: string;
  readonly dupClusterName: string;
  readonly operator: readonly Operator[];
  /** A duplication that is there from the start; by default DS_PREPARE. */
  readonly status?: 'DS_PREPARE' | 'DS_LOG';
}

type Effect = EffectOf<MetaDuplicationEffects>;
type Duplication = Acted<MetaDuplicationContext, MetaDuplicationEffects>;

export function sourceMeta(options: SourceMetaOptions): Process {
  const { fixes, nodes } = options;
  const host = new ChartHost<
    MetaDuplicationContext,
    MetaDuplicationEvent,
    MetaDuplicationEffects,
    MetaDuplicationInput
  >(metaDuplication(fixes));

  const begin = (status: DuplicationStatus, failMode: FailMode): Resting<MetaDuplicationContext> =>
    host.start({ status, failMode, partitions: nodes.length }).chart;

  /** What a step of the chart means for storage, the network and whoever asked. */
  function settle(local: MetaLocal, acted: Duplication): { local: MetaLocal; sends: Message[] } {
    const memory = local.memory === null ? null : { ...local.memory, chart: acted.chart };
    let next: MetaLocal = { ...local, memory };
    const sends: Message[] = [];
    for (const effect of acted.effects) {
      next = stored(next, effect);
      sends.push(...asked(next, effect));
    }
    return { local: next, sends };
  }

  function stored(local: MetaLocal, effect: Effect): MetaLocal {
    switch (effect.name) {
      case 'writeRecord': {
        const write: Write = { id: local.memory?.id ?? 0, ...effect.params };
        return { ...local, writes: [...local.writes, write] };
      }
      case 'abort':
        return { ...local, aborted: effect.params.why };
      case 'answer':
        return { ...local, answered: effect.params.error };
      default:
        return local;
    }
  }

  function asked({ memory, run }: MetaLocal, effect: Effect): Message[] {
    const id = memory?.id ?? 0;
    if (effect.name === 'createFollower') {
      const { node, as } = effect.params;
      const body = {
        run,
        id,
        node,
        table: options.remoteTable,
        masterCluster: fixes.has('#2033') ? options.dupClusterName : options.clusterName,
        as: fixes.has('#2144') ? as : null,
        replicaCount: options.replicaCount,
      };
      return [message('sourceMeta', 'followerMeta', as === 'creating' ? 'create' : 'mark', body, node)];
    }
    if (effect.name === 'checkFollower') {
      const { node } = effect.params;
      const table = fixes.has('#2026') ? options.remoteTable : options.sourceTable;
      return [message('sourceMeta', 'followerMeta', 'check', { run, id, node, table }, node)];
    }
    return [];
  }

  /** ZooKeeper carries out the oldest write, and the meta hears of it. */
  function written(local: MetaLocal): { local: MetaLocal; sends: Message[] } {
    const [write, ...writes] = local.writes;
    if (write === undefined) return { local, sends: [] };
    const { id, status, failMode, by } = write;
    const removed = status === 'DS_REMOVED';
    const overwrites = by !== 'add' || local.zk === null;
    const record = { id, status, failMode };
    const zk = removed && fixes.has('rdsn#611') ? null : overwrites ? record : local.zk;
    const after: MetaLocal = { ...local, zk, writes };
    if (local.memory?.id !== id) return { local: after, sends: [] };
    const settled = settle(after, host.take(local.memory.chart, { type: 'WRITTEN' }));
    return settled.local.memory?.chart.at === 'DS_REMOVED'
      ? { ...settled, local: { ...settled.local, memory: null, existed: false } }
      : settled;
  }

  /** Memory and unfinished writes are gone; what is stored as DS_INIT or DS_REMOVED is dropped in silence. */
  function recovered(local: MetaLocal): MetaLocal {
    const { zk } = local;
    const lost = zk === null || zk.status === 'DS_INIT' || zk.status === 'DS_REMOVED';
    const memory = lost ? null : { id: zk.id, chart: begin(zk.status, zk.failMode) };
    return { ...local, memory, writes: [], run: local.run + 1 };
  }

  const take = (local: MetaLocal, event: MetaDuplicationEvent): { local: MetaLocal; sends: Message[] } =>
    local.memory === null ? { local, sends: [] } : settle(local, host.take(local.memory.chart, event));

  function synced(local: MetaLocal, { from, body }: Message): { local: MetaLocal; sends: Message[] } {
    const { prepared } = body as { prepared: number | null };
    const { memory } = local;
    const entry = memory === null ? null : { id: memory.id, status: memory.chart.at };
    const reply = message('sourceMeta', from, 'syncReply', entry, from);
    // The node is answered, and the creation driven, before what it reports is taken in.
    const driven = take(local, { type: 'SYNCED', node: from });
    const confirmed =
      memory !== null && prepared === memory.id
        ? take(driven.local, { type: 'PREPARED', partition: nodes.indexOf(from), prepared: true })
        : driven;
    return { local: confirmed.local, sends: [reply, ...driven.sends] };
  }

  function replied(local: MetaLocal, { kind, body }: Message): { local: MetaLocal; sends: Message[] } {
    const reply = body as unknown as Reply;
    // A connection does not outlive its process, and a callback acts on the duplication it was made for.
    if (reply.run !== local.run || reply.id !== local.memory?.id) return { local, sends: [] };
    const { node, error } = reply;
    if (kind === 'created') return take(local, { type: 'CREATED', node, error });
    if (kind === 'marked') return take(local, { type: 'MARKED', node, error });
    return take(local, { type: 'CHECKED', node, error: readiness(reply, fixes) });
  }

  const status = options.status ?? 'DS_PREPARE';
  return plain<MetaLocal>({
    name: 'sourceMeta',
    initial: {
      memory: { id: 1, chart: begin(status, 'FAIL_SLOW') },
      zk: { id: 1, status, failMode: 'FAIL_SLOW' },
      writes: [],
      run: 0,
      aborted: null,
      answered: null,
      existed: true,
      lastId: 1,
      wishedFailMode: 'FAIL_SLOW',
      wishesPause: false,
      lastAdd: null,
    },
    hosts: ({ memory }) => hosted({ [`duplication/${memory?.id}`]: memory?.chart }),
    describe: (local) =>
      [
        local.aborted === null ? (local.memory?.chart.at ?? 'no duplication') : `aborted: ${local.aborted}`,
        `stored ${local.zk?.status ?? 'nothing'}`,
        ...(local.writes.length > 0 ? [`writing ${local.writes.map((write) => write.status)}`] : []),
      ].join(', '),
    moves: (local) => {
      if (local.aborted !== null) return [];
      const crash: Move<MetaLocal> = move('fault', 'crash and restart', recovered(local), {
        budget: 'crash sourceMeta',
        retires: nodes,
      });
      return possible(
        local.writes.length > 0 && move('effect', 'storage carries out a write', local, written(local)),
        crash,
        ...operatorMoves(options.operator, fixes, local, take, () => begin('DS_INIT', 'FAIL_SLOW')),
      );
    },
    receive: (local, received) => {
      if (local.aborted !== null) return [{ local }];
      return [received.kind === 'sync' ? synced(local, received) : replied(local, received)];
    },
  });
}

interface Reply {
  readonly run: number;
  readonly id: number;
  readonly node: string;
  readonly error: string;
  readonly members?: number;
  readonly replicaCount?: number;
}

/** Whether the follower may be relied on, as upstream decides it. */
function readiness({ error, members = 0, replicaCount = 1 }: Reply, fixes: Fixes): string {
  if (error !== 'ERR_OK') return error;
  if (members === 0) return 'ERR_INACTIVE_STATE';
  const enough = fixes.has('#2093') && members >= replicaCount;
  return enough || members > 1 ? 'ERR_OK' : 'ERR_NOT_ENOUGH_MEMBER';
}
