/** What the watchdog promises: it speaks up once patience ends, and takes it back when things move. */
import type { WatchdogContext, WatchdogEvent, WatchdogInput } from '../../../../machines/index.js';
import { asked, promisesOf, type Seen, same, timerOf } from './promise.js';

/** Who has owed progress since the round began, and has neither come forward nor caught up. */
function stillOwing({ owing }: WatchdogContext, event: WatchdogEvent): readonly number[] {
  if (event.type !== 'PROGRESS' && event.type !== 'EXPECT') return owing;
  const paid = event.type === 'PROGRESS' ? event.partition : null;
  return owing.filter((p) => p !== paid && event.lagging.includes(p));
}

/** A round ends when nobody owes anything any more, when the whole moves, or when a stage is new. */
function owedAfter(
  { context }: Seen<WatchdogContext, WatchdogEvent>['before'],
  event: WatchdogEvent,
  owing: readonly number[],
): readonly number[] {
  if (event.type === 'EXPECT')
    return event.stage !== context.stage || owing.length === 0 ? event.lagging : owing;
  if (event.type !== 'PROGRESS') return owing;
  return event.partition === null || owing.length === 0 ? event.lagging : owing;
}

export const watchdogPromises = promisesOf<WatchdogContext, WatchdogEvent, WatchdogInput>({
  noDeadline: {
    'watchdog.quiet': 'no progress is due',
    'watchdog.stuck': 'it has been said; that is what the deadline is for',
  },
  help: (view) => timerOf(view, 'watchdog.watching'),
  settled: ({ control }) => control !== 'watching.untroubled' && control !== 'watching.troubled',
  promises: [
    {
      name: 'standing still is told (L-STUCK-1)',
      ofStep: ({ before, after, effects, event, timer }) => {
        const [told] = asked<{ reason: string; error: string | null }>(effects, 'STUCK');
        const came = after.control === 'stuck' && before.control !== 'stuck';
        const news =
          before.control === 'stuck' && event.type === 'TROUBLE' && event.error !== before.context.error;
        if ((came || news) !== (told !== undefined)) return told ? 'told for no reason' : 'not told';
        if (came && timer === undefined) return 'stuck before patience ends';
        if (told === undefined) return null;
        if (told.error !== after.context.error) return `told of ${told.error}`;
        if (news) return told.error === event.error ? null : 'told of an old error';
        if (told.reason !== after.context.reason) return 'the reason is not kept';
        return told.reason === (timer?.includes('noProgress') ? 'no-progress' : 'same-error')
          ? null
          : `told as ${told.reason}`;
      },
    },
    {
      name: 'moving on is told (L-STUCK-1)',
      ofStep: ({ before, after, effects }) => {
        const left = before.control === 'stuck' && after.control !== 'stuck';
        return left === asked(effects, 'RECOVERED').length > 0 ? null : 'recovery and its news do not agree';
      },
    },
    {
      name: 'patience for an error runs while there is one (L-STUCK-1)',
      ofStep: ({ after: { control, timers } }) => {
        const running = timers.some(({ id }) => id.includes('sameError'));
        return running === (control === 'watching.troubled') ? null : 'it does not';
      },
    },
    {
      name: 'what starts patience anew (L-STUCK-1)',
      ofStep: ({ before, after, event, timer }) => {
        const { control } = after;
        if (timer !== undefined) return control === 'stuck' ? null : `patience ended, and it is ${control}`;
        if (event.type === 'QUIET') return control === 'quiet' ? null : 'it is not quiet';
        if (event.type === 'EXPECT' && before.control === 'quiet') {
          return control === 'watching.untroubled' ? null : 'it does not watch';
        }
        if (before.control === 'quiet')
          return control === 'quiet' ? null : 'it watches though nothing is due';
        const owing = stillOwing(before.context, event);
        if (!same(after.context.owing, owedAfter(before, event, owing)))
          return 'it is wrong about who owes progress';
        if (event.type === 'EXPECT' && event.stage !== before.context.stage) {
          const calm = control === 'watching.untroubled' && after.context.error === null;
          return calm && after.context.stage === event.stage ? null : 'a new stage is no new beginning';
        }
        if (event.type === 'PROGRESS' && event.partition !== null && owing.length > 0) {
          return control === before.control ? null : `progress of one leads to ${control}`;
        }
        if (event.type === 'PROGRESS') {
          const calm = control === 'watching.untroubled' && after.context.error === null;
          return calm && after.context.reason === null ? null : `progress leads to ${control}`;
        }
        if (event.type === 'TROUBLE') {
          if (after.context.error !== event.error) return `it watches ${after.context.error}`;
          return control === (before.control === 'stuck' ? 'stuck' : 'watching.troubled')
            ? null
            : `trouble leads to ${control}`;
        }
        return control === before.control ? null : `it goes to ${control}`;
      },
    },
    {
      name: 'quiet forgets',
      ofStep: ({ after: { control, context } }) =>
        control === 'quiet' && (context.error !== null || context.reason !== null) ? 'it remembers' : null,
    },
  ],
});
