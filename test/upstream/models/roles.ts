/** What happens to the continuations of a duplicator when it is removed, loses its role, or its replica closes. */
import type { Assumptions, Model } from '../../../runtime/checker/product/model.js';
import { type PipelineEvent, pipeline } from '../charts/pipeline.js';
import type { Fixes } from '../fixes.js';
import { ChartHost, hosted, type Resting } from '../host.js';
import { move, plain, possible, product } from '../parts.js';

interface ReplicaLocal {
  readonly primary: boolean;
  /** The duplication exists at the meta server. */
  readonly wanted: boolean;
  /** The private log, and the duplication manager, both gone when the replica closes. */
  readonly open: boolean;
  readonly duplicator: boolean;
  readonly pipeline: Resting<object>;
  readonly aborted: string | null;
}

export function roles(options: { readonly fixes: Fixes; readonly assumptions: Assumptions }): Model {
  const { fixes, assumptions } = options;
  const host = new ChartHost<object, PipelineEvent, object, undefined>(pipeline(fixes));

  /** The sync timer goes over all replicas: builds duplicators, and destroys those that are not to be. */
  function synced(local: ReplicaLocal): ReplicaLocal {
    if (!local.open) {
      return fixes.has('#1968') ? local : { ...local, aborted: 'the duplication manager is null' };
    }
    const due = local.primary && local.wanted;
    if (!due || local.duplicator) return { ...local, duplicator: due };
    return { ...local, duplicator: true, pipeline: host.take(local.pipeline, { type: 'BEGUN' }).chart };
  }

  function ran(local: ReplicaLocal): ReplicaLocal {
    const { open, duplicator } = local;
    const event = { type: 'RUN', logOpen: open, current: duplicator } as const;
    const after = host.take(local.pipeline, event).chart;
    const aborted =
      after.at === 'nullLog'
        ? 'the private log is null'
        : after.at === 'freedMemory'
          ? 'a freed duplicator is used'
          : null;
    return { ...local, pipeline: after, aborted };
  }

  const replica = plain<ReplicaLocal>({
    name: 'replica',
    initial: {
      primary: true,
      wanted: true,
      open: true,
      duplicator: false,
      pipeline: host.start(undefined).chart,
      aborted: null,
    },
    hosts: ({ pipeline }) => hosted({ pipeline }),
    describe: ({ primary, open, duplicator, pipeline, aborted }) =>
      aborted !== null
        ? `aborted: ${aborted}`
        : [
            open ? (primary ? 'primary' : 'secondary') : 'closed',
            duplicator ? 'duplicating' : 'no duplicator',
            `task ${pipeline.at}`,
          ].join(', '),
    moves: (local) => {
      if (local.aborted !== null) return [];
      return possible<ReplicaLocal>(
        move('timer', 'timer sync', synced(local)),
        local.pipeline.at === 'queued' && move('effect', 'the queued task runs', ran(local)),
        local.wanted &&
          move('operator', 'operator: remove', { ...local, wanted: false }, { budget: 'remove' }),
        local.primary &&
          move('fault', 'the primary moves away', { ...local, primary: false }, { budget: 'roleChanges' }),
        local.open &&
          move(
            'fault',
            'the replica is closed',
            { ...local, open: false, primary: false, duplicator: false },
            { budget: 'closes' },
          ),
      );
    },
    receive: (local) => [{ local }],
  });
  const over = {
    replica: ({ aborted, duplicator, open }: ReplicaLocal) => ({ aborted, duplicator, open }),
  };
  type View = ReturnType<typeof over.replica>;
  const at = (seen: Readonly<Record<string, unknown>>) => seen.replica as View;
  return product({
    name: 'roles',
    assumptions: {
      ...assumptions,
      operator: { remove: 0, ...assumptions.operator },
      sizes: { closes: 0, ...assumptions.sizes },
    },
    processes: [replica],
    properties: [
      {
        name: 'NoAbort',
        sentence: 'Nothing that was begun for a duplicator outlives it.',
        kind: 'state',
        over,
        holds: (seen) => at(seen).aborted === null,
        situation: (seen) => at(seen).duplicator || !at(seen).open,
      },
    ],
  });
}
