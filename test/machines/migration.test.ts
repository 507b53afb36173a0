import { describe, expect, it } from 'vitest';
import { migration } from '../../machines/migration.js';
import type { MigrationView } from '../../machines/migrationVerdict.js';
import { drive } from '../support/chart.js';
import { migrationInput, migrationReply, migrationView, RETRY } from '../support/inputs.js';

const begin = (more: Parameters<typeof migrationInput>[0] = {}) => {
  const run = drive(migration, migrationInput(more));
  const self = {
    run,
    answer: (body: Parameters<typeof migrationReply>[1] = {}) => {
      run.send(migrationReply(run.context.requestNo, body));
      return self;
    },
    looks: (more: Partial<MigrationView> = {}) => self.answer({ view: migrationView(more) }),
    pause: () => {
      run.fire('pause');
      return self;
    },
    asked: (): { kind: string; step?: string }[] => run.effects('askMigration').map(({ request }) => request),
  };
  return self;
};
const CLOSED = { fence: 'in-force' } as const;
const DRAINED = { ...CLOSED, drained: true, lagDecrees: 0 } as const;
const GONE = { ...CLOSED, status: 'gone' } as const;

/** Up to the last look before the decision. */
const upToDeciding = (more: Parameters<typeof migrationInput>[0] = {}) => {
  const self = begin(more).looks().pause().looks();
  self.answer().answer().looks(CLOSED).looks(DRAINED);
  return self.run.context.verify ? self.answer({ equal: true }) : self;
};

describe('given a copy that keeps up', () => {
  it('when all goes well, then each step is asked for once, in order, and the journal goes ahead of it', () => {
    const self = begin();
    const kinds: string[] = [];
    const note = () => kinds.push(...self.asked().map(({ kind, step }) => step ?? kind));
    note();
    const steps: (() => unknown)[] = [
      () => self.looks(),
      () => self.pause(),
      () => self.looks(),
      () => self.answer(),
      () => self.answer(),
      () => self.looks(CLOSED),
      () => self.looks(DRAINED),
      () => self.answer({ equal: true }),
      () => self.looks(DRAINED),
      () => self.answer(),
      () => self.answer(),
      () => self.looks(GONE),
      () => self.pause(),
      () => self.answer(),
      () => self.looks({ ...GONE, follower: 'ordinary' }),
      () => self.answer(),
    ];
    for (const step of steps) {
      step();
      note();
    }
    expect(kinds).toEqual([
      ...['Look', 'Look', 'fencing', 'CloseWrites', 'Look', 'Look', 'Verify', 'Look'],
      ...['decided', 'EndDuplication', 'Look', 'OpenFollower', 'Look', 'done'],
    ]);
    expect(self.run).toMatchObject({ at: 'done', output: { outcome: 'done', reason: null } });
  });

  it('when nobody wants it compared, then it decides without', () => {
    expect(upToDeciding({ verify: false }).run.at).toBe('deciding.looking');
  });

  it('when the lag comes back between two looks, then it waits for calm anew', () => {
    const self = begin().looks().pause().looks({ lagDecrees: 101 }).pause().looks();
    expect(self.run.at).toBe('waiting.pausing');
    expect(self.pause().looks().run.at).toBe('fencing.recording');
  });
});

describe('given something that forbids it', () => {
  it.each([
    ['a paused duplication', { status: 'DS_PAUSE' }, /DS_PAUSE/],
    ['mutations that were skipped', { skippedMutations: 2 }, /2 mutations were skipped/],
    ['a fence of somebody else', { fence: 'foreign' }, /somebody else/],
    ['no duplication', { status: 'gone' }, /not duplicated/],
    ['a table that is no follower', { follower: 'foreign' }, /is foreign/],
  ] as const)('given %s, then it is given up before anything is closed, with the reason', (_, view, hint) => {
    const { run } = begin().looks(view);
    expect(run.at).toBe('undoing.working.asking');
    expect(run.context.reason).toMatchObject({
      error: 'BRIDLE_CANNOT_CUT_OVER',
      hint: expect.stringMatching(hint),
    });
  });

  it.each([
    ['the copy is not there yet', { status: 'DS_APP' }],
    ['it is too far behind', { lagDecrees: 101 }],
    ['nobody tells how far', { lagDecrees: -1 }],
    ['it is blocked', { blocked: true }],
    ['a partition is not served', { followerPartitionsMissing: 1 }],
  ] as const)('given %s, then it waits, until the deadline', (_, view) => {
    const { run } = begin().looks(view);
    expect(run.at).toBe('waiting.pausing');
    run.fire('waitingDeadline');
    expect(run.at).toBe('undoing.working.asking');
    expect(run.context.reason).toMatchObject({ error: 'ERR_TIMEOUT', operation: 'waiting' });
  });
});

describe('given an answer that is lost', () => {
  it('given the order to close, then the clusters are looked at, and what they show counts', () => {
    const self = begin({ start: 'fenced' }).answer();
    self.run.fire('requestDeadline');
    expect(self.run.at).toBe('fencing.looking');
    expect(self.looks(CLOSED).run.at).toBe('draining.looking');
  });

  it('given the removal, then it is not asked for again when it has happened', () => {
    const self = upToDeciding().looks(DRAINED).answer();
    self.run.fire('requestDeadline');
    self.looks(GONE).pause();
    expect(self.asked()).toEqual([expect.objectContaining({ kind: 'OpenFollower' })]);
  });

  it('given a late answer to another question, then nothing moves', () => {
    const { run } = begin();
    run.fire('requestDeadline').fire('pause');
    run.send(migrationReply(run.context.requestNo - 1, { view: migrationView() }));
    expect(run).toMatchObject({ at: 'waiting.looking', context: { calmLooks: 0 } });
  });
});

describe('given a failure before the decision', () => {
  const AT: Record<string, () => ReturnType<typeof begin>> = {
    waiting: () => begin(),
    'fencing.recording': () => begin({ start: 'fenced' }),
    'fencing.asking': () => begin({ start: 'fenced' }).answer(),
    'fencing.looking': () => begin({ start: 'fenced' }).answer().answer(),
    draining: () => begin({ start: 'fenced' }).answer().answer().looks(CLOSED),
    verifying: () => begin({ start: 'fenced' }).answer().answer().looks(CLOSED).looks(DRAINED),
    'deciding.looking': () => upToDeciding(),
    'deciding.recording': () => upToDeciding().looks(DRAINED),
  };

  it.each(Object.entries(AT))(
    'given %s, when it is refused, then the source is opened and it ends undone with the reason',
    (_, at) => {
      const self = at().answer({ error: 'ERR_ACL_DENY', hint: 'no' });
      expect(self.asked()).toEqual([expect.objectContaining({ kind: 'OpenWrites' })]);
      self.answer().looks().answer();
      expect(self.run).toMatchObject({
        at: 'undone',
        output: { outcome: 'undone', reason: { error: 'ERR_ACL_DENY', hint: 'no' } },
      });
    },
  );

  it.each(Object.entries(AT).filter(([name]) => name !== 'deciding.recording'))(
    'given %s, when the operator cancels, then it is undone',
    (_, at) => {
      const { run } = at();
      run.send({ type: 'CANCEL' });
      expect(run.at).toBe('undoing.working.asking');
      expect(run.context.reason?.error).toBe('ERR_THREAD_INTERRUPTED');
    },
  );

  it('given rows that differ, then it is undone', () => {
    const { run } = AT.verifying!().answer({ equal: false, hint: '1 missing' });
    expect(run.at).toBe('undoing.working.asking');
    expect(run.context.reason).toMatchObject({ error: 'BRIDLE_ROWS_DIFFER', hint: '1 missing' });
  });

  it('given a fence that somebody lifts, then it is undone', () => {
    expect(AT.draining!().looks({ fence: 'open' }).run.at).toBe('undoing.working.asking');
    expect(AT['deciding.looking']!().looks({ fence: 'open' }).run.at).toBe('undoing.working.asking');
  });

  it('given an undoing that fails for ever, then it is blocked, and tried again when asked to', () => {
    const { run } = AT.draining!().answer({ error: 'ERR_ACL_DENY' });
    for (let round = 0; round < 2 * RETRY.limitAttempts; round++) {
      run.fire(run.leaves.includes('undoing.working.pausing') ? 'pause' : 'requestDeadline');
      if (run.hasTag('blocked')) break;
    }
    expect(run.at).toBe('undoing.blocked');
    expect(run.send({ type: 'RETRY_NOW' }).at).toBe('undoing.working.asking');
  });
});

describe('given the point of no return', () => {
  const decided = () => upToDeciding().looks(DRAINED).answer();

  it('when the operator cancels, then it goes on', () => {
    const { run } = decided();
    run.send({ type: 'CANCEL' });
    expect(run.at).toBe('handingOver.working.ending');
  });

  it('when it is refused, then it is blocked with the trouble, and goes on when asked to', () => {
    const self = decided().answer({ error: 'ERR_ACL_DENY' });
    expect(self.run).toMatchObject({
      at: 'handingOver.blocked',
      context: { trouble: { error: 'ERR_ACL_DENY' } },
    });
    self.run.send({ type: 'RETRY_NOW' });
    expect(self.looks(GONE).pause().asked()).toEqual([expect.objectContaining({ kind: 'OpenFollower' })]);
  });

  it('when it is resumed and the source may take writes, then it is closed, drained and compared once more', () => {
    const self = begin({ start: 'decided' }).looks({ fence: 'open' });
    expect(self.run.at).toBe('fencing.asking');
    self.answer().looks(CLOSED).looks(DRAINED);
    expect(self.run.at).toBe('verifying.comparing');
    self.answer({ equal: false });
    expect(self.run.at).toBe('handingOver.blocked');
  });

  it('when it is resumed after the removal and the source is open, then it is closed before the follower opens', () => {
    const self = begin({ start: 'decided' }).looks({ ...GONE, fence: 'open' });
    expect(self.asked()).toEqual([expect.objectContaining({ kind: 'CloseWrites' })]);
    self.answer().pause().looks(GONE).pause();
    expect(self.asked()).toEqual([expect.objectContaining({ kind: 'OpenFollower' })]);
  });

  it('when it is resumed after everything, then it only says so', () => {
    const self = begin({ start: 'decided' }).looks({ ...GONE, follower: 'ordinary' });
    expect(self.asked()).toEqual([expect.objectContaining({ kind: 'Record', step: 'done' })]);
    self.run.fire('requestDeadline');
    expect(self.run.output).toEqual({ outcome: 'done', reason: null });
  });
});
