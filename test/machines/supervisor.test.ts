import { describe, expect, it } from 'vitest';
import { supervisor } from '../../machines/supervisor.js';
import type { FollowerClaim, SupervisionView } from '../../machines/supervisorHeals.js';
import type { SupervisorInput } from '../../machines/supervisorSetup.js';
import {
  NOTHING_REMEMBERED,
  type SupervisionMemory,
  type SupervisionReply,
  type SupervisionRequest,
} from '../../machines/supervisorVerdict.js';
import { drive } from '../support/chart.js';
import { RETRY, supervisionReply, supervisionView, supervisorInput } from '../support/inputs.js';

const begin = (more: Partial<SupervisorInput> = {}) => {
  const run = drive(supervisor, supervisorInput(more));
  const self = {
    run,
    answer: (body: Partial<SupervisionReply> = {}) => {
      run.send(supervisionReply(run.context.requestNo, body));
      return self;
    },
    looks: (view: Partial<SupervisionView> = {}) => self.answer({ view: supervisionView(view) }),
    /** Looks until it has been quiet for as long as it may. */
    quiet: (view: Partial<SupervisionView>) => {
      for (let look = 0; look < 4 && run.matches('looking'); look++) {
        self.looks(view);
        if (run.matches('pausing')) run.fire('pause');
      }
      return self;
    },
    asked: (): SupervisionRequest[] => run.allEffects('askSupervision').map(({ request }) => request),
    kinds: (): string[] =>
      self.asked().map((request) => (request.kind === 'Record' ? request.memory.step : request.kind)),
  };
  return self;
};

const table = (claim: FollowerClaim, appId = 2, owner: string | null = 'east/users/7') => ({
  follower: claim === 'absent' ? { claim, appId: 0, owner: null } : { claim, appId, owner },
});
const NOTHING = {};
const PREPARING = { status: 'DS_PREPARE', dupid: 7 } as const;
const SHIPS = { status: 'DS_LOG', dupid: 7, ...table('own') } as const;
const TRACKING: SupervisionMemory = { ...NOTHING_REMEMBERED, step: 'tracking', dupid: 7, made: [7] };
const tracking = (more: Partial<SupervisorInput> = {}) => begin({ memory: TRACKING, ...more });

describe('given two clusters and no duplication', () => {
  it('when all goes well, then each step is asked for once, in order, and the journal goes ahead of it', () => {
    const self = begin({ verify: true });
    self.looks(NOTHING).answer({ path: 'open' }).answer().answer();
    self.looks(PREPARING).answer();
    self.looks(PREPARING).run.fire('pause');
    self.looks(SHIPS).answer({ equal: true });
    expect(self.kinds()).toEqual([
      ...['Look', 'Preflight', 'adding', 'Add', 'Look', 'tracking', 'Look', 'Look', 'Verify'],
    ]);
    expect(self.run).toMatchObject({ at: 'done', output: { outcome: 'reached', reason: null } });
    expect(self.run.context.memory).toMatchObject({ dupid: 7, made: [7], heals: 0 });
  });

  it('when there is one already, then it is adopted, and not counted as made from here', () => {
    const self = begin().looks(PREPARING).answer();
    expect(self.run.context.memory).toMatchObject({ step: 'tracking', dupid: 7, made: [] });
    expect(self.kinds()).not.toContain('Add');
  });

  it('when a way is shut, then nothing is added until it is open, and the wait has an end', () => {
    const self = begin().looks(NOTHING).answer({ path: 'blocked', hint: 'rule 1 of east' });
    expect(self.run.at).toBe('checking.pausing');
    expect(self.run.context.trouble).toMatchObject({ error: 'BRIDLE_PREFLIGHT', hint: 'rule 1 of east' });
    self.run.fire('pathRecheck');
    expect(self.answer({ path: 'open' }).run.at).toBe('recording');

    const late = begin().looks(NOTHING).answer({ path: 'blocked', hint: 'rule 1 of east' });
    late.run.fire('patience');
    expect(late.run).toMatchObject({
      at: 'gaveUp',
      output: { outcome: 'handedOver', reason: { error: 'BRIDLE_PREFLIGHT', hint: 'rule 1 of east' } },
    });
  });

  it('when no waiting helps, then it is handed over with what the preflight says', () => {
    const { run } = begin().looks(NOTHING).answer({ path: 'refused', hint: 'too few nodes' });
    expect(run.output).toMatchObject({ reason: { error: 'BRIDLE_PREFLIGHT', hint: 'too few nodes' } });
  });

  it('when the answer to the addition is lost, then what is there counts', () => {
    const self = begin().looks(NOTHING).answer({ path: 'open' }).answer();
    self.run.fire('requestDeadline').fire('pause');
    self.looks(PREPARING).answer();
    expect(self.run.context.memory.made).toEqual([7]);
    expect(self.kinds().filter((kind) => kind === 'Add')).toHaveLength(1);
  });

  it('when the addition fails for ever, then it ends with the last error', () => {
    const self = begin();
    for (let round = 0; round < 50 && self.run.status === 'active'; round++) {
      self.looks(NOTHING).answer({ path: 'open' }).answer().answer({ error: 'ERR_BUSY' });
      if (self.run.at === 'pausing') self.run.fire('pause');
    }
    expect(self.run.output).toMatchObject({ reason: { error: 'ERR_BUSY', operation: 'Add' } });
    expect(self.kinds().filter((kind) => kind === 'Add')).toHaveLength(RETRY.limitAttempts);
  });

  it('when a table has come meanwhile, then it is looked at and not added to', () => {
    const self = begin().looks(NOTHING).answer({ path: 'open' }).answer().answer({ error: 'ERR_APP_EXIST' });
    expect(self.run.at).toBe('looking');
    expect(self.looks(table('foreign', 4, null)).run.output).toMatchObject({
      reason: { error: 'BRIDLE_FOREIGN_TABLE' },
    });
  });
});

describe('given a duplication that cannot take up the table it has made (apache/incubator-pegasus#2146)', () => {
  const STUCK = { ...PREPARING, ...table('orphan', 2, null) };
  const GONE = table('orphan', 2, null);

  it('when nobody has allowed it, then nothing is taken away, and the permission is named', () => {
    const self = tracking().quiet(STUCK);
    expect(self.run.output).toMatchObject({
      reason: { error: 'BRIDLE_NEEDS_PERMISSION', operation: 'drop-orphan' },
    });
    expect(self.kinds()).toEqual(Array(4).fill('Look'));
  });

  it('when it still gets on, then it is given its time', () => {
    const self = tracking({ heal: ['drop-orphan'] });
    for (let progress = 1; progress < 9; progress++) {
      self.looks({ ...STUCK, progress });
      expect(self.run.at).toBe('pausing');
      self.run.fire('pause');
    }
  });

  it('when it is allowed, then it is written down, removed, dropped by its id, and added again', () => {
    const self = tracking({ heal: ['drop-orphan'] })
      .quiet(STUCK)
      .answer();
    self.looks(STUCK).answer().looks(GONE).answer().looks(NOTHING).answer();
    self.looks(NOTHING).answer({ path: 'open' }).answer().answer();
    self.looks({ ...PREPARING, dupid: 8 }).answer();
    expect(self.kinds().slice(4)).toEqual([
      ...['healing', 'Look', 'Remove', 'Look', 'Drop', 'Look', 'cleared'],
      ...['Look', 'Preflight', 'adding', 'Add', 'Look', 'tracking', 'Look'],
    ]);
    expect(self.asked()).toContainEqual(expect.objectContaining({ kind: 'Remove', dupid: 7 }));
    expect(self.asked()).toContainEqual(expect.objectContaining({ kind: 'Drop', appId: 2, owner: null }));
    expect(self.run.context.memory).toMatchObject({ dupid: 8, made: [7, 8], heals: 1, heal: null });
  });

  it('when an answer is lost, then what is gone is not taken away again', () => {
    const self = tracking({ heal: ['drop-orphan'] })
      .quiet(STUCK)
      .answer()
      .looks(STUCK);
    self.run.fire('requestDeadline').fire('pause');
    self.looks(GONE);
    self.run.fire('requestDeadline').fire('pause');
    self.looks(NOTHING);
    expect(self.kinds().filter((kind) => kind === 'Remove' || kind === 'Drop')).toEqual(['Remove', 'Drop']);
    expect(self.run.at).toBe('recording');
  });

  it('when it has not helped as often as it may, then it is not tried again', () => {
    const self = begin({ memory: { ...TRACKING, heals: 2 }, heal: ['drop-orphan'] }).quiet(STUCK);
    expect(self.run.output).toMatchObject({
      reason: { hint: expect.stringMatching(/2 healings did not help/) },
    });
  });

  describe('given a run that died in the middle', () => {
    const HEAL = { kind: 'drop-orphan', dupid: 7, appId: 2, owner: null } as const;
    const memory: SupervisionMemory = { ...TRACKING, step: 'healing', heal: HEAL, heals: 1 };
    const resumed = (heal: SupervisorInput['heal'] = ['drop-orphan']) => begin({ memory, heal });

    it.each([
      ['it is as it was', STUCK, 'removing'],
      ['the duplication is gone', GONE, 'dropping'],
      ['both are gone', NOTHING, 'recording'],
      ['it went on by itself', SHIPS, 'recording'],
      ['it was taken up', { ...PREPARING, ...table('own') }, 'recording'],
      ['another table is there', table('foreign', 3, null), 'recording'],
      ['the table has changed hands', table('foreign', 2, 'south/users/1'), 'recording'],
      ['another duplication is there', { ...PREPARING, dupid: 9 }, 'recording'],
      ['somebody has paused it', { ...SHIPS, status: 'DS_PAUSE' }, 'gaveUp'],
    ] as const)('when %s, then it goes on from there', (_, view, at) => {
      const self = resumed().looks(view);
      expect(self.run.at).toBe(at);
      if (at === 'recording') expect(self.kinds().at(-1)).toBe('cleared');
    });

    it.each([STUCK, GONE])('when the permission is not given again, then it stops there', (view) => {
      const self = resumed([]).looks(view);
      expect(self.run.output).toMatchObject({ reason: { error: 'BRIDLE_NEEDS_PERMISSION' } });
      expect(self.kinds()).toEqual(['Look']);
    });
  });
});

describe('given a table of somebody else', () => {
  it.each([
    ['before anything is added', begin, table('foreign', 4, 'south/users/1')],
    ['for a duplication that is stuck', tracking, { ...PREPARING, ...table('foreign', 4, 'south/users/1') }],
  ] as const)(
    '%s, when everything is allowed, then it is left alone and its owner is named',
    (_, at, view) => {
      const self = at({ heal: ['drop-orphan', 'drop-leftover', 'recopy'] }).quiet(view);
      expect(self.run.output).toMatchObject({
        reason: { error: 'BRIDLE_FOREIGN_TABLE', hint: expect.stringContaining('south/users/1') },
      });
      expect(self.kinds().filter((kind) => kind !== 'Look')).toEqual([]);
    },
  );

  it('given a copy that an earlier duplication has left, then the permission for an orphan is not enough', () => {
    const left = table('leftover', 3, 'east/users/5');
    expect(begin({ heal: ['drop-orphan'] }).looks(left).run.output).toMatchObject({
      reason: { error: 'BRIDLE_NEEDS_PERMISSION', operation: 'drop-leftover' },
    });
    const self = begin({ heal: ['drop-leftover'] })
      .looks(left)
      .answer()
      .looks(left);
    expect(self.asked().at(-1)).toMatchObject({ kind: 'Drop', appId: 3, owner: 'east/users/5' });
  });
});

describe('given what an operator has decided', () => {
  it('when it is paused, then it is never started and never removed, and that is said', () => {
    const self = tracking({ heal: ['drop-orphan', 'drop-leftover', 'recopy'] });
    self.looks({ ...SHIPS, status: 'DS_PAUSE', skippedMutations: 3 });
    expect(self.run.output).toMatchObject({ reason: { error: 'BRIDLE_PAUSED' } });
    expect(self.kinds()).toEqual(['Look']);
  });

  it('when it was removed, then it is not added behind their back', () => {
    expect(tracking().looks(NOTHING).run.output).toMatchObject({
      reason: { error: 'BRIDLE_DUPLICATION_GONE' },
    });
  });

  it('when it was removed and added again by hand, then that one is looked after', () => {
    const self = tracking()
      .looks({ ...SHIPS, dupid: 9 })
      .answer();
    expect(self.run.context.memory).toMatchObject({ dupid: 9, made: [7] });
  });
});

describe('given a duplication that stands still', () => {
  const SHUT = { ...PREPARING, blocked: true, trouble: { error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY' } };

  it('when a way is shut, then it waits, and has the source try again as soon as it is open', () => {
    const self = tracking().looks(SHUT).answer({ path: 'blocked', hint: 'rule 1 of east' });
    self.run.fire('pathRecheck');
    self.answer({ path: 'open' });
    expect(self.asked().at(-1)).toMatchObject({ kind: 'Retry', dupid: 7 });
    expect(self.answer().run.at).toBe('pausing');
  });

  it('when every way is open and it does not help, then it is handed over with what the source says', () => {
    const self = tracking();
    for (let round = 0; round < 30 && self.run.status === 'active'; round++) {
      self.looks(SHUT);
      if (self.run.at === 'checking.probing') self.answer({ path: 'open' }).answer();
      if (self.run.at === 'pausing') self.run.fire('pause');
    }
    expect(self.run.output).toMatchObject({ reason: { error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY' } });
  });

  it('when it is no matter of ways, then nothing is tried', () => {
    const trouble = { error: 'ERR_DISK_INSUFFICIENT', operation: 'installCheckpoint' };
    const self = tracking().looks({ ...PREPARING, blocked: true, trouble });
    expect(self.run.output).toMatchObject({ reason: trouble });
  });

  it('when the source does not answer, then it is asked less and less often, and not for ever', () => {
    const self = tracking();
    const waits: number[] = [];
    for (let round = 0; round < 30 && self.run.status === 'active'; round++) {
      self.run.fire('requestDeadline');
      if (self.run.at !== 'pausing') break;
      waits.push(self.run.timers[0]?.delayMs ?? 0);
      self.run.fire('pause');
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_000]);
    expect(self.run.output).toMatchObject({ reason: { error: 'ERR_TIMEOUT', operation: 'Look' } });
  });
});

describe('given a copy that is not complete', () => {
  const BROKEN = { ...SHIPS, skippedMutations: 3 };

  it('when nobody has allowed it, then it is said', () => {
    expect(tracking().looks(BROKEN).run.output).toMatchObject({
      reason: { error: 'BRIDLE_NEEDS_PERMISSION', operation: 'recopy', hint: /3 mutations/ },
    });
  });

  it('when rows differ and it is allowed, then it is copied anew and compared again', () => {
    const self = tracking({ verify: true, heal: ['recopy'] })
      .looks(SHIPS)
      .answer({ equal: false })
      .answer();
    self.looks(SHIPS).answer().looks(table('own')).answer().looks(NOTHING).answer();
    self.looks(NOTHING).answer({ path: 'open' }).answer().answer();
    self
      .looks({ ...SHIPS, dupid: 8 })
      .answer()
      .looks({ ...SHIPS, dupid: 8 });
    expect(self.run.at).toBe('verifying');
    expect(self.answer({ equal: true }).run.at).toBe('done');
  });

  it('when the table at the follower is another one by then, then it is not taken for the copy', () => {
    const self = tracking({ verify: true, heal: ['recopy'] });
    self.looks({ ...SHIPS, ...table('foreign', 9, null) }).answer({ equal: false });
    expect(self.run.output).toMatchObject({ reason: { error: 'BRIDLE_ROWS_DIFFER' } });
  });

  it('when the follower table was dropped, then it ships into nothing, and that is no end', () => {
    const self = tracking({ heal: ['recopy'] }).quiet({ ...SHIPS, ...table('absent') });
    expect(self.kinds().at(-1)).toBe('healing');
  });
});

describe('given a supervisor that goes on watching', () => {
  const watching = () => tracking({ once: false });

  it('when it ships, then it keeps an eye on it, and sees what comes', () => {
    const self = watching().looks(SHIPS);
    expect(self.run.at).toBe('keeping');
    self.run.fire('keepPoll');
    self.looks({ ...SHIPS, status: 'DS_PAUSE' });
    expect(self.run.at).toBe('handedOver');
    expect(self.run.hasTag('blocked')).toBe(true);
    self.run.fire('blockedRecheck');
    expect(self.looks(SHIPS).run).toMatchObject({ at: 'keeping', context: { reason: null } });
  });

  it('when somebody has seen to it, then it looks at once', () => {
    const self = watching().looks(NOTHING);
    expect(self.run.at).toBe('handedOver');
    self.run.send({ type: 'RETRY_NOW' });
    expect(self.run.at).toBe('looking');
  });
});

describe('given a journal that cannot be written', () => {
  it('when it is full, then nothing is done that it does not know', () => {
    const self = begin().looks(NOTHING).answer({ path: 'open' });
    self.answer({ error: 'ERR_FILE_OPERATION_FAILED', hint: 'ENOSPC' });
    expect(self.kinds()).not.toContain('Add');
  });

  it('when nobody knows whether it was written, then what was seen is not forgotten', () => {
    const self = begin({ memory: { ...TRACKING, step: 'adding', dupid: 0 }, once: false }).looks(PREPARING);
    self.answer({ error: 'ERR_DISK_IO_ERROR' });
    self.run.fire('blockedRecheck');
    expect(self.looks(NOTHING).run).toMatchObject({
      at: 'handedOver',
      context: {
        reason: { error: 'BRIDLE_DUPLICATION_GONE', hint: expect.stringContaining('duplication 7') },
      },
    });
  });
});

describe('given a late answer to another question', () => {
  it('then nothing moves', () => {
    const self = tracking();
    self.run.fire('requestDeadline').fire('pause');
    self.run.send(supervisionReply(self.run.context.requestNo - 1, { view: supervisionView(SHIPS) }));
    expect(self.run.at).toBe('looking');
  });
});
