/** A source node in DS_LOG as the meta server sees it: it ships, reports at each sync, and may lose its role. */
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

export interface ShippingNodeLocal {
  readonly primary: boolean;
  readonly duplicator: Resting<ReplicaDuplicatorContext> | null;
}

/** What is there to be shipped. */
const LAST_DECREE = 3;

export function shippingNode(name: string, primary: boolean, fixes: Fixes): Process {
  const host = new ChartHost<
    ReplicaDuplicatorContext,
    ReplicaDuplicatorEvent,
    ReplicaDuplicatorEffects,
    ReplicaDuplicatorInput
  >(replicaDuplicator(fixes));

  function followed(local: ShippingNodeLocal, entry: { status: string; progress: number } | null) {
    if (entry === null || !local.primary) return { ...local, duplicator: null };
    const { status, progress } = entry;
    const { duplicator } = local;
    const acted =
      duplicator === null
        ? host.start({ status, progress, applied: LAST_DECREE })
        : host.take(duplicator, { type: 'ENTRY', status, progress, durable: 0 });
    return { ...local, duplicator: acted.chart };
  }

  return plain<ShippingNodeLocal>({
    name,
    initial: { primary, duplicator: null },
    hosts: ({ duplicator }) => hosted({ duplicator }),
    describe: ({ primary, duplicator }) => {
      if (duplicator === null) return primary ? 'primary' : 'secondary';
      const { last, confirmed } = duplicator.context;
      return `${duplicator.at}, shipped ${last}, confirmed ${confirmed}`;
    },
    moves: (local) => {
      const { duplicator } = local;
      if (duplicator?.at === 'aborted' || !local.primary) return [];
      const { last = 0, confirmed = 0 } = duplicator?.context ?? {};
      const confirm = last === confirmed ? null : last;
      return possible<ShippingNodeLocal>(
        move('timer', 'timer sync', local, {
          sends: [message(name, 'sourceMeta', 'sync', { confirm }, name)],
          unlessInFlight: name,
        }),
        duplicator?.at === 'logging' &&
          last < LAST_DECREE &&
          move('effect', 'the follower acknowledges a mutation', {
            ...local,
            duplicator: host.take(duplicator, { type: 'SHIPPED', decree: last + 1 }).chart,
          }),
      );
    },
    receive: (local, { kind, body }) => {
      if (kind === 'role') {
        const { primary } = body as { primary: boolean };
        return [{ local: { primary, duplicator: primary ? local.duplicator : null } }];
      }
      return [{ local: followed(local, body as { status: string; progress: number } | null) }];
    },
  });
}
