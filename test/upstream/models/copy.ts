/** Which checkpoint the follower copies, while the source's primary moves or the duplication is made anew. */
import type { Assumptions, Json, Message, Model } from '../../../runtime/checker/product/model.js';
import {
  type MetaDuplicationContext,
  type MetaDuplicationEffects,
  type MetaDuplicationEvent,
  type MetaDuplicationInput,
  metaDuplication,
} from '../charts/metaDuplication.js';
import type { Fixes } from '../fixes.js';
import { type Acted, ChartHost, hosted, type Resting } from '../host.js';
import { message, move, plain, possible, product } from '../parts.js';
import { type CopyFollowerLocal, copyFollower } from './copyFollower.js';
import { copyNode } from './copyNode.js';

interface MetaLocal {
  readonly memory: { readonly id: number; readonly chart: Resting<MetaDuplicationContext> } | null;
  readonly lastId: number;
  /** The confirmed decree: log shipping starts after it. */
  readonly progress: number;
  readonly primary: string;
  readonly writing: boolean;
}

const NODES = ['node1', 'node2'] as const;

export function copy(options: { readonly fixes: Fixes; readonly assumptions: Assumptions }): Model {
  const { fixes, assumptions } = options;
  const host = new ChartHost<
    MetaDuplicationContext,
    MetaDuplicationEvent,
    MetaDuplicationEffects,
    MetaDuplicationInput
  >(metaDuplication(fixes));
  const begin = () => host.start({ status: 'DS_PREPARE', failMode: 'FAIL_SLOW', partitions: 1 }).chart;

  type Stepped = { local: MetaLocal; sends: Message[] };
  function settle(local: MetaLocal, acted: Acted<MetaDuplicationContext, MetaDuplicationEffects>): Stepped {
    const { memory } = local;
    if (memory === null) return { local, sends: [] };
    const sends: Message[] = [];
    let { writing } = local;
    for (const { name, params } of acted.effects) {
      if (name === 'writeRecord') writing = true;
      if (name !== 'createFollower' && name !== 'checkFollower') continue;
      const as = name === 'checkFollower' ? null : fixes.has('#2144') ? params.as : null;
      const kind = name === 'checkFollower' ? 'check' : params.as === 'creating' ? 'create' : 'mark';
      const body = { id: memory.id, node: params.node, as };
      sends.push(message('sourceMeta', 'follower', kind, body, params.node));
    }
    return { local: { ...local, memory: { ...memory, chart: acted.chart }, writing }, sends };
  }
  const take = (local: MetaLocal, event: MetaDuplicationEvent): Stepped =>
    local.memory === null ? { local, sends: [] } : settle(local, host.take(local.memory.chart, event));

  function synced(local: MetaLocal, { from, body }: Message): Stepped {
    const report = body as { id: number; confirm: number; prepared: boolean } | null;
    const { memory, progress } = local;
    const entry =
      memory === null || from !== local.primary ? null : { id: memory.id, status: memory.chart.at, progress };
    const reply = message('sourceMeta', from, 'syncReply', entry, from);
    if (entry === null) return { local, sends: [reply] };
    const driven = take(local, { type: 'SYNCED', node: from });
    const sends = [reply, ...driven.sends];
    if (report?.id !== entry.id) return { local: driven.local, sends };
    const noted = take(driven.local, { type: 'PREPARED', partition: 0, prepared: report.prepared });
    return { local: { ...noted.local, progress: Math.max(progress, report.confirm) }, sends };
  }

  function received(local: MetaLocal, received: Message): Stepped {
    const { kind, body, from, tag } = received;
    if (kind === 'sync') return synced(local, received);
    if (kind === 'locate') {
      const place = { node: local.primary, least: Math.max(local.progress, 0) };
      return { local, sends: [message('sourceMeta', from, 'located', place, tag)] };
    }
    const { id, node, error } = body as { id: number; node: string; error: string };
    if (id !== local.memory?.id) return { local, sends: [] };
    const type = kind === 'created' ? 'CREATED' : kind === 'marked' ? 'MARKED' : 'CHECKED';
    return take(local, { type, node, error });
  }

  const sourceMeta = plain<MetaLocal>({
    name: 'sourceMeta',
    initial: {
      memory: { id: 1, chart: begin() },
      lastId: 1,
      progress: -1,
      primary: 'node1',
      writing: false,
    },
    hosts: ({ memory }) => hosted({ [`duplication/${memory?.id}`]: memory?.chart }),
    describe: ({ memory, progress, primary }) =>
      `${memory?.chart.at ?? 'no duplication'}, confirmed ${progress}, primary ${primary}`,
    moves: (local) => {
      const next = local.primary === 'node1' ? 'node2' : 'node1';
      const roles = [local.primary, next].map((node) => ({
        ...message('sourceMeta', node, 'role', { primary: node === next }),
        reliable: true as const,
      }));
      const asked = Object.keys(assumptions.operator);
      return possible<MetaLocal>(
        local.writing &&
          move(
            'effect',
            'storage carries out a write',
            local,
            take({ ...local, writing: false }, { type: 'WRITTEN' }),
          ),
        move(
          'fault',
          'the primary moves',
          { ...local, primary: next },
          { budget: 'roleChanges', sends: roles },
        ),
        asked.includes('remove') &&
          local.memory !== null &&
          !local.writing &&
          move(
            'operator',
            'operator: remove',
            { ...local, memory: null, progress: -1 },
            { budget: 'remove' },
          ),
        asked.includes('add') &&
          local.memory === null &&
          move(
            'operator',
            'operator: add',
            { ...local, memory: { id: local.lastId + 1, chart: begin() }, lastId: local.lastId + 1 },
            { budget: 'add' },
          ),
      );
    },
    receive: (local, message) => [received(local, message)],
  });

  const over = {
    sourceMeta: ({ memory, progress }: MetaLocal): Json => ({ status: memory?.chart.at ?? null, progress }),
    follower: ({ replica }: CopyFollowerLocal): Json =>
      replica === null || replica.at !== 'opened' ? null : replica.context.decree,
  };
  const meta = (seen: Readonly<Record<string, Json>>) =>
    seen.sourceMeta as unknown as { status: string | null; progress: number };
  return product({
    name: 'copy',
    assumptions,
    processes: [
      ...NODES.map((name) => copyNode(name, name === 'node1', fixes)),
      sourceMeta,
      copyFollower(fixes),
    ],
    properties: [
      {
        name: 'NoGap',
        sentence: 'In DS_LOG the follower holds everything up to the decree that log shipping starts after.',
        kind: 'state',
        over,
        holds: (seen) => meta(seen).status !== 'DS_LOG' || Number(seen.follower) >= meta(seen).progress,
        situation: (seen) => meta(seen).status === 'DS_LOG',
      },
    ],
  });
}
