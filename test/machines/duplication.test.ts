/** One duplication at the source's meta: two-phase status, operators, recovery, removal. */
import { describe, expect, it } from 'vitest';
import { duplication } from '../../machines/duplication.js';
import type { Confirm, DuplicationInput, Modify } from '../../machines/duplicationRules.js';
import {
  DUPLICATION_STATUSES,
  type DuplicationStatus,
  FAIL_MODES,
  type FailMode,
} from '../../machines/vocabulary.js';
import { type Drive, drive } from '../support/chart.js';
import { duplicationInput, trouble } from '../support/inputs.js';

type Run = Drive<typeof duplication>;
const start = (more: Partial<DuplicationInput> = {}): Run => drive(duplication, duplicationInput(more));
const recovered = (status: DuplicationStatus, more: Partial<DuplicationInput> = {}): Run =>
  start({
    durable: { status, failMode: 'FAIL_SLOW' },
    confirmed: [5, 5],
    requester: null,
    ...more,
  });
const persisted = (run: Run): Run => run.send({ type: 'STATUS_PERSISTED', writeNo: run.context.writeNo });
const failed = (run: Run): Run =>
  run.send({ type: 'STATUS_PERSIST_FAILED', writeNo: run.context.writeNo, error: 'ERR_FS_INTERNAL' });
const confirm = (partition: number, decree: number, more: Partial<Confirm> = {}): Confirm => ({
  type: 'CONFIRM',
  partition,
  decree,
  prepared: true,
  followerHolds: true,
  lastCommitted: decree,
  trouble: null,
  ...more,
});
const modify = (more: Partial<Modify>): Modify => ({ type: 'MODIFY', requester: 'op', ...more });
const prepareAll = (run: Run): Run => {
  for (const partition of [0, 1]) {
    run.send(confirm(partition, 5));
    run.send({ type: 'PROGRESS_PERSISTED', partition, decree: 5 });
  }
  return run;
};
const written = (run: Run) => run.effects('persistStatus').map(({ status }) => status);
/** Where its life is, without the storage beside it. */
const life = (run: Run): string => run.leaves[0]?.replace('living.lifecycle.', '') ?? '';
const storage = (run: Run): string => run.leaves[1]?.replace('living.storage.', '') ?? '';

/** A duplication that is idle in a status. */
const REACH: Record<Exclude<DuplicationStatus, 'DS_INIT'>, () => Run> = {
  DS_PREPARE: () => recovered('DS_PREPARE', { confirmed: [-1, -1] }),
  DS_APP: () => recovered('DS_APP'),
  DS_LOG: () => recovered('DS_LOG'),
  DS_PAUSE: () => recovered('DS_PAUSE'),
  DS_REMOVED: () => recovered('DS_REMOVED'),
};

describe('the whole way', () => {
  it('given a new duplication, when everything works, then it reaches DS_LOG, each status durable before it is visible', () => {
    const run = start();
    expect(written(run)).toEqual(['DS_PREPARE']);
    expect(run.context.status).toBe('DS_INIT');
    expect(run.effects('answer')).toEqual([]);
    persisted(run);
    expect(run.context.status).toBe('DS_PREPARE');
    expect(run.effects('answer')).toEqual([{ requester: 'asker', error: 'ERR_OK' }]);
    expect(life(run)).toBe('DS_PREPARE.checkpointing');

    prepareAll(run);
    expect(life(run)).toBe('DS_PREPARE.creatingFollower');
    expect(run.allSpawned.at(-1)?.input).toMatchObject({ goal: 'adopted', remoteTable: 'users_copy' });
    run.childDone('followerTable');
    expect(written(run)).toEqual(['DS_APP']);
    expect(run.context.status).toBe('DS_PREPARE');
    persisted(run);
    expect(run.context.status).toBe('DS_APP');
    expect(run.allSpawned.at(-1)?.input).toMatchObject({ goal: 'ready' });
    run.childDone('followerTable');
    expect(written(run)).toEqual(['DS_LOG']);
    persisted(run);
    expect(life(run)).toBe('DS_LOG');
    expect(run.context).toMatchObject({ status: 'DS_LOG', next: null, trouble: null, blocked: false });
    expect(run.allEffects('answer').filter(({ requester }) => requester !== null)).toHaveLength(1);
  });

  it('given one partition has no checkpoint yet, then the follower table waits', () => {
    const run = persisted(start())
      .send(confirm(0, 5))
      .send({ type: 'PROGRESS_PERSISTED', partition: 0, decree: 5 });
    expect(life(run)).toBe('DS_PREPARE.checkpointing');
  });

  it('given a checkpoint is reported but its decree is not durable yet, then the follower table waits', () => {
    const run = persisted(start()).send(confirm(0, 5)).send(confirm(1, 5));
    expect(life(run)).toBe('DS_PREPARE.checkpointing');
  });
});

describe('two-phase status (SPEC S-DURABLE-1)', () => {
  it('given a write under way, when another number comes back, then nothing changes', () => {
    const run = start();
    run.send({ type: 'STATUS_PERSISTED', writeNo: run.context.writeNo + 1 });
    run.send({ type: 'STATUS_PERSIST_FAILED', writeNo: run.context.writeNo + 1, error: 'ERR_TIMEOUT' });
    expect(run.context).toMatchObject({ status: 'DS_INIT', trouble: null });
    expect(run.effectNames).toEqual([]);
    expect(storage(run)).toBe('writing');
  });

  it.each(['DS_PREPARE', 'DS_APP', 'DS_LOG'] as const)(
    'given %s is durable, when the answer comes again, then nothing changes (upstream U1)',
    (status) => {
      const run = status === 'DS_PREPARE' ? persisted(start()) : REACH[status]();
      const before = { context: run.context, leaves: run.leaves };
      for (let writeNo = 0; writeNo < 8; writeNo++) {
        run.send({ type: 'STATUS_PERSISTED', writeNo });
        run.send({ type: 'STATUS_PERSIST_FAILED', writeNo, error: 'ERR_TIMEOUT' });
        expect(run.effectNames).toEqual([]);
      }
      expect({ context: run.context, leaves: run.leaves }).toEqual(before);
    },
  );

  it('given a write under way, when an operator asks for something, then ERR_BUSY at once', () => {
    const run = REACH.DS_LOG().send(modify({ status: 'DS_PAUSE' }));
    run.send(modify({ requester: 'other', status: 'DS_REMOVED' }));
    expect(run.effects('answer')).toMatchObject([{ requester: 'other', error: 'ERR_BUSY' }]);
    persisted(run);
    expect(run.effects('answer')).toEqual([{ requester: 'op', error: 'ERR_OK' }]);
    expect(life(run)).toBe('DS_PAUSE');
  });

  it('given storage refuses, then the requester is told, others get ERR_BUSY with the reason, and it is written later', () => {
    const run = failed(REACH.DS_LOG().send(modify({ status: 'DS_PAUSE' })));
    expect(run.effects('answer')).toMatchObject([{ requester: 'op', error: 'ERR_FS_INTERNAL' }]);
    expect(run.context).toMatchObject({
      status: 'DS_LOG',
      storageTrouble: { error: 'ERR_FS_INTERNAL', operation: 'persistStatus' },
    });
    run.send(modify({ requester: 'other', status: 'DS_REMOVED' }));
    expect(run.effects('answer')).toMatchObject([
      { error: 'ERR_BUSY', hint: 'an earlier change cannot be written: ERR_FS_INTERNAL' },
    ]);
    run.fire('storageRetry');
    expect(written(run)).toEqual(['DS_PAUSE']);
    persisted(run);
    expect(run.context).toMatchObject({ status: 'DS_PAUSE', storageTrouble: null });
    expect(run.effects('answer')).toEqual([{ requester: null, error: 'ERR_OK' }]);
  });

  // Defect found by checking: the life went on while the status that was shown stayed behind.
  it('given storage refused, when it turns out to be durable all the same, then it counts as done', () => {
    const run = persisted(failed(REACH.DS_LOG().send(modify({ status: 'DS_PAUSE' }))));
    expect(run.context).toMatchObject({ status: 'DS_PAUSE', next: null, storageTrouble: null });
    expect(life(run)).toBe('DS_PAUSE');
    expect(storage(run)).toBe('idle');
    expect(run.pending('storageRetry')).toBeUndefined();
    expect(run.effects('announce')).toMatchObject([{ what: 'status', status: 'DS_PAUSE' }]);
    expect(persisted(run).effectNames).toEqual([]);
  });

  // Defect found by this test: the wait for storage had no deadline.
  it('given storage does not answer at all, then the requester is told, it is not written twice, and a late answer counts', () => {
    const run = REACH.DS_LOG().send(modify({ status: 'DS_PAUSE' }));
    run.fire('storageRetry');
    expect(run.effects('persistStatus')).toEqual([]);
    expect(run.effects('answer')).toMatchObject([{ requester: 'op', error: 'ERR_TIMEOUT' }]);
    expect(run.context.storageTrouble).toEqual({ error: 'ERR_TIMEOUT', operation: 'persistStatus' });
    persisted(run);
    expect(run.context).toMatchObject({ status: 'DS_PAUSE', storageTrouble: null });
  });

  // Defect found by checking: the next report of the follower table hid that storage hangs.
  it('given storage hangs, when the follower table reports trouble and then progress, then both are told apart (SPEC L-WAIT-1)', () => {
    const run = REACH.DS_APP().send(modify({ failMode: 'FAIL_SKIP' }));
    const slow = { error: 'ERR_TIMEOUT', operation: 'persistStatus' };
    const why = trouble('ERR_ACL_DENY', 'RPC_CM_CREATE_APP');
    run.fire('storageRetry');
    expect(run.sentToChild('watchdog')).toEqual([{ type: 'TROUBLE', error: 'ERR_TIMEOUT' }]);
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    expect(run.context).toMatchObject({ trouble: why, blocked: true, storageTrouble: slow });
    expect(run.effects('announce')).toMatchObject([{ what: 'blocked', trouble: why }]);
    expect(run.sentToChild('watchdog')).toEqual([{ type: 'TROUBLE', error: 'ERR_ACL_DENY' }]);
    run.send({ type: 'STUCK', reason: 'no-progress', error: 'ERR_TIMEOUT' });
    expect(run.effects('announce')).toMatchObject([{ what: 'blocked', trouble: slow }]);
    run.send({ type: 'RECOVERED' }).send({ type: 'FOLLOWER_PROGRESS' });
    expect(run.context).toMatchObject({ trouble: null, blocked: false, storageTrouble: slow });
    expect(run.effects('announce')).toMatchObject([{ what: 'recovered', trouble: slow }]);
    persisted(run);
    expect(run.context).toMatchObject({ failMode: 'FAIL_SKIP', storageTrouble: null });
  });

  // Defect found by this test: the end of a write forgot the follower's trouble but stayed blocked.
  it('given the follower table is blocked, when a fail mode is written, then the reason stays', () => {
    const run = REACH.DS_APP();
    const why = trouble('BRIDLE_FOREIGN_TABLE', 'RPC_CM_LIST_APPS');
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    persisted(run.send(modify({ failMode: 'FAIL_SKIP' })));
    expect(run.context).toMatchObject({ blocked: true, trouble: why, failMode: 'FAIL_SKIP' });
  });
});

describe('recovery', () => {
  it('given no record, then it begins with DS_PREPARE', () => {
    expect(written(start())).toEqual(['DS_PREPARE']);
  });

  it.each([
    ['DS_PREPARE', 'DS_PREPARE.checkpointing', []],
    ['DS_APP', 'DS_APP.waitingReady', []],
    ['DS_LOG', 'DS_LOG', []],
    ['DS_PAUSE', 'DS_PAUSE', []],
    ['DS_REMOVED', 'DS_REMOVED.deletingRecord', ['deleteRecord']],
  ] as const)('given %s is durable, then it goes on in %s', (status, at, effects) => {
    const run = REACH[status]();
    expect(life(run)).toBe(at);
    expect(run.effectNames).toEqual(effects);
    expect(run.context.status).toBe(status);
  });

  it('given DS_APP, when no replica ever reports prepared again, then it still reaches DS_LOG (upstream U2)', () => {
    const run = REACH.DS_APP();
    expect(run.context.prepared).toEqual([false, false]);
    persisted(run.childDone('followerTable'));
    expect(run.context.status).toBe('DS_LOG');
  });

  it('given DS_PREPARE with decrees but no prepared flags, when they are reported again, then it goes on', () => {
    const run = recovered('DS_PREPARE');
    expect(life(run)).toBe('DS_PREPARE.checkpointing');
    run.send(confirm(0, 5)).send(confirm(1, 5));
    expect(life(run)).toBe('DS_PREPARE.creatingFollower');
  });
});

type Request = Exclude<DuplicationStatus, 'DS_INIT'> | FailMode;
/** What a request leads to: written, already so, or refused with these words in the hint. */
type Answer = 'written' | 'as it is' | { refused: string };
const NOT_LEGAL_IN = (status: string, verbs: string): { refused: string } => ({
  refused: `legal in ${status}: ${verbs}`,
});
const IN_PREPARE = NOT_LEGAL_IN('DS_PREPARE', 'remove, fail-mode');
const IN_APP = NOT_LEGAL_IN('DS_APP', 'remove, fail-mode');
const IN_LOG = NOT_LEGAL_IN('DS_LOG', 'pause, remove, fail-mode');
const IN_PAUSE = NOT_LEGAL_IN('DS_PAUSE', 'start, remove, fail-mode');
const BEING_REMOVED = { refused: 'it is being removed' };
const FAST = { refused: 'FAIL_FAST ends the server' };

const OPERATOR: Record<Exclude<DuplicationStatus, 'DS_INIT'>, Record<Request, Answer>> = {
  DS_PREPARE: {
    DS_PREPARE: 'as it is',
    DS_APP: IN_PREPARE,
    DS_LOG: { refused: 'log shipping starts by itself' },
    DS_PAUSE: IN_PREPARE,
    DS_REMOVED: 'written',
    FAIL_SLOW: 'as it is',
    FAIL_SKIP: 'written',
    FAIL_FAST: FAST,
  },
  DS_APP: {
    DS_PREPARE: IN_APP,
    DS_APP: 'as it is',
    DS_LOG: { refused: 'log shipping starts by itself' },
    DS_PAUSE: IN_APP,
    DS_REMOVED: 'written',
    FAIL_SLOW: 'as it is',
    FAIL_SKIP: 'written',
    FAIL_FAST: FAST,
  },
  DS_LOG: {
    DS_PREPARE: IN_LOG,
    DS_APP: IN_LOG,
    DS_LOG: 'as it is',
    DS_PAUSE: 'written',
    DS_REMOVED: 'written',
    FAIL_SLOW: 'as it is',
    FAIL_SKIP: 'written',
    FAIL_FAST: FAST,
  },
  DS_PAUSE: {
    DS_PREPARE: IN_PAUSE,
    DS_APP: IN_PAUSE,
    DS_LOG: 'written',
    DS_PAUSE: 'as it is',
    DS_REMOVED: 'written',
    FAIL_SLOW: 'as it is',
    FAIL_SKIP: 'written',
    FAIL_FAST: FAST,
  },
  DS_REMOVED: {
    DS_PREPARE: BEING_REMOVED,
    DS_APP: BEING_REMOVED,
    DS_LOG: BEING_REMOVED,
    DS_PAUSE: BEING_REMOVED,
    DS_REMOVED: BEING_REMOVED,
    FAIL_SLOW: BEING_REMOVED,
    FAIL_SKIP: BEING_REMOVED,
    FAIL_FAST: BEING_REMOVED,
  },
};

describe('what an operator asks for (SPEC L-OBEY-1)', () => {
  for (const status of Object.keys(OPERATOR) as (keyof typeof OPERATOR)[]) {
    it.each(Object.keys(OPERATOR[status]) as Request[])(
      `given ${status}, when %s is asked for, then the table holds`,
      (request) => {
        const run = REACH[status]();
        const isMode = (FAIL_MODES as readonly string[]).includes(request);
        run.send(
          modify(isMode ? { failMode: request as FailMode } : { status: request as DuplicationStatus }),
        );
        const outcome = OPERATOR[status][request];
        if (outcome === 'written') {
          expect(run.effects('answer')).toEqual([]);
          expect(run.effects('persistStatus')).toMatchObject([
            isMode ? { status, failMode: request } : { status: request },
          ]);
          expect(run.context.status).toBe(status);
          persisted(run);
          expect(run.context.status).toBe(isMode ? status : request);
          expect(run.effects('answer')).toEqual([{ requester: 'op', error: 'ERR_OK' }]);
          return;
        }
        expect(run.effects('persistStatus')).toEqual([]);
        const [said] = run.effects('answer');
        if (outcome === 'as it is') expect(said).toEqual({ requester: 'op', error: 'ERR_OK' });
        else expect(said.hint).toContain(outcome.refused);
      },
    );
  }

  it('given a pause, when everything else happens, then it stays paused until an operator acts (SPEC S-PAUSE-1)', () => {
    const run = REACH.DS_PAUSE();
    run.send(confirm(0, 99, { lastCommitted: 500 })).send({ type: 'FOLLOWER_PROGRESS' });
    run.send({ type: 'STUCK', reason: 'no-progress', error: null }).send({ type: 'RECOVERED' });
    run.send({ type: 'RETRY_NOW' }).send({ type: 'RECORD_DELETED' });
    run.send({ type: 'STATUS_PERSISTED', writeNo: run.context.writeNo });
    expect(life(run)).toBe('DS_PAUSE');
    expect(run.allEffects('persistStatus')).toEqual([]);
  });

  it('given a fail mode was set in DS_PREPARE, then it survives every transition', () => {
    const run = persisted(start());
    persisted(run.send(modify({ failMode: 'FAIL_SKIP' })));
    persisted(prepareAll(run).childDone('followerTable'));
    persisted(run.childDone('followerTable'));
    persisted(run.send(modify({ status: 'DS_PAUSE' })));
    persisted(run.send(modify({ status: 'DS_LOG' })));
    expect(run.context).toMatchObject({ status: 'DS_LOG', failMode: 'FAIL_SKIP' });
    const modes = run.allEffects('persistStatus').map(({ failMode }) => failMode);
    expect(modes.slice(1)).toEqual(modes.slice(1).map(() => 'FAIL_SKIP'));
  });

  it('given a fail mode is being written when the next status is due, then that status follows', () => {
    const run = prepareAll(persisted(start()));
    run.send(modify({ failMode: 'FAIL_SKIP' })).childDone('followerTable');
    expect(life(run)).toBe('DS_PREPARE.leaving');
    expect(written(run)).toEqual([]);
    persisted(run);
    expect(written(run)).toEqual(['DS_APP']);
    persisted(run);
    expect(run.context).toMatchObject({ status: 'DS_APP', failMode: 'FAIL_SKIP' });
  });

  it('given a removal is being written when the next status is due, then the removal wins', () => {
    const run = prepareAll(persisted(start()));
    run.send(modify({ status: 'DS_REMOVED' })).childDone('followerTable');
    persisted(run);
    expect(run.context.status).toBe('DS_REMOVED');
    expect(life(run)).toBe('DS_REMOVED.deletingRecord');
  });

  it('given a blocked follower table, when RETRY_NOW comes, then it is passed on', () => {
    const run = REACH.DS_APP().send({ type: 'RETRY_NOW' });
    expect(run.sentToChild('followerTable')).toEqual([{ type: 'RETRY_NOW' }]);
  });
});

describe('removal (SPEC L-RELEASE-1)', () => {
  it('given keep, then the record is deleted and everything is released', () => {
    const run = persisted(REACH.DS_LOG().send(modify({ status: 'DS_REMOVED' })));
    expect(run.effects('deleteRecord')).toHaveLength(1);
    run.send({ type: 'RECORD_DELETED' });
    expect(run.at).toBe('released');
    expect(run.stopped).toEqual(['watchdog']);
  });

  it('given drop, then the follower table goes first, and the wish is durable', () => {
    const run = REACH.DS_LOG().send(modify({ status: 'DS_REMOVED', onRemove: 'drop' }));
    expect(run.effects('persistStatus')).toMatchObject([{ status: 'DS_REMOVED', onRemove: 'drop' }]);
    persisted(run);
    expect(life(run)).toBe('DS_REMOVED.droppingFollower');
    expect(run.spawned.at(-1)?.input).toMatchObject({ goal: 'dropped' });
    run.childDone('followerTable');
    expect(run.effects('deleteRecord')).toHaveLength(1);
  });

  it('given deleting the record gets no answer, then it is repeated and the trouble is visible', () => {
    const run = REACH.DS_REMOVED();
    for (let round = 0; round < 5; round++) {
      run.fire('storageRetry');
      expect(run.effects('deleteRecord')).toHaveLength(1);
      expect(run.context.storageTrouble).toEqual({ error: 'ERR_TIMEOUT', operation: 'deleteRecord' });
    }
    expect(run.send({ type: 'RECORD_DELETED' }).at).toBe('released');
  });

  it.each(['DS_PREPARE', 'DS_APP'] as const)(
    'given %s with a follower table being made, when it is removed, then that stops',
    (status) => {
      const run = status === 'DS_APP' ? REACH.DS_APP() : prepareAll(persisted(start()));
      expect(run.children).toContain('followerTable');
      persisted(run.send(modify({ status: 'DS_REMOVED' })));
      expect(run.stopped).toContain('followerTable');
      expect(run.children).not.toContain('followerTable');
    },
  );
});

describe('confirmed decrees (SPEC S-MONO-1)', () => {
  it('given reports go up, down and repeat, then only new ones are written and the durable one never falls', () => {
    const run = REACH.DS_LOG();
    run.send(confirm(0, 9));
    expect(run.effects('persistProgress')).toEqual([{ partition: 0, decree: 9 }]);
    run.send(confirm(0, 9)).send(confirm(0, 3));
    expect(run.allEffects('persistProgress')).toHaveLength(1);
    run.send({ type: 'PROGRESS_PERSISTED', partition: 0, decree: 9 });
    run.send({ type: 'PROGRESS_PERSISTED', partition: 0, decree: 4 });
    expect(run.context.confirmed).toEqual([9, 5]);
  });

  // Defect: a source replica that restarted in DS_PREPARE prepares a newer checkpoint, whose decree was confirmed
  // too. A follower that had copied the first one already (its creation's reply was lost) then missed the log between.
  // Found by exploring the product: the same report, told in DS_LOG before the follower was asked, or told late.
  it.each(['DS_PREPARE', 'DS_APP', 'DS_LOG'] as const)(
    'given the first checkpoint is confirmed in %s, when a newer one is prepared, then the log is kept from the first on',
    (status) => {
      const run = recovered(status, { confirmed: [5, 5] });
      run.send(confirm(0, 900, { followerHolds: false }));
      expect(run.effects('persistProgress')).toEqual([]);
      expect(run.context.writing).toEqual([5, 5]);
    },
  );

  it('given a decree could not be written, when it is reported again, then it is written again', () => {
    const run = REACH.DS_LOG().send(confirm(0, 9));
    run.send({ type: 'PROGRESS_PERSIST_FAILED', partition: 0, error: 'ERR_FS_INTERNAL' });
    run.send(confirm(0, 9));
    expect(run.effects('persistProgress')).toEqual([{ partition: 0, decree: 9 }]);
  });

  it.each([-1, 2, 1.5, Number.NaN])(
    'given partition %d does not exist, then its reports change nothing',
    (partition) => {
      const run = REACH.DS_LOG();
      const before = run.context;
      run.send(confirm(partition, 99)).send({ type: 'PROGRESS_PERSISTED', partition, decree: 99 });
      expect(run.context).toEqual(before);
      expect(run.allEffects('persistProgress')).toEqual([]);
    },
  );
});

describe('the watchdog', () => {
  const told = (run: Run) => run.sentToChild('watchdog').map((event) => event.type);

  it.each([
    ['DS_PREPARE', ['EXPECT']],
    ['DS_APP', ['EXPECT']],
    ['DS_LOG', ['EXPECT']],
    ['DS_PAUSE', ['QUIET']],
    ['DS_REMOVED', ['QUIET']],
  ] as const)('given %s, then it is told %j', (status, events) => {
    expect(told(REACH[status]())).toEqual(events);
  });

  // Defect found by simulation: log shipping began calm, whoever was behind; a source that then died was never missed.
  describe('given DS_LOG begins', () => {
    const beginning = (...reports: Confirm[]): Run => {
      const run = REACH.DS_APP();
      for (const report of reports) run.send(report);
      return persisted(run.childDone('followerTable'));
    };
    const expected = (run: Run) => run.sentToChild('watchdog').filter(({ type }) => type !== 'PROGRESS');

    it.each([
      ['everybody has caught up', [confirm(0, 5), confirm(1, 5)], [{ type: 'QUIET' }]],
      [
        'one is behind',
        [confirm(0, 5), confirm(1, 5, { lastCommitted: 21 })],
        [{ type: 'EXPECT', stage: 'ship', lagging: [1] }],
      ],
      [
        'one is in trouble',
        [confirm(0, 5, { trouble: trouble('ERR_DISK_IO_ERROR') }), confirm(1, 5)],
        [{ type: 'EXPECT', stage: 'ship', lagging: [] }],
      ],
      ['one was never heard of', [confirm(0, 5)], [{ type: 'EXPECT', stage: 'ship', lagging: [1] }]],
    ] as const)('when %s, then the watchdog is told so', (_, reports, told) => {
      expect(expected(beginning(...reports))).toEqual(told);
    });

    it('when the meta server has started again, then it is calm only when every partition has been heard of', () => {
      const run = REACH.DS_LOG();
      expect(expected(run)).toEqual([{ type: 'EXPECT', stage: 'ship', lagging: [0, 1] }]);
      expect(expected(run.send(confirm(0, 5)))).toEqual([]);
      expect(expected(run.send(confirm(1, 5, { lastCommitted: -1 })))).toEqual([
        { type: 'EXPECT', stage: 'ship', lagging: [1] },
      ]);
      expect(expected(run.send(confirm(1, 5)))).toEqual([{ type: 'QUIET' }]);
    });
  });

  it('given a new duplication, then progress is expected at once', () => {
    expect(told(start())).toEqual(['EXPECT']);
  });

  it('given DS_LOG, when a partition lags, catches up, or is in trouble, then it is told', () => {
    const run = REACH.DS_LOG().send(confirm(1, 5));
    expect(told(run.send(confirm(0, 5, { lastCommitted: 50 })))).toEqual(['EXPECT']);
    expect(told(run.send(confirm(0, 5, { trouble: trouble('ERR_TIMEOUT') })))).toEqual(['EXPECT', 'TROUBLE']);
    expect(told(run.send(confirm(0, 9)))).toEqual(['EXPECT']);
    expect(told(run.send({ type: 'PROGRESS_PERSISTED', partition: 0, decree: 9 }))).toEqual(['PROGRESS']);
    expect(told(run.send(confirm(0, 9)))).toEqual(['QUIET']);
  });

  // Defect found by this test: any partition that had caught up quieted it for all.
  it('given one partition lags, when the other has caught up, then it is not quieted', () => {
    const run = REACH.DS_LOG().send(confirm(0, 5, { lastCommitted: 50 }));
    expect(told(run.send(confirm(1, 5)))).toEqual([]);
  });

  // Defect found by this test: progress of one partition hid the trouble of another.
  it('given one partition is in trouble, when the other moves, then that is no progress', () => {
    const run = REACH.DS_LOG().send(confirm(0, 5, { trouble: trouble('BRIDLE_GAP') }));
    run.send(confirm(1, 9));
    expect(told(run.send({ type: 'PROGRESS_PERSISTED', partition: 1, decree: 9 }))).toEqual([]);
    run.send(confirm(0, 5));
    run.send(confirm(1, 10));
    expect(told(run.send({ type: 'PROGRESS_PERSISTED', partition: 1, decree: 10 }))).toEqual(['PROGRESS']);
  });

  it('given each stage, then the watchdog hears which, and in DS_LOG who lags', () => {
    const expected = (run: Run) => run.sentToChild('watchdog').find(({ type }) => type === 'EXPECT');
    const run = start();
    expect(expected(run)).toMatchObject({ stage: 'prepare', lagging: [] });
    expect(expected(prepareAll(persisted(run)))).toMatchObject({ stage: 'create' });
    expect(expected(persisted(run.childDone('followerTable')))).toMatchObject({ stage: 'copy' });
    persisted(run.childDone('followerTable'));
    expect(told(run)).toContain('QUIET');
    run.send(confirm(0, 5, { lastCommitted: 50 }));
    expect(expected(run)).toMatchObject({ stage: 'ship', lagging: [0] });
    run.send(confirm(1, 5, { lastCommitted: 9 })).send(confirm(1, 8, { lastCommitted: 9 }));
    expect(expected(run)).toMatchObject({ stage: 'ship', lagging: [0, 1] });
    run.send({ type: 'PROGRESS_PERSISTED', partition: 1, decree: 9 });
    expect(run.sentToChild('watchdog')).toEqual([{ type: 'PROGRESS', partition: 1, lagging: [0] }]);
  });

  it('given it speaks up and calms down, then both are announced', () => {
    const run = REACH.DS_APP().send({ type: 'STUCK', reason: 'same-error', error: 'ERR_TIMEOUT' });
    expect(run.context.stuck).toBe('same-error');
    expect(run.effects('announce')).toMatchObject([{ what: 'blocked' }]);
    run.send({ type: 'RECOVERED' });
    expect(run.context.stuck).toBe(null);
    expect(run.effects('announce')).toMatchObject([{ what: 'recovered' }]);
  });

  it('given the follower table blocks, then that is announced once, and its recovery once', () => {
    const run = REACH.DS_APP();
    const why = trouble('ERR_ACL_DENY', 'RPC_CM_CREATE_APP');
    const told = () => run.allEffects('announce').map(({ what }) => what);
    const before = told().length;
    const since = () => told().slice(before);
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: false });
    expect(since()).toEqual([]);
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    expect(run.effects('announce')).toMatchObject([{ what: 'blocked', trouble: why, stuck: null }]);
    // Rechecks: blocked again, or another failure and then blocked again.
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: trouble('ERR_TIMEOUT', 'x'), blocked: false });
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    expect(since()).toEqual(['blocked']);
    run.send({ type: 'FOLLOWER_PROGRESS' }).send({ type: 'FOLLOWER_PROGRESS' });
    expect(since()).toEqual(['blocked', 'recovered']);
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true }).childDone('followerTable');
    expect(since()).toEqual(['blocked', 'recovered', 'blocked', 'recovered']);
  });

  it('given it blocks and the watchdog speaks up too, then the recovery is announced once', () => {
    const run = REACH.DS_APP();
    const why = trouble('ERR_ACL_DENY', 'RPC_CM_CREATE_APP');
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    run.send({ type: 'STUCK', reason: 'same-error', error: 'ERR_ACL_DENY' });
    const before = run.allEffects('announce').length;
    run.send({ type: 'FOLLOWER_PROGRESS' }).send({ type: 'RECOVERED' });
    const after = run.allEffects('announce').slice(before);
    expect(after.map(({ what }) => what)).toEqual(['recovered']);
  });

  it('given only the wish for the follower table changes, then it is written before it is answered', () => {
    const run = REACH.DS_LOG().send(modify({ onRemove: 'drop' }));
    expect(run.effects('persistStatus')).toMatchObject([{ status: 'DS_LOG', onRemove: 'drop' }]);
    expect(run.effects('answer')).toEqual([]);
    expect(persisted(run).effects('answer')).toMatchObject([{ error: 'ERR_OK' }]);
    expect(life(run)).toBe('DS_LOG');
  });

  it('given it is removed while blocked, then the removal is no recovery', () => {
    const run = REACH.DS_APP();
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: trouble('ERR_ACL_DENY', 'x'), blocked: true });
    const before = run.allEffects('announce').length;
    persisted(run.send(modify({ status: 'DS_REMOVED' })));
    const after = run.allEffects('announce').slice(before);
    expect(after.map(({ what }) => what)).toEqual(['status']);
    expect(run.context.blockAnnounced).toBe(false);
  });

  it('given the follower table’s trouble, then it is shown and passed on; its progress clears it', () => {
    const run = REACH.DS_APP();
    const why = trouble('ERR_ACL_DENY', 'RPC_CM_CREATE_APP');
    run.send({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: true });
    expect(run.context).toMatchObject({ trouble: why, blocked: true });
    expect(run.sentToChild('watchdog')).toEqual([{ type: 'TROUBLE', error: 'ERR_ACL_DENY' }]);
    run.send({ type: 'FOLLOWER_PROGRESS' });
    expect(run.context).toMatchObject({ trouble: null, blocked: false });
  });
});

it('given each status, then exactly one tag names it', () => {
  for (const status of DUPLICATION_STATUSES) {
    const run = status === 'DS_INIT' ? start() : REACH[status]();
    expect(DUPLICATION_STATUSES.filter((each) => run.hasTag(each))).toEqual([status]);
  }
});
