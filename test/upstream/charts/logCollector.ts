/**
 * What upstream's checkpoint timer decides about the private log of a replica.
 *
 *   deciding ─TICK─► held: the progress is unknown │ collected up to a decree
 */
import { setup } from 'xstate';
import { declareEffects } from '../../../machines/effects.js';
import type { Fixes } from '../fixes.js';

export interface LogCollectorTick {
  readonly type: 'TICK';
  /** Upstream's `_is_duplication_master`. */
  readonly duplicating: boolean;
  /** Confirmed decrees by duplication, in the order of their ids; a secondary has at most one. */
  readonly confirmed: readonly number[];
  readonly durable: number;
}

export interface LogCollectorEffects {
  readonly collect: { readonly to: number };
}

/** The smallest confirmed decree, −1 for none: which upstream also takes for "not folded yet". */
export function minConfirmed(confirmed: readonly number[], fixes: Fixes): number {
  if (fixes.has('unknown holds back') && confirmed.includes(-1)) return -1;
  return confirmed.reduce((min, decree) => (min < 0 ? decree : Math.min(min, decree)), -1);
}

export function logCollector(fixes: Fixes) {
  return setup({
    types: { events: {} as LogCollectorTick },
    actions: declareEffects<LogCollectorEffects>()('collect'),
    guards: {
      unknown: ({ event }) => event.duplicating && minConfirmed(event.confirmed, fixes) < 0,
      bounded: ({ event }) => minConfirmed(event.confirmed, fixes) >= 0,
    },
  }).createMachine({
    id: 'logCollector',
    initial: 'deciding',
    states: {
      deciding: {
        on: {
          TICK: [
            { guard: 'unknown' },
            {
              guard: 'bounded',
              actions: {
                type: 'collect',
                params: ({ event }) => ({
                  to: Math.min(minConfirmed(event.confirmed, fixes), event.durable),
                }),
              },
            },
            { actions: { type: 'collect', params: ({ event }) => ({ to: event.durable }) } },
          ],
        },
      },
    },
  });
}
