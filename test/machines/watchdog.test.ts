import { describe, expect, it } from 'vitest';
import { watchdog } from '../../machines/watchdog.js';
import { type Drive, drive } from '../support/chart.js';
import { WATCHDOG_TIMES } from '../support/inputs.js';

type Run = Drive<typeof watchdog>;
type State = 'quiet' | 'untroubled' | 'troubled' | 'stuck';
type Event = 'EXPECT' | 'QUIET' | 'PROGRESS' | 'same TROUBLE' | 'new TROUBLE';

const start = (): Run => drive(watchdog, WATCHDOG_TIMES);
const REACH: Record<State, () => Run> = {
  quiet: start,
  untroubled: () => start().send({ type: 'EXPECT' }),
  troubled: () => start().send({ type: 'EXPECT' }).send({ type: 'TROUBLE', error: 'ERR_A' }),
  stuck: () => start().send({ type: 'EXPECT' }).send({ type: 'TROUBLE', error: 'ERR_A' }).fire('sameError'),
};
const SEND: Record<Event, (run: Run) => Run> = {
  EXPECT: (run) => run.send({ type: 'EXPECT' }),
  QUIET: (run) => run.send({ type: 'QUIET' }),
  PROGRESS: (run) => run.send({ type: 'PROGRESS' }),
  'same TROUBLE': (run) => run.send({ type: 'TROUBLE', error: 'ERR_A' }),
  'new TROUBLE': (run) => run.send({ type: 'TROUBLE', error: 'ERR_B' }),
};
const AT: Record<State, string> = {
  quiet: 'quiet',
  untroubled: 'watching.untroubled',
  troubled: 'watching.troubled',
  stuck: 'stuck',
};

/** Where it goes, what the parent hears and which patience starts anew; or why nothing happens. */
type Outcome =
  | { to: State; tells?: 'STUCK' | 'RECOVERED'; anew?: readonly ('noProgress' | 'sameError')[] }
  | { ignored: string };

const TABLE: Record<State, Record<Event, Outcome>> = {
  quiet: {
    EXPECT: { to: 'untroubled', anew: ['noProgress'] },
    QUIET: { ignored: 'it is quiet already' },
    PROGRESS: { ignored: 'no progress is due' },
    'same TROUBLE': { ignored: 'nothing is waited for, so nothing can be late' },
    'new TROUBLE': { ignored: 'nothing is waited for, so nothing can be late' },
  },
  untroubled: {
    EXPECT: { ignored: 'progress is expected already; patience must not start anew' },
    QUIET: { to: 'quiet' },
    PROGRESS: { to: 'untroubled', anew: ['noProgress'] },
    'same TROUBLE': { to: 'troubled', anew: ['sameError'] },
    'new TROUBLE': { to: 'troubled', anew: ['sameError'] },
  },
  troubled: {
    EXPECT: { ignored: 'progress is expected already; patience must not start anew' },
    QUIET: { to: 'quiet' },
    PROGRESS: { to: 'untroubled', anew: ['noProgress'] },
    'same TROUBLE': { ignored: 'the patience for this error is running' },
    'new TROUBLE': { to: 'troubled', anew: ['sameError'] },
  },
  stuck: {
    EXPECT: { ignored: 'only progress or an end of waiting recovers it' },
    QUIET: { to: 'quiet', tells: 'RECOVERED' },
    PROGRESS: { to: 'untroubled', tells: 'RECOVERED', anew: ['noProgress'] },
    'same TROUBLE': { ignored: 'it has been said' },
    'new TROUBLE': { to: 'stuck', tells: 'STUCK' },
  },
};

describe('every event in every state', () => {
  for (const state of Object.keys(TABLE) as State[]) {
    it.each(Object.keys(SEND) as Event[])(`given ${state}, when %s comes, then the table holds`, (event) => {
      const run = REACH[state]();
      const before = { at: run.at, timers: run.timers, context: run.context };
      expect(run.at).toBe(AT[state]);
      SEND[event](run);
      const outcome = TABLE[state][event];
      if ('ignored' in outcome) {
        expect({ at: run.at, timers: run.timers, context: run.context }).toEqual(before);
        expect(run.sentToParent).toEqual([]);
        return;
      }
      expect(run.at).toBe(AT[outcome.to]);
      expect(run.sentToParent.map((told) => told.type)).toEqual(outcome.tells ? [outcome.tells] : []);
      for (const delay of outcome.anew ?? []) {
        const timer = run.pending(delay);
        expect(timer, delay).toBeDefined();
        expect(before.timers).not.toContain(timer);
      }
    });
  }
});

describe('patience', () => {
  it('given no progress for too long, then it is stuck and says so', () => {
    const run = REACH.untroubled().fire('noProgress');
    expect(run.at).toBe('stuck');
    expect(run.sentToParent).toEqual([{ type: 'STUCK', reason: 'no-progress', error: null }]);
  });

  it('given the same error for too long, then it is stuck and names the error', () => {
    expect(REACH.stuck().sentToParent).toEqual([{ type: 'STUCK', reason: 'same-error', error: 'ERR_A' }]);
  });

  it('given ever new errors, then the patience for progress still ends', () => {
    const run = REACH.untroubled();
    const patience = run.pending('noProgress');
    for (let at = 0; at < 50; at++) run.send({ type: 'TROUBLE', error: `ERR_${at}` });
    expect(run.pending('noProgress')).toBe(patience);
    expect(run.fire('noProgress').at).toBe('stuck');
    expect(run.sentToParent).toEqual([{ type: 'STUCK', reason: 'no-progress', error: 'ERR_49' }]);
  });

  it('given it was stuck, when it recovers, then the old error is forgotten', () => {
    const run = REACH.stuck().send({ type: 'PROGRESS' });
    expect(run.context).toMatchObject({ error: null, reason: null });
    expect(run.timers.map((timer) => timer.delay)).toEqual(['noProgress']);
  });
});
