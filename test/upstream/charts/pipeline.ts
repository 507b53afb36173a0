/**
 * The continuations of one upstream duplicator: a task is queued, runs in a pool of its own, and queues
 * the next one. Nothing ties it to the duplicator that began it.
 *
 *   resting ─BEGUN─► queued ─RUN─► queued …
 */
import { setup } from 'xstate';
import type { Fixes } from '../fixes.js';

export type PipelineEvent =
  | { readonly type: 'BEGUN' }
  | { readonly type: 'RUN'; readonly logOpen: boolean; readonly current: boolean };

export function pipeline(fixes: Fixes) {
  const chart = setup({
    types: { events: {} as PipelineEvent },
    guards: {
      cancelled: ({ event }) =>
        event.type === 'RUN' && !event.current && fixes.has('cancelled continuations'),
      noLog: ({ event }) => event.type === 'RUN' && !event.logOpen,
      freed: ({ event }) => event.type === 'RUN' && !event.current,
    },
  });
  return chart.createMachine({
    id: 'pipeline',
    initial: 'resting',
    states: {
      resting: { on: { BEGUN: 'queued' } },
      queued: {
        on: {
          RUN: [
            { guard: 'cancelled', target: 'resting' },
            { guard: 'noLog', target: 'nullLog' },
            { guard: 'freed', target: 'freedMemory' },
            { target: 'queued' },
          ],
        },
      },
      nullLog: { type: 'final' },
      freedMemory: { type: 'final' },
    },
  });
}
