/**
 * How upstream ships what was loaded from the log.
 *
 *   idle ─LOADED─► sending ⇄ (acknowledged, next batch) ─► idle      aborted ■
 *
 * A load is cut into batches. Each batch waits in the queue that the hash of its *last* mutation names,
 * and the heads of all queues are under way at once.
 */
import { assign, setup } from 'xstate';
import { declareEffects } from '../../../machines/effects.js';
import type { Fixes } from '../fixes.js';

export interface Mutation {
  readonly decree: number;
  /** `put` is shipped; the others come from elsewhere and are passed over. */
  readonly kind: 'put' | 'duplicate' | 'bulkLoad';
  readonly key: string;
  readonly bytes: number;
}

export interface Batch {
  /** Tells batches of a load apart. */
  readonly no: number;
  readonly queue: string;
  readonly mutations: readonly Mutation[];
}

export interface ShipperLimits {
  /** `duplicate_log_batch_bytes` */
  readonly batchBytes: number;
  /** `dup_max_allowed_write_size` */
  readonly maxWriteBytes: number;
}

export interface ShipperContext {
  readonly last: number;
  readonly loadedTo: number;
  readonly batches: readonly Batch[];
}

export type ShipperEvent =
  | { readonly type: 'LOADED'; readonly mutations: readonly Mutation[]; readonly to: number }
  | { readonly type: 'ACKED'; readonly no: number }
  | { readonly type: 'STOPPED' };

export interface ShipperEffects {
  readonly send: { readonly batches: readonly Batch[] };
}

/** The batches of a load, as upstream cuts them. */
export function cut(mutations: readonly Mutation[], limits: ShipperLimits, fixes: Fixes): readonly Batch[] {
  const batches: Batch[] = [];
  let batch: Mutation[] = [];
  let bytes = 0;
  const flush = (): void => {
    const last = batch.at(-1);
    if (last === undefined) return;
    const queue = fixes.has('one queue') ? 'all' : last.key;
    batches.push({ no: batches.length, queue, mutations: batch });
    batch = [];
    bytes = 0;
  };
  mutations.forEach((mutation, at) => {
    // Before the test below, so that a load that ends here leaves its batch behind.
    if (mutation.kind !== 'put') return;
    if (fixes.has('flush before append') && bytes + mutation.bytes > limits.maxWriteBytes) flush();
    batch.push(mutation);
    bytes += mutation.bytes;
    const full = fixes.has('#1841') && bytes >= limits.maxWriteBytes;
    if (at === mutations.length - 1 || bytes >= limits.batchBytes || full) flush();
  });
  if (fixes.has('#2408')) flush();
  return batches;
}

/** The first batch of every queue. */
export function headsOf(batches: readonly Batch[]): readonly Batch[] {
  return batches.filter((batch, at) => batches.findIndex(({ queue }) => queue === batch.queue) === at);
}

export function shipper(fixes: Fixes, limits: ShipperLimits) {
  const chart = setup({
    types: {
      context: {} as ShipperContext,
      input: {} as { readonly last: number },
      events: {} as ShipperEvent,
    },
    actions: {
      ...declareEffects<ShipperEffects>()('send'),
      load: assign(({ event }) =>
        event.type === 'LOADED' ? { loadedTo: event.to, batches: cut(event.mutations, limits, fixes) } : {},
      ),
      drop: assign(({ context, event }) => ({
        batches: context.batches.filter((batch) => event.type !== 'ACKED' || batch.no !== event.no),
      })),
    },
    guards: {
      poisonous: ({ event }) =>
        event.type === 'LOADED' &&
        !fixes.has('#2101') &&
        event.mutations.some((mutation) => mutation.kind === 'bulkLoad'),
      empty: ({ context }) => context.batches.length === 0,
    },
  });
  return chart.createMachine({
    id: 'shipper',
    context: ({ input }) => ({ last: input.last, loadedTo: input.last, batches: [] }),
    initial: 'idle',
    states: {
      idle: {
        on: {
          LOADED: [
            { guard: 'poisonous', target: 'aborted' },
            { target: 'sending', actions: 'load' },
          ],
        },
      },
      sending: {
        entry: { type: 'send', params: ({ context }) => ({ batches: headsOf(context.batches) }) },
        always: {
          guard: 'empty',
          target: 'idle',
          actions: assign({ last: ({ context }) => context.loadedTo }),
        },
        on: {
          ACKED: { target: 'sending', reenter: true, actions: 'drop' },
          // What is under way arrives all the same; only nobody waits for it.
          STOPPED: { target: 'idle', actions: assign({ batches: [] }) },
        },
      },
      aborted: { type: 'final' },
    },
  });
}
