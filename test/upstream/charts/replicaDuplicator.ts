/**
 * Upstream's duplicator of one partition, on the node that holds the primary.
 *
 *   preparing ─► idle (DS_APP, DS_PAUSE) ⇄ logging          any ─► aborted ■
 *
 * It follows the entry that each sync brings. Whatever the entry cannot be right about ends the process.
 */
import { assign, setup } from 'xstate';
import { declareEffects } from '../../../machines/effects.js';
import type { Fixes } from '../fixes.js';

export interface ReplicaDuplicatorInput {
  readonly status: string;
  /** As the meta server has stored it; −1: none yet. */
  readonly progress: number;
  readonly applied: number;
}

export interface ReplicaDuplicatorContext {
  readonly status: string;
  /** The checkpoint has to cover this decree. */
  readonly minDecree: number;
  readonly confirmed: number;
  /** Shipped to the follower, or covered by the checkpoint. */
  readonly last: number;
  readonly prepared: boolean;
}

export type ReplicaDuplicatorEvent =
  | {
      readonly type: 'ENTRY';
      readonly status: string;
      readonly progress: number;
      /** Decree of the newest checkpoint on disk. */
      readonly durable: number;
    }
  | { readonly type: 'SHIPPED'; readonly decree: number };

export interface ReplicaDuplicatorEffects {
  readonly triggerCheckpoint: { readonly minDecree: number };
}

export function replicaDuplicator(fixes: Fixes) {
  const least = fixes.has('#2054') ? 1 : 0;
  const chart = setup({
    types: {
      context: {} as ReplicaDuplicatorContext,
      input: {} as ReplicaDuplicatorInput,
      events: {} as ReplicaDuplicatorEvent,
    },
    actions: {
      ...declareEffects<ReplicaDuplicatorEffects>()('triggerCheckpoint'),
      follow: assign(({ context, event }) => {
        if (event.type !== 'ENTRY') return {};
        const confirmed = Math.max(context.confirmed, event.progress);
        return {
          status: event.status,
          confirmed,
          last: Math.max(context.last, confirmed),
          prepared: context.minDecree <= event.durable,
        };
      }),
      ship: assign(({ event }) => (event.type === 'SHIPPED' ? { last: event.decree } : {})),
    },
    guards: {
      impossible: ({ context, event }) =>
        !fixes.has('ahead is believed') &&
        event.type === 'ENTRY' &&
        event.progress >= 0 &&
        (event.progress < context.confirmed || event.progress > context.last),
      unknownDecree: ({ context }) => context.status === 'DS_PREPARE' && context.minDecree < 0,
      preparing: ({ context }) => context.status === 'DS_PREPARE',
      logging: ({ context }) => context.status === 'DS_LOG',
    },
  });
  return chart.createMachine({
    id: 'replicaDuplicator',
    context: ({ input: { status, progress, applied } }) => {
      const minDecree = progress < 0 || fixes.has('#2097') ? Math.max(applied, least) : -1;
      return {
        status,
        minDecree,
        confirmed: progress,
        last: progress < 0 ? minDecree : progress,
        prepared: false,
      };
    },
    initial: 'deciding',
    on: {
      ENTRY: [
        { guard: 'impossible', target: '.aborted' },
        { target: '.deciding', actions: 'follow' },
      ],
    },
    states: {
      deciding: {
        always: [
          { guard: 'unknownDecree', target: 'aborted' },
          { guard: 'preparing', target: 'preparing' },
          { guard: 'logging', target: 'logging' },
          { target: 'idle' },
        ],
      },
      /** Entered anew by every sync, which asks for the checkpoint again. */
      preparing: {
        entry: {
          type: 'triggerCheckpoint',
          params: ({ context }) => ({ minDecree: context.minDecree }),
        },
      },
      idle: {},
      logging: { on: { SHIPPED: { actions: 'ship' } } },
      aborted: { type: 'final' },
    },
  });
}
