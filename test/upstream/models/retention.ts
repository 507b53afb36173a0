/** How long logs are kept: what the meta server says about duplications, and forgets, and what replicas make of it. */
import type { Assumptions, Json, Message, Model } from '../../../runtime/checker/product/model.js';
import type { Fixes } from '../fixes.js';
import { message, move, plain, possible, product } from '../parts.js';
import { DURABLE, type RetentionNodeLocal, retentionNode } from './retentionNode.js';

interface Stored {
  readonly id: number;
  /** Confirmed decree in ZooKeeper, −1 for none. */
  readonly confirmed: number;
}

interface MetaLocal {
  readonly duplications: readonly Stored[];
  readonly zk: readonly Stored[];
  /** `duplicating` of the table, and as it was last stored with the table. */
  readonly flag: boolean;
  readonly zkFlag: boolean;
  /** Serving, while the duplications are still being read. */
  readonly recovering: boolean;
  /** Id of the duplication that is being removed. */
  readonly removing: number | null;
}

export interface RetentionOptions {
  readonly fixes: Fixes;
  readonly assumptions: Assumptions;
  /** Confirmed decrees of the duplications that are there at first. */
  readonly confirmed?: readonly number[];
  /** The replica is a secondary, on a node without any primary of the table. */
  readonly secondary?: boolean;
  /** Another request has stored the table since the duplication was added. */
  readonly flagStored?: boolean;
}

export function retention(options: RetentionOptions): Model {
  const { fixes, assumptions, confirmed = [1], secondary = false, flagStored = false } = options;
  const initial = confirmed.map((decree, index) => ({ id: index + 1, confirmed: decree }));

  function read(local: MetaLocal): MetaLocal {
    const { zk } = local;
    const flag = zk.length > 0 || fixes.has('#2066') ? zk.length > 0 : local.flag;
    return { ...local, duplications: zk, flag, recovering: false };
  }

  function restarted(local: MetaLocal): MetaLocal {
    const empty = { ...local, duplications: [], flag: local.zkFlag, recovering: true, removing: null };
    return fixes.has('recovery awaited') ? read(empty) : empty;
  }

  function removalStep(local: MetaLocal): MetaLocal {
    const { removing, zk, duplications } = local;
    const left = zk.find(({ id }) => id === removing);
    if (left !== undefined && left.confirmed >= 0 && !fixes.has('record deleted first')) {
      return { ...local, zk: zk.map((each) => (each.id === removing ? { ...each, confirmed: -1 } : each)) };
    }
    const rest = duplications.filter(({ id }) => id !== removing);
    return {
      ...local,
      zk: zk.filter(({ id }) => id !== removing),
      duplications: rest,
      flag: rest.length > 0,
      removing: null,
    };
  }

  function answered(local: MetaLocal, { kind, from, tag }: Message) {
    if (kind === 'configSync') return message('sourceMeta', from, 'config', local.flag, tag);
    const there = !secondary && local.duplications.length > 0;
    const entries = there ? local.duplications.map((each) => each.confirmed) : null;
    return message('sourceMeta', from, 'syncReply', entries, tag);
  }

  const sourceMeta = plain<MetaLocal>({
    name: 'sourceMeta',
    initial: {
      duplications: initial,
      zk: initial,
      flag: true,
      zkFlag: flagStored,
      recovering: false,
      removing: null,
    },
    describe: ({ duplications, zk, recovering, flag }) =>
      [
        recovering ? 'reading duplications' : `${duplications.length} duplications`,
        `stored ${zk.map((each) => each.confirmed).join() || 'none'}`,
        ...(flag ? ['flagged'] : []),
      ].join(', '),
    moves: (local) => {
      const [first] = local.duplications;
      return possible<MetaLocal>(
        local.recovering && move('effect', 'the duplications are read', read(local)),
        local.removing !== null && move('effect', 'storage deletes a node', removalStep(local)),
        (assumptions.operator.remove ?? 0) > 0 &&
          first !== undefined &&
          local.removing === null &&
          move('operator', 'operator: remove', { ...local, removing: first.id }, { budget: 'remove' }),
        move('fault', 'crash and restart', restarted(local), {
          budget: 'crash sourceMeta',
          retires: ['replica sync', 'replica configSync'],
        }),
      );
    },
    receive: (local, received) => [{ local, sends: [answered(local, received)] }],
  });

  const over = {
    sourceMeta: ({ zk, recovering, removing, duplications }: MetaLocal): Json => ({
      stored: zk.map((each) => each.confirmed),
      living: zk.length > 0 && removing === null,
      lost: duplications.some(({ id, confirmed }) => confirmed < (initial[id - 1]?.confirmed ?? -1)),
      recovering,
    }),
    replica: ({ collected }: RetentionNodeLocal): Json => collected,
  };
  type View = { stored: number[]; living: boolean; lost: boolean; recovering: boolean };
  const meta = (seen: Readonly<Record<string, Json>>) => seen.sourceMeta as unknown as View;
  const replica = retentionNode('replica', !secondary, fixes, secondary ? [] : confirmed);
  return product({
    name: 'retention',
    assumptions,
    processes: [replica, sourceMeta],
    properties: [
      {
        name: 'NoPrematureGc',
        sentence: 'No log above the smallest confirmed decree of a duplication that exists is collected.',
        kind: 'state',
        over,
        holds: (seen) =>
          !meta(seen).living || (seen.replica as number) <= Math.max(0, Math.min(...meta(seen).stored)),
        situation: (seen) => meta(seen).living,
      },
      {
        name: 'MonotonePersisted',
        sentence: 'A duplication that is there has a confirmed decree no smaller than it had.',
        kind: 'state',
        over,
        holds: (seen) => !meta(seen).lost,
        situation: (seen) => meta(seen).living,
      },
      {
        name: 'RemoveLeadsToGc',
        sentence: 'Once there is no duplication, the log is collected.',
        kind: 'leadsTo',
        over,
        from: (seen) => meta(seen).stored.length === 0 && !meta(seen).recovering,
        to: (seen) => seen.replica === DURABLE,
      },
    ],
  });
}
