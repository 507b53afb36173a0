/**
 * Notices that a duplication is stuck: no progress for too long, or the same error for too long.
 * It changes no status; it says so, and it says when things move again.
 *
 *   quiet ⇄ watching ──noProgress / sameError──► stuck ──PROGRESS──► watching
 *
 * `TROUBLE` with a new error starts the patience for that error anew; only `PROGRESS` starts the
 * patience for progress anew, so a duplication that fails in ever new ways is noticed too.
 */
import { assign, sendParent, setup } from 'xstate';
import type { StateMeta } from './effects.js';

export interface WatchdogInput {
  readonly noProgressMs: number;
  readonly sameErrorMs: number;
}

export type StuckReason = 'no-progress' | 'same-error';

export interface WatchdogContext extends WatchdogInput {
  /** The error that is being watched, if any. */
  readonly error: string | null;
  readonly reason: StuckReason | null;
}

export type WatchdogEvent =
  | { readonly type: 'EXPECT' }
  | { readonly type: 'QUIET' }
  | { readonly type: 'PROGRESS' }
  | { readonly type: 'TROUBLE'; readonly error: string };

/** What the parent chart hears. */
export type WatchdogReport =
  | { readonly type: 'STUCK'; readonly reason: StuckReason; readonly error: string | null }
  | { readonly type: 'RECOVERED' };

const chart = setup({
  types: {
    context: {} as WatchdogContext,
    input: {} as WatchdogInput,
    events: {} as WatchdogEvent,
    meta: {} as StateMeta,
  },
  actions: {
    noteError: assign(({ event }) => (event.type === 'TROUBLE' ? { error: event.error } : {})),
    forget: assign({ error: null, reason: null }),
    tellStuck: sendParent(({ context }) => ({
      type: 'STUCK',
      reason: context.reason ?? 'no-progress',
      error: context.error,
    })),
    tellRecovered: sendParent({ type: 'RECOVERED' }),
  },
  guards: {
    newError: ({ context, event }) => event.type === 'TROUBLE' && event.error !== context.error,
  },
  delays: {
    noProgress: ({ context }) => context.noProgressMs,
    sameError: ({ context }) => context.sameErrorMs,
  },
});

const meta = (waitingFor: string, leavesWhen: string, more: Partial<StateMeta> = {}): StateMeta => ({
  waitingFor,
  from: 'the duplication',
  leavesWhen,
  operatorCan: ['explain'],
  ...more,
});

export const watchdog = chart.createMachine({
  id: 'watchdog',
  context: ({ input }) => ({ ...input, error: null, reason: null }),
  initial: 'quiet',
  states: {
    quiet: {
      meta: meta('nothing: no progress is due', 'progress is expected again', { settled: 'done' }),
      entry: 'forget',
      on: { EXPECT: 'watching' },
    },
    watching: {
      meta: meta('progress', 'progress is made, or the patience for it ends'),
      on: {
        QUIET: 'quiet',
        PROGRESS: { target: 'watching', reenter: true, actions: 'forget' },
      },
      after: { noProgress: { target: 'stuck', actions: assign({ reason: 'no-progress' }) } },
      initial: 'untroubled',
      states: {
        untroubled: {
          on: { TROUBLE: { target: 'troubled', actions: 'noteError' } },
        },
        troubled: {
          on: { TROUBLE: { guard: 'newError', target: 'troubled', reenter: true, actions: 'noteError' } },
          after: { sameError: { target: '#watchdog.stuck', actions: assign({ reason: 'same-error' }) } },
        },
      },
    },
    stuck: {
      meta: meta('progress, which is overdue', 'progress is made', { settled: 'blocked' }),
      entry: 'tellStuck',
      exit: 'tellRecovered',
      on: {
        QUIET: 'quiet',
        PROGRESS: { target: 'watching', actions: 'forget' },
        TROUBLE: { guard: 'newError', actions: ['noteError', 'tellStuck'] },
      },
    },
  },
});
