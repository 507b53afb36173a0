/**
 * Notices that a duplication is stuck: no progress for too long, or the same error for too long.
 * It changes no status; it says so, and it says when things move again.
 *
 *   quiet ⇄ watching ──noProgress / sameError──► stuck ──PROGRESS──► watching
 *
 * `TROUBLE` with a new error starts the patience for that error anew; only `PROGRESS` starts the
 * patience for progress anew, so a duplication that fails in ever new ways is noticed too. How long the
 * patience is depends on the stage, and a new stage is progress.
 *
 * Partitions that lag owe progress, each of them: the patience starts anew when all that lagged have come
 * forward, so the fast ones do not hide one that stands still (SPEC L-STUCK-1). One that stops just after it
 * has paid is noticed in the next round, so after twice the patience at the latest.
 */
import { assign, sendParent, setup } from 'xstate';
import type { StateMeta } from './effects.js';

/** What a duplication is at: checkpoints, the follower table, the copy, log shipping. A pause is not watched. */
export const WATCHDOG_STAGES = ['prepare', 'create', 'copy', 'ship'] as const;
export type WatchdogStage = (typeof WATCHDOG_STAGES)[number];

export interface Patience {
  readonly noProgressMs: number;
  readonly sameErrorMs: number;
}

/** How long is too long; a stage may have a patience of its own. */
export interface WatchdogInput extends Patience {
  readonly stages?: Partial<Record<WatchdogStage, Partial<Patience>>>;
}

/** @example patienceOf({ noProgressMs: 9, sameErrorMs: 5, stages: { copy: { noProgressMs: 20 } } }, 'copy') */
export function patienceOf(
  { stages, noProgressMs, sameErrorMs }: WatchdogInput,
  stage: WatchdogStage,
): Patience {
  return { noProgressMs, sameErrorMs, ...stages?.[stage] };
}

export type StuckReason = 'no-progress' | 'same-error';

export interface WatchdogContext extends WatchdogInput {
  /** The error that is being watched, if any. */
  readonly error: string | null;
  readonly reason: StuckReason | null;
  readonly stage: WatchdogStage;
  /** Partitions that lagged when the patience began and have not come forward since. */
  readonly owing: readonly number[];
}

export type WatchdogEvent =
  /** `lagging` are the partitions that are behind now; none where they are not waited for one by one. */
  | { readonly type: 'EXPECT'; readonly stage: WatchdogStage; readonly lagging: readonly number[] }
  | { readonly type: 'QUIET' }
  /** Of one partition, or without one of the duplication as a whole. */
  | { readonly type: 'PROGRESS'; readonly partition: number | null; readonly lagging: readonly number[] }
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
    owesNothing: assign({ owing: [] }),
    /** All that lag owe progress from now on. */
    beginRound: assign(({ event }) => ('lagging' in event ? { owing: event.lagging } : {})),
    noteStage: assign(({ event }) => (event.type === 'EXPECT' ? { stage: event.stage } : {})),
    notePaid: assign(({ context, event }) => ({ owing: stillOwing(context, event) })),
    /** Those who have caught up owe nothing; when nobody does, the next round begins, on the same patience. */
    noteLagging: assign(({ context, event }) => {
      const owing = stillOwing(context, event);
      return { owing: owing.length === 0 && 'lagging' in event ? event.lagging : owing };
    }),
    tellStuck: sendParent(({ context }) => ({
      type: 'STUCK',
      reason: context.reason ?? 'no-progress',
      error: context.error,
    })),
    tellRecovered: sendParent({ type: 'RECOVERED' }),
  },
  guards: {
    newError: ({ context, event }) => event.type === 'TROUBLE' && event.error !== context.error,
    newStage: ({ context, event }) => event.type === 'EXPECT' && event.stage !== context.stage,
    othersOwe: ({ context, event }) =>
      event.type === 'PROGRESS' && event.partition !== null && stillOwing(context, event).length > 0,
  },
  delays: {
    noProgress: ({ context }) => patienceOf(context, context.stage).noProgressMs,
    sameError: ({ context }) => patienceOf(context, context.stage).sameErrorMs,
  },
});

/** Without the partition that has come forward, and without those that do not lag any more. */
function stillOwing({ owing }: WatchdogContext, event: WatchdogEvent): readonly number[] {
  if (!('lagging' in event)) return owing;
  const paid = event.type === 'PROGRESS' ? event.partition : null;
  return owing.filter((partition) => partition !== paid && event.lagging.includes(partition));
}

const meta = (waitingFor: string, leavesWhen: string, more: Partial<StateMeta> = {}): StateMeta => ({
  waitingFor,
  from: 'the duplication',
  leavesWhen,
  operatorCan: ['explain'],
  ...more,
});

export const watchdog = chart.createMachine({
  id: 'watchdog',
  context: ({ input }) => ({ ...input, error: null, reason: null, stage: 'prepare', owing: [] }),
  initial: 'quiet',
  states: {
    quiet: {
      meta: meta('nothing: no progress is due', 'progress is expected again', { settled: 'done' }),
      entry: ['forget', 'owesNothing'],
      on: { EXPECT: { target: 'watching', actions: ['noteStage', 'beginRound'] } },
    },
    watching: {
      meta: meta('progress', 'progress is made, or the patience for it ends'),
      on: {
        QUIET: 'quiet',
        EXPECT: [
          {
            guard: 'newStage',
            target: 'watching',
            reenter: true,
            actions: ['forget', 'noteStage', 'beginRound'],
          },
          { actions: 'noteLagging' },
        ],
        PROGRESS: [
          { guard: 'othersOwe', actions: 'notePaid' },
          { target: 'watching', reenter: true, actions: ['forget', 'beginRound'] },
        ],
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
        EXPECT: [
          { guard: 'newStage', target: 'watching', actions: ['forget', 'noteStage', 'beginRound'] },
          { actions: 'noteLagging' },
        ],
        PROGRESS: [
          { guard: 'othersOwe', actions: 'notePaid' },
          { target: 'watching', actions: ['forget', 'beginRound'] },
        ],
        TROUBLE: { guard: 'newError', actions: ['noteError', 'tellStuck'] },
      },
    },
  },
});
