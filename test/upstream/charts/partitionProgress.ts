/**
 * Upstream's confirmed decree of one partition at the meta server.
 *
 *   idle ─CONFIRM─► writing ─WRITTEN─► idle, for a while without writing again
 */
import { assign, setup } from 'xstate';
import { declareEffects } from '../../../machines/effects.js';
import type { Fixes } from '../fixes.js';

export interface PartitionProgressContext {
  /** The highest that was reported. */
  readonly volatile: number;
  /** What the meta server believes to be in ZooKeeper, and answers syncs with. */
  readonly stored: number;
  /** Of the confirm that is being written. */
  readonly given: number;
  /** The last write is less than the least period ago. */
  readonly throttled: boolean;
}

export type PartitionProgressEvent =
  | { readonly type: 'CONFIRM'; readonly decree: number }
  | { readonly type: 'WRITTEN' }
  | { readonly type: 'PERIOD_OVER' };

export interface PartitionProgressEffects {
  readonly writeProgress: { readonly decree: number };
}

export function partitionProgress(fixes: Fixes) {
  const chart = setup({
    types: {
      context: {} as PartitionProgressContext,
      input: {} as { readonly stored: number },
      events: {} as PartitionProgressEvent,
    },
    actions: {
      ...declareEffects<PartitionProgressEffects>()('writeProgress'),
      raise: assign(({ context, event }) =>
        event.type === 'CONFIRM'
          ? { volatile: Math.max(context.volatile, event.decree), given: event.decree }
          : {},
      ),
      noteStored: assign(({ context }) => ({ stored: context.volatile, throttled: true })),
    },
    guards: {
      writes: ({ context, event }) =>
        event.type === 'CONFIRM' &&
        !context.throttled &&
        Math.max(context.volatile, event.decree) !== context.stored,
    },
  });
  return chart.createMachine({
    id: 'partitionProgress',
    context: ({ input }) => ({ volatile: input.stored, stored: input.stored, given: -1, throttled: false }),
    initial: 'idle',
    on: { PERIOD_OVER: { actions: assign({ throttled: false }) } },
    states: {
      idle: {
        on: { CONFIRM: [{ guard: 'writes', target: 'writing', actions: 'raise' }, { actions: 'raise' }] },
      },
      writing: {
        // What is written is what this confirm said; what is noted afterwards is the highest ever said.
        entry: {
          type: 'writeProgress',
          params: ({ context }) => ({
            decree: fixes.has('volatile written') ? context.volatile : context.given,
          }),
        },
        on: { WRITTEN: { target: 'idle', actions: 'noteStored' } },
      },
    },
  });
}
