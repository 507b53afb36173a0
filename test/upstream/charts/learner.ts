/**
 * How an upstream secondary gets what it lacks from the primary, and what becomes of its own log.
 *
 *   serving ─LEARN─► copying ─► replacing ─► serving
 */
import { setup } from 'xstate';
import type { Fixes } from '../fixes.js';

export type LearnerEvent = { readonly type: 'LEARN' | 'DONE' | 'CRASHED' };

export function learner(fixes: Fixes) {
  return setup({ types: { events: {} as LearnerEvent } }).createMachine({
    id: 'learner',
    initial: 'serving',
    states: {
      serving: { on: { LEARN: 'copying' } },
      copying: {
        on: { DONE: fixes.has('rdsn#845') ? 'serving' : 'replacing', CRASHED: 'serving' },
      },
      /** The old log is gone, and the learned one is not there yet. */
      replacing: { on: { DONE: 'serving', CRASHED: 'serving' } },
    },
  });
}
