/** Creating the follower table, and never waiting in silence: design.md §5, known-defects A1, U3. */
import { describe, expect, it } from 'vitest';
import { PEGASUS_ERROR_NAMES } from '../../machines/errors.js';
import { type FollowerTableInput, followerTable } from '../../machines/followerTable.js';
import type { FollowerReply } from '../../machines/messages.js';
import { type Drive, drive } from '../support/chart.js';
import { FOREIGN, followerInput, reply, tableView } from '../support/inputs.js';

type Run = Drive<typeof followerTable>;
const start = (more: Partial<FollowerTableInput> = {}): Run => drive(followerTable, followerInput(more));
const answer = (run: Run, more: Partial<FollowerReply> = {}): Run =>
  run.send(reply(run.context.requestNo, more));
const absent = (run: Run): Run => answer(run, { error: 'ERR_OBJECT_NOT_FOUND' });
const ours = (run: Run): Run => answer(run, { table: tableView() });
const foreign = (run: Run): Run => answer(run, { table: tableView({ owner: FOREIGN }) });
const marked = (run: Run): Run => answer(run, { table: tableView({ followerStatus: 'created' }) });
const ready = (run: Run, readyPartitions: number): Run =>
  answer(run, { readiness: { readyPartitions, partitionCount: 4, trouble: null } });
/** What the parent heard last. */
const told = (run: Run) => run.allSentToParent.at(-1) as unknown as Record<string, unknown>;
const asked = (run: Run) => run.effects('askFollower').map(({ request }) => request.kind);

describe('creation', () => {
  it('given no table, when it is created and seen to be ours, then it is adopted', () => {
    const run = start();
    expect(asked(run)).toEqual(['LookTable']);
    absent(run);
    expect(run.effects('askFollower')[0].request).toEqual({
      kind: 'CreateTable',
      requestNo: 2,
      table: 'users_copy',
      owner: followerInput().identity,
      partitionCount: 4,
      replicaCount: 3,
    });
    answer(run);
    expect(asked(run)).toEqual(['LookTable']);
    ours(run);
    expect(run.at).toBe('adopted');
    expect(run.status).toBe('done');
    expect(run.output).toEqual({ goal: 'adopted' });
  });

  it('given the creation’s reply is lost, when the table turns out to be ours, then it is adopted (#2146)', () => {
    const run = absent(start()).fire('requestDeadline');
    expect(run.at).toBe('backingOff');
    expect(told(run)).toMatchObject({ trouble: { error: 'ERR_TIMEOUT', operation: 'RPC_CM_CREATE_APP' } });
    run.fire('retryBackoff');
    expect(asked(run)).toEqual(['LookTable']);
    ours(run);
    expect(run.at).toBe('adopted');
  });

  it('given the repeated creation gets ERR_APP_EXIST, when the table is ours, then it is adopted (#2146)', () => {
    const run = absent(absent(start()).fire('requestDeadline').fire('retryBackoff'));
    answer(run, { error: 'ERR_APP_EXIST' });
    expect(run.at).toBe('asking.looking');
    ours(run);
    expect(run.at).toBe('adopted');
  });

  it('given the table is somebody else’s, then it is blocked and names the owner (U3)', () => {
    const run = foreign(start());
    expect(run.at).toBe('blocked');
    expect(told(run)).toEqual({
      type: 'FOLLOWER_TROUBLE',
      blocked: true,
      trouble: {
        error: 'BRIDLE_FOREIGN_TABLE',
        operation: 'RPC_CM_LIST_APPS',
        hint: 'table users_copy belongs to duplication west/users/9',
      },
    });
    expect(run.allEffects('askFollower').map(({ request }) => request.kind)).toEqual(['LookTable']);
  });

  it('given a follower that always says ERR_APP_EXIST and shows no owner, then it ends blocked and explained', () => {
    const run = start();
    for (let step = 0; step < 100 && run.at !== 'blocked'; step++) {
      if (run.at === 'asking.requesting') answer(run, { error: 'ERR_APP_EXIST' });
      else if (run.at === 'backingOff') run.fire('retryBackoff');
      else answer(run, { table: tableView({ owner: null, masterCluster: null }) });
    }
    expect(run.at).toBe('blocked');
    expect(told(run)).toMatchObject({
      blocked: true,
      trouble: { hint: 'table users_copy belongs to no duplication: it is a table of its own' },
    });
  });

  it('given a follower that says "exists" and "absent" in turn, then it ends blocked with ERR_APP_EXIST', () => {
    const run = start();
    for (let step = 0; step < 100 && run.at !== 'blocked'; step++) {
      if (run.at === 'asking.requesting') answer(run, { error: 'ERR_APP_EXIST' });
      else absent(run);
    }
    expect(run.at).toBe('blocked');
    expect(told(run)).toMatchObject({ blocked: true, trouble: { error: 'ERR_APP_EXIST' } });
  });

  // Defect found by this test: acknowledging reset the attempts, so the two alternated without a pause.
  it('given a follower that acknowledges and shows nothing, then it backs off and ends blocked', () => {
    const run = start();
    const delays: number[] = [];
    for (let step = 0; step < 100 && run.at !== 'blocked'; step++) {
      if (run.at === 'asking.requesting') answer(run);
      else if (run.at === 'backingOff') {
        delays.push(run.pending('retryBackoff')?.delayMs ?? 0);
        run.fire('retryBackoff');
      } else absent(run);
    }
    expect(run.at).toBe('blocked');
    expect(delays).toEqual([100, 200, 400, 800, 1_000]);
    expect(told(run)).toMatchObject({ blocked: true, trouble: { error: 'ERR_RETRY_EXHAUSTED' } });
  });
});

describe('errors', () => {
  it.each([
    ['ERR_BUSY_CREATING', 'backingOff'],
    ['ERR_BUSY_DROPPING', 'backingOff'],
    ['ERR_STATE_FREEZED', 'backingOff'],
    ['ERR_INVALID_PARAMETERS', 'blocked'],
    ['ERR_ACL_DENY', 'blocked'],
  ])('given a creation, when the follower says %s, then it goes to %s', (error, at) => {
    const run = answer(absent(start()), { error, peer: 'west-1:34601', hint: 'in words' });
    expect(run.at).toBe(at);
    expect(told(run)).toEqual({
      type: 'FOLLOWER_TROUBLE',
      blocked: at === 'blocked',
      trouble: { error, operation: 'RPC_CM_CREATE_APP', peer: 'west-1:34601', hint: 'in words' },
    });
  });

  it.each(['AS_CREATING', 'AS_DROPPING'] as const)(
    'given a table %s, then it waits and looks again',
    (status) => {
      const run = answer(start(), { table: tableView({ status }) });
      expect(run.at).toBe('backingOff');
      expect(run.fire('retryBackoff').at).toBe('asking.looking');
    },
  );

  it('given every request times out, then waits grow to the ceiling and end blocked with ERR_RETRY_EXHAUSTED', () => {
    const run = start();
    const delays: number[] = [];
    while (run.fire('requestDeadline').at === 'backingOff') {
      delays.push(run.pending('retryBackoff')?.delayMs ?? 0);
      run.fire('retryBackoff');
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000]);
    expect(run.at).toBe('blocked');
    expect(told(run)).toMatchObject({
      blocked: true,
      trouble: { error: 'ERR_RETRY_EXHAUSTED', hint: 'the last of 6 attempts ended with ERR_TIMEOUT' },
    });
  });

  // Defect found by this test: each look that succeeded reset the attempts.
  it.each([
    ['marking', (run: Run) => ours(run)],
    ['checking', (run: Run) => marked(run)],
  ] as const)(
    'given only %s times out, then looking in between is no progress and it ends blocked',
    (state, look) => {
      const run = start({ goal: 'ready' });
      const delays: number[] = [];
      for (let round = 0; round < 20 && run.at !== 'blocked'; round++) {
        look(run);
        expect(run.at).toBe(`asking.${state}`);
        run.fire('requestDeadline');
        if (run.at !== 'backingOff') break;
        delays.push(run.pending('retryBackoff')?.delayMs ?? 0);
        run.fire('retryBackoff');
      }
      expect(run.at).toBe('blocked');
      expect(delays).toEqual([100, 200, 400, 800, 1_000]);
    },
  );

  it('given failures, when a partition comes forward, then the backoff starts from the floor again', () => {
    const run = start({ goal: 'ready' });
    for (let round = 0; round < 3; round++) run.fire('requestDeadline').fire('retryBackoff');
    expect(run.context.attempt).toBe(3);
    ready(marked(run), 1);
    expect(run.context.attempt).toBe(0);
    run.fire('readinessPoll').fire('requestDeadline');
    expect(run.pending('retryBackoff')?.delayMs).toBe(100);
  });

  it.each(PEGASUS_ERROR_NAMES)(
    'given any request, when %s answers, then it waits, moves or is blocked, with a reason',
    (error) => {
      for (const goal of ['adopted', 'ready', 'dropped'] as const) {
        for (const reach of [start, (more: Partial<FollowerTableInput>) => ours(start(more))]) {
          const run = reach({ goal });
          if (run.status === 'done') continue;
          const before = run.context.requestNo;
          answer(run, { error });
          const moved = run.context.requestNo !== before || run.status === 'done';
          const waits = run.timers.length > 0;
          expect(moved || waits, `${goal} in ${run.at}`).toBe(true);
          if (run.at === 'blocked') expect(run.context.trouble?.error).toMatch(/^(ERR|BRIDLE)_/);
          expect(run.effects('noteStaleReply')).toEqual([]);
        }
      }
    },
  );
});

describe('stale answers', () => {
  it('given a newer question, when an older answer comes, then nothing changes and it is noted', () => {
    const run = absent(start());
    const before = { at: run.at, context: run.context, timers: run.timers };
    run.send(reply(1, { table: tableView() }));
    expect({ at: run.at, context: run.context, timers: run.timers }).toEqual(before);
    expect(run.effectNames).toEqual(['noteStaleReply']);
  });

  it.each(['backingOff', 'blocked'])(
    'given it is %s, when the awaited answer comes after all, then it is noted only',
    (state) => {
      const run = state === 'backingOff' ? start().fire('requestDeadline') : foreign(start());
      expect(run.at).toBe(state);
      answer(run, { table: tableView() });
      expect(run.at).toBe(state);
      expect(run.effectNames).toEqual(['noteStaleReply']);
    },
  );
});

describe('policies', () => {
  it('given policy fail, when our own earlier table is there, then it is not trusted', () => {
    expect(ours(start({ policy: 'fail' })).at).toBe('blocked');
  });

  it('given policy fail, when this run created it, then it is adopted', () => {
    expect(ours(answer(absent(start({ policy: 'fail' })))).at).toBe('adopted');
  });

  it('given policy replace, when a foreign table is there, then it is dropped by its owner’s name, then ours is made', () => {
    const run = foreign(start({ policy: 'replace' }));
    expect(run.effects('askFollower')[0].request).toMatchObject({
      kind: 'DropTable',
      expectedOwner: FOREIGN,
    });
    answer(run);
    absent(run);
    expect(asked(run)).toEqual(['CreateTable']);
    expect(ours(answer(run)).at).toBe('adopted');
  });

  it('given policy replace was used once, when a foreign table is there again, then it is blocked', () => {
    const run = answer(foreign(start({ policy: 'replace' })));
    answer(run, { table: tableView({ owner: 'north/users/1' }) });
    expect(run.at).toBe('blocked');
    expect(run.context.trouble?.error).toBe('BRIDLE_FOREIGN_TABLE');
    // Only an operator allows another one.
    answer(run.fire('blockedRecheck'), { table: tableView({ owner: 'north/users/1' }) });
    expect(run.at).toBe('blocked');
    run.send({ type: 'RETRY_NOW' });
    answer(run, { table: tableView({ owner: 'north/users/1' }) });
    expect(run.at).toBe('asking.dropping');
  });
});

describe('readiness', () => {
  it('given our table, when it is marked and partitions come forward, then progress is told each time and it ends ready', () => {
    const run = ours(start({ goal: 'ready' }));
    expect(asked(run)).toEqual(['MarkCreated']);
    answer(run);
    expect(run.sentToParent).toEqual([{ type: 'FOLLOWER_PROGRESS' }]);
    expect(asked(run)).toEqual(['QueryPartitions']);
    ready(run, 2);
    expect(run.at).toBe('copying');
    expect(run.sentToParent).toContainEqual({ type: 'FOLLOWER_PROGRESS' });
    expect(run.context.readiness).toMatchObject({ readyPartitions: 2 });
    ready(run.fire('readinessPoll'), 2);
    expect(run.sentToParent).not.toContainEqual({ type: 'FOLLOWER_PROGRESS' });
    ready(run.fire('readinessPoll'), 4);
    expect(run.at).toBe('ready');
    expect(run.output).toEqual({ goal: 'ready' });
  });

  // Defect found by reading what a seed had found: a large checkpoint that came all the time was called stuck.
  it('given a large checkpoint, when bytes of it come, then that is progress, and the same ones again are none', () => {
    const run = marked(start({ goal: 'ready' }));
    const copied = (copiedBytes: number, readyPartitions = 0) => {
      answer(run, { readiness: { readyPartitions, partitionCount: 4, trouble: null, copiedBytes } });
      const progress = run.sentToParent.some(({ type }) => type === 'FOLLOWER_PROGRESS');
      run.fire('readinessPoll');
      return progress;
    };
    expect([copied(0), copied(400), copied(800), copied(100), copied(800), copied(900)]).toEqual([
      ...[false, true, true, false, false, true],
    ]);
    // Those of a partition that has become ready are not counted any more.
    expect([copied(300, 1), copied(400, 1)]).toEqual([true, true]);
  });

  // Found by a seed: nodes that came and went kept the watchdog calm.
  it('given a partition that is ready now and then, then only the first time is progress', () => {
    const run = marked(start({ goal: 'ready' }));
    const progress = [1, 0, 1, 0, 1].map((readyPartitions) => {
      ready(run, readyPartitions);
      const told = run.sentToParent.some(({ type }) => type === 'FOLLOWER_PROGRESS');
      run.fire('readinessPoll');
      return told;
    });
    expect(progress).toEqual([true, false, false, false, false]);
  });

  it('given the table is made anew, then it comes forward anew', () => {
    const run = ready(marked(start({ goal: 'ready' })), 2).fire('readinessPoll');
    answer(run, { error: 'ERR_OBJECT_NOT_FOUND' });
    answer(absent(run));
    ready(marked(run), 1);
    expect(run.sentToParent).toContainEqual({ type: 'FOLLOWER_PROGRESS' });
  });

  it('given a partition cannot copy, then its trouble is told while waiting', () => {
    const run = marked(start({ goal: 'ready' }));
    const why = { error: 'ERR_NETWORK_FAILURE', operation: 'RPC_NFS_COPY', peer: 'east-2:34801' };
    answer(run, { readiness: { readyPartitions: 0, partitionCount: 4, trouble: why } });
    expect(run.at).toBe('copying');
    expect(told(run)).toEqual({ type: 'FOLLOWER_TROUBLE', trouble: why, blocked: false });
  });

  it('given the table is dropped in between, then it looks again and makes it again', () => {
    const run = ready(marked(start({ goal: 'ready' })), 1).fire('readinessPoll');
    answer(run, { error: 'ERR_OBJECT_NOT_FOUND' });
    expect(run.at).toBe('asking.looking');
    expect(asked(absent(run))).toEqual(['CreateTable']);
  });

  it('given a follower that lists the table but does not know it, then it ends blocked', () => {
    const run = start({ goal: 'ready' });
    let steps = 0;
    while (run.at !== 'blocked' && steps++ < 100) {
      if (run.at === 'asking.checking') answer(run, { error: 'ERR_APP_NOT_EXIST' });
      else marked(run);
    }
    expect(run.at).toBe('blocked');
    expect(steps).toBeLessThan(20);
  });
});

describe('goal dropped', () => {
  it('given our table, when it is dropped and gone, then it is gone', () => {
    const run = ours(start({ goal: 'dropped' }));
    expect(run.effects('askFollower')[0].request).toMatchObject({ kind: 'DropTable' });
    answer(run);
    answer(run, { table: tableView({ status: 'AS_DROPPING' }) });
    expect(run.at).toBe('backingOff');
    absent(run.fire('retryBackoff'));
    expect(run.at).toBe('gone');
  });

  it.each([
    ['foreign', foreign],
    ['absent', absent],
  ] as const)('given the table is %s, then nothing is dropped and it is gone', (_, look) => {
    const run = look(start({ goal: 'dropped' }));
    expect(run.at).toBe('gone');
    expect(run.allEffects('askFollower')).toHaveLength(1);
  });

  it('given a drop that is acknowledged and never done, then it backs off and ends blocked', () => {
    const run = start({ goal: 'dropped' });
    for (let step = 0; step < 100 && run.at !== 'blocked'; step++) {
      if (run.at === 'asking.dropping') answer(run);
      else if (run.at === 'backingOff') run.fire('retryBackoff');
      else ours(run);
    }
    expect(run.at).toBe('blocked');
  });
});

describe('blocked', () => {
  it('given it is blocked, when the slow recheck finds the obstacle gone, then it goes on by itself', () => {
    const run = foreign(start()).fire('blockedRecheck');
    expect(run.at).toBe('asking.looking');
    expect(ours(answer(absent(run))).at).toBe('adopted');
  });

  it('given attempts are used up, when RETRY_NOW comes, then attempts start anew', () => {
    const run = start();
    while (run.fire('requestDeadline').at === 'backingOff') run.fire('retryBackoff');
    run.send({ type: 'RETRY_NOW' });
    expect(run.context.attempt).toBe(0);
    expect(run.fire('requestDeadline').at).toBe('backingOff');
  });

  it.each(['backingOff', 'copying'])(
    'given it waits in %s, when RETRY_NOW comes, then it asks at once',
    (state) => {
      const run =
        state === 'copying' ? ready(marked(start({ goal: 'ready' })), 1) : start().fire('requestDeadline');
      expect(run.at).toBe(state);
      run.send({ type: 'RETRY_NOW' });
      expect(run.at).toMatch(/^asking\./);
      expect(run.effects('askFollower')).toHaveLength(1);
      expect(run.timers.map((timer) => timer.delay)).toEqual(['requestDeadline']);
    },
  );

  it('given a request is under way, when RETRY_NOW comes, then it is ignored: it is being tried now', () => {
    const run = start();
    run.send({ type: 'RETRY_NOW' });
    expect(run.effectNames).toEqual([]);
    expect(run.at).toBe('asking.looking');
  });
});
