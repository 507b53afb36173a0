import { describe, expect, it } from 'vitest';
import { patienceOf, type WatchdogInput, watchdog } from '../../machines/watchdog.js';
import { type Drive, drive } from '../support/chart.js';
import { WATCHDOG_TIMES } from '../support/inputs.js';

type Run = Drive<typeof watchdog>;
type State = 'quiet' | 'untroubled' | 'troubled' | 'stuck';
type Event =
  | 'EXPECT'
  | 'EXPECT of another stage'
  | 'QUIET'
  | 'PROGRESS'
  | 'PROGRESS of one of two'
  | 'same TROUBLE'
  | 'new TROUBLE';

const EXPECT = { type: 'EXPECT', stage: 'ship', lagging: [0, 1] } as const;
const PROGRESS = { type: 'PROGRESS', partition: null, lagging: [] } as const;
/** Both lag still; the other one has not come forward. */
const ofPartition = (partition: number, lagging: readonly number[] = [0, 1]) =>
  ({ type: 'PROGRESS', partition, lagging }) as const;

const start = (): Run => drive(watchdog, WATCHDOG_TIMES);
const REACH: Record<State, () => Run> = {
  quiet: start,
  untroubled: () => start().send(EXPECT),
  troubled: () => start().send(EXPECT).send({ type: 'TROUBLE', error: 'ERR_A' }),
  stuck: () => start().send(EXPECT).send({ type: 'TROUBLE', error: 'ERR_A' }).fire('sameError'),
};
const SEND: Record<Event, (run: Run) => Run> = {
  EXPECT: (run) => run.send(EXPECT),
  'EXPECT of another stage': (run) => run.send({ type: 'EXPECT', stage: 'copy', lagging: [] }),
  'PROGRESS of one of two': (run) => run.send(ofPartition(0)),
  QUIET: (run) => run.send({ type: 'QUIET' }),
  PROGRESS: (run) => run.send(PROGRESS),
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
  /** `=`: where it was, on the same patience; only who owes progress has changed. */
  | { to: '=' }
  | { to: State; tells?: 'STUCK' | 'RECOVERED'; anew?: readonly ('noProgress' | 'sameError')[] }
  | { ignored: string };

const TABLE: Record<State, Record<Event, Outcome>> = {
  quiet: {
    EXPECT: { to: 'untroubled', anew: ['noProgress'] },
    'EXPECT of another stage': { to: 'untroubled', anew: ['noProgress'] },
    'PROGRESS of one of two': { ignored: 'no progress is due' },
    QUIET: { ignored: 'it is quiet already' },
    PROGRESS: { ignored: 'no progress is due' },
    'same TROUBLE': { ignored: 'nothing is waited for, so nothing can be late' },
    'new TROUBLE': { ignored: 'nothing is waited for, so nothing can be late' },
  },
  untroubled: {
    EXPECT: { ignored: 'progress is expected already; patience must not start anew' },
    'EXPECT of another stage': { to: 'untroubled', anew: ['noProgress'] },
    'PROGRESS of one of two': { to: '=' },
    QUIET: { to: 'quiet' },
    PROGRESS: { to: 'untroubled', anew: ['noProgress'] },
    'same TROUBLE': { to: 'troubled', anew: ['sameError'] },
    'new TROUBLE': { to: 'troubled', anew: ['sameError'] },
  },
  troubled: {
    EXPECT: { ignored: 'progress is expected already; patience must not start anew' },
    'EXPECT of another stage': { to: 'untroubled', anew: ['noProgress'] },
    'PROGRESS of one of two': { to: '=' },
    QUIET: { to: 'quiet' },
    PROGRESS: { to: 'untroubled', anew: ['noProgress'] },
    'same TROUBLE': { ignored: 'the patience for this error is running' },
    'new TROUBLE': { to: 'troubled', anew: ['sameError'] },
  },
  stuck: {
    EXPECT: { ignored: 'only progress or an end of waiting recovers it' },
    'EXPECT of another stage': { to: 'untroubled', tells: 'RECOVERED', anew: ['noProgress'] },
    'PROGRESS of one of two': { to: '=' },
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
      if (outcome.to === '=') {
        expect({ at: run.at, timers: run.timers }).toEqual({ at: before.at, timers: before.timers });
        expect(run.context.owing).toEqual([1]);
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
    const run = REACH.stuck().send(PROGRESS);
    expect(run.context).toMatchObject({ error: null, reason: null });
    expect(run.timers.map((timer) => timer.delay)).toEqual(['noProgress']);
  });
});

describe('partitions that lag (SPEC L-STUCK-1)', () => {
  // It was hidden: whatever moved started the patience anew for all.
  it('given one of two stands still, when the other moves on and on, then the patience still ends', () => {
    const run = REACH.untroubled();
    const patience = run.pending('noProgress');
    for (let n = 0; n < 50; n++) run.send(ofPartition(0)).send(EXPECT);
    expect(run.pending('noProgress')).toBe(patience);
    expect(run.fire('noProgress').at).toBe('stuck');
    expect(run.sentToParent).toEqual([{ type: 'STUCK', reason: 'no-progress', error: null }]);
  });

  it('given both move, then each round starts the patience anew', () => {
    const run = REACH.untroubled();
    for (let n = 0; n < 5; n++) {
      const patience = run.pending('noProgress');
      expect(run.send(ofPartition(0)).pending('noProgress')).toBe(patience);
      expect(run.send(ofPartition(1)).pending('noProgress')).not.toBe(patience);
      expect(run.context.owing).toEqual([0, 1]);
    }
  });

  it('given the one that owed has caught up, when the other moves, then that is progress', () => {
    const run = REACH.untroubled();
    const patience = run.pending('noProgress');
    expect(run.send(ofPartition(0, [0])).pending('noProgress')).not.toBe(patience);
    expect(run.context.owing).toEqual([0]);
  });

  it('given it is stuck because of one, when only the other moves, then it stays stuck until that one does', () => {
    const run = REACH.untroubled().send(ofPartition(0)).fire('noProgress');
    expect(run.send(ofPartition(0)).at).toBe('stuck');
    expect(run.send(ofPartition(1)).at).toBe('watching.untroubled');
  });

  it('given one begins to lag in the middle of a round, then it owes from the next round on', () => {
    const run = start().send({ ...EXPECT, lagging: [0] });
    run.send({ ...EXPECT, lagging: [0, 1] });
    expect(run.context.owing).toEqual([0]);
    expect(run.send(ofPartition(0)).context.owing).toEqual([0, 1]);
  });
});

describe('patience by stage', () => {
  const own: WatchdogInput = {
    noProgressMs: 60,
    sameErrorMs: 30,
    stages: { prepare: { noProgressMs: 180 }, copy: { sameErrorMs: 5 } },
  };
  it.each([
    ['prepare', { noProgressMs: 180, sameErrorMs: 30 }],
    ['create', { noProgressMs: 60, sameErrorMs: 30 }],
    ['copy', { noProgressMs: 60, sameErrorMs: 5 }],
    ['ship', { noProgressMs: 60, sameErrorMs: 30 }],
  ] as const)('given %s, then it is its own where it has one', (stage, patience) => {
    expect(patienceOf(own, stage)).toEqual(patience);
  });
});
