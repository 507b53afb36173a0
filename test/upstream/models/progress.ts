/** The confirmed decree on its way from a primary to ZooKeeper and back, while the primary moves. */
import type { Assumptions, Json, Message, Model } from '../../../runtime/checker/product/model.js';
import {
  type PartitionProgressContext,
  type PartitionProgressEffects,
  type PartitionProgressEvent,
  partitionProgress,
} from '../charts/partitionProgress.js';
import type { Fixes } from '../fixes.js';
import { type Acted, ChartHost, hosted, type Resting } from '../host.js';
import { message, move, plain, possible, product } from '../parts.js';
import { type ShippingNodeLocal, shippingNode } from './shippingNode.js';

interface MetaLocal {
  readonly primary: string;
  readonly progress: Resting<PartitionProgressContext>;
  readonly zk: number;
  readonly writing: number | null;
  /** The sync that waits for the write. */
  readonly asker: string | null;
}

const NODES = ['node1', 'node2'] as const;

export function progress(options: { readonly fixes: Fixes; readonly assumptions: Assumptions }): Model {
  const { fixes, assumptions } = options;
  const host = new ChartHost<
    PartitionProgressContext,
    PartitionProgressEvent,
    PartitionProgressEffects,
    { readonly stored: number }
  >(partitionProgress(fixes));

  const answer = (to: string, decree: number) =>
    message('sourceMeta', to, 'syncReply', { status: 'DS_LOG', progress: decree }, to);

  function settle(
    local: MetaLocal,
    acted: Acted<PartitionProgressContext, PartitionProgressEffects>,
  ): MetaLocal {
    const [write] = acted.effects;
    return { ...local, progress: acted.chart, writing: write?.params.decree ?? local.writing };
  }

  function synced(local: MetaLocal, { from, body }: Message) {
    if (from !== local.primary)
      return { local, sends: [message('sourceMeta', from, 'syncReply', null, from)] };
    const { confirm } = body as { confirm: number | null };
    const { stored } = local.progress.context;
    if (confirm === null) return { local, sends: [answer(from, stored)] };
    const after = settle(local, host.take(local.progress, { type: 'CONFIRM', decree: confirm }));
    return local.writing === null && after.writing !== null
      ? { local: { ...after, asker: from } }
      : { local: after, sends: [answer(from, stored)] };
  }

  function written(local: MetaLocal) {
    const zk = local.writing ?? local.zk;
    const after = settle(
      { ...local, zk, writing: null, asker: null },
      host.take(local.progress, { type: 'WRITTEN' }),
    );
    return {
      local: { ...after, writing: null },
      sends: local.asker === null ? [] : [answer(local.asker, zk)],
    };
  }

  const sourceMeta = plain<MetaLocal>({
    name: 'sourceMeta',
    initial: {
      primary: 'node1',
      progress: host.start({ stored: 0 }).chart,
      zk: 0,
      writing: null,
      asker: null,
    },
    hosts: (local) => hosted({ progress: local.progress }),
    describe: ({ primary, zk, progress: { context } }) =>
      `primary ${primary}, reported ${context.volatile}, believed stored ${context.stored}, stored ${zk}`,
    moves: (local) => {
      const next = local.primary === 'node1' ? 'node2' : 'node1';
      const roles = [local.primary, next].map((node) => ({
        ...message('sourceMeta', node, 'role', { primary: node === next }),
        reliable: true as const,
      }));
      return possible<MetaLocal>(
        local.writing !== null && move('effect', 'storage carries out a write', local, written(local)),
        local.progress.context.throttled &&
          move('timer', 'timer least period between writes', {
            ...local,
            progress: host.take(local.progress, { type: 'PERIOD_OVER' }).chart,
          }),
        move(
          'fault',
          'the primary moves',
          { ...local, primary: next },
          { budget: 'roleChanges', sends: roles },
        ),
        move(
          'fault',
          'crash and restart',
          { ...local, progress: host.start({ stored: local.zk }).chart, writing: null, asker: null },
          { budget: 'crash sourceMeta', retires: NODES },
        ),
      );
    },
    receive: (local, received) => [synced(local, received)],
  });

  const viewOfNode = ({ duplicator }: ShippingNodeLocal): Json => duplicator?.at ?? null;
  const over = {
    sourceMeta: ({ zk, writing, progress: { context } }: MetaLocal): Json => ({
      zk,
      stored: context.stored,
      quiet: writing === null,
    }),
  };
  type View = { readonly zk: number; readonly stored: number; readonly quiet: boolean };
  const meta = (seen: Readonly<Record<string, Json>>) => seen.sourceMeta as unknown as View;
  return product({
    name: 'progress',
    assumptions,
    processes: [...NODES.map((name) => shippingNode(name, name === 'node1', fixes)), sourceMeta],
    properties: [
      {
        name: 'NoAbort',
        sentence: 'No answer to a sync ends a replica server.',
        kind: 'state',
        over: { node1: viewOfNode, node2: viewOfNode },
        holds: ({ node1, node2 }) => node1 !== 'aborted' && node2 !== 'aborted',
        situation: ({ node1 }) => node1 === 'logging',
      },
      {
        name: 'MemEqualsZkWhenIdle',
        sentence: 'While nothing is being written, the decree noted as stored is the one that is stored.',
        kind: 'state',
        over,
        holds: (seen) => !meta(seen).quiet || meta(seen).zk === meta(seen).stored,
        situation: (seen) => meta(seen).zk > 0,
      },
      {
        name: 'MonotonePersisted',
        sentence: 'The stored confirmed decree never decreases.',
        kind: 'step',
        over,
        holds: (before, after) => (before as unknown as View).zk <= (after as unknown as View).zk,
        situation: (before, after) => (before as unknown as View).zk < (after as unknown as View).zk,
      },
    ],
  });
}
