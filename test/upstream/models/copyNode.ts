/** A source node in DS_PREPARE and after: what is applied there, and how much of it its checkpoint covers. */
import type { Process } from '../../../runtime/checker/product/model.js';
import {
  type ReplicaDuplicatorContext,
  type ReplicaDuplicatorEffects,
  type ReplicaDuplicatorEvent,
  type ReplicaDuplicatorInput,
  replicaDuplicator,
} from '../charts/replicaDuplicator.js';
import type { Fixes } from '../fixes.js';
import { ChartHost, hosted, type Resting } from '../host.js';
import { message, move, plain, possible } from '../parts.js';

interface NodeLocal {
  readonly primary: boolean;
  readonly applied: number;
  readonly durable: number;
  readonly asked: boolean;
  readonly duplicator: { readonly id: number; readonly chart: Resting<ReplicaDuplicatorContext> } | null;
}

/** Both replicas have applied 2 and have a checkpoint of 1 on disk. */
const APPLIED = 2;
const DURABLE = 1;

export function copyNode(name: string, primary: boolean, fixes: Fixes): Process {
  const host = new ChartHost<
    ReplicaDuplicatorContext,
    ReplicaDuplicatorEvent,
    ReplicaDuplicatorEffects,
    ReplicaDuplicatorInput
  >(replicaDuplicator(fixes));

  function followed(
    local: NodeLocal,
    entry: { id: number; status: string; progress: number } | null,
  ): NodeLocal {
    if (entry === null || !local.primary) return { ...local, duplicator: null };
    const { id, status, progress } = entry;
    const { duplicator, applied, durable } = local;
    const { chart, effects } =
      duplicator?.id === id
        ? host.take(duplicator.chart, { type: 'ENTRY', status, progress, durable })
        : host.start({ status, progress, applied });
    const asked = effects.some(({ params }) => params.minDecree > durable);
    return { ...local, duplicator: { id, chart }, asked: local.asked || asked };
  }

  return plain<NodeLocal>({
    name,
    initial: { primary, applied: APPLIED, durable: DURABLE, asked: false, duplicator: null },
    hosts: ({ duplicator }) => hosted({ [`duplicator/${duplicator?.id}`]: duplicator?.chart }),
    describe: ({ primary, applied, durable, duplicator }) =>
      `${primary ? 'primary' : 'secondary'}, applied ${applied}, checkpoint ${durable}, ${duplicator?.chart.at ?? 'no duplicator'}`,
    moves: (local) => {
      if (!local.primary) return [];
      const { duplicator } = local;
      const { last = 0, prepared = false } = duplicator?.chart.context ?? {};
      const report = duplicator === null ? null : { id: duplicator.id, confirm: last, prepared };
      return possible<NodeLocal>(
        move('timer', 'timer sync', local, {
          sends: [message(name, 'sourceMeta', 'sync', report, name)],
          unlessInFlight: name,
        }),
        local.asked &&
          move('effect', 'the checkpoint is durable', { ...local, durable: local.applied, asked: false }),
        move('environment', 'client writes', { ...local, applied: local.applied + 1 }, { budget: 'writes' }),
      );
    },
    receive: (local, { kind, body, from, tag }) => {
      if (kind === 'role') {
        const { primary } = body as { primary: boolean };
        return [{ local: { ...local, primary, duplicator: primary ? local.duplicator : null } }];
      }
      if (kind === 'query') {
        return [{ local, sends: [message(name, from, 'checkpoint', { decree: local.durable }, tag)] }];
      }
      return [{ local: followed(local, body as { id: number; status: string; progress: number } | null) }];
    },
  });
}
