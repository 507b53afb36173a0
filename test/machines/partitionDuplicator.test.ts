/** Preparing, shipping and confirming one partition; never a gap. */
import { describe, expect, it } from 'vitest';
import { type PartitionDuplicatorInput, partitionDuplicator } from '../../machines/partitionDuplicator.js';
import type { DuplicationStatus, FailMode } from '../../machines/vocabulary.js';
import { type Drive, drive } from '../support/chart.js';
import { partitionInput, trouble } from '../support/inputs.js';

type Run = Drive<typeof partitionDuplicator>;
const start = (more: Partial<PartitionDuplicatorInput> = {}): Run =>
  drive(partitionDuplicator, partitionInput(more));
const status = (run: Run, to: DuplicationStatus, failMode: FailMode = 'FAIL_SLOW'): Run =>
  run.send({ type: 'STATUS', status: to, failMode });
const no = (run: Run) => ({ requestNo: run.context.requestNo });
const followerAt = (run: Run, appliedDecree: number): Run =>
  run.send({ type: 'FOLLOWER_AT', ...no(run), appliedDecree });
const loaded = (run: Run, toDecree: number): Run => run.send({ type: 'BATCH_LOADED', ...no(run), toDecree });
const shipped = (run: Run, appliedDecree: number): Run =>
  run.send({ type: 'BATCH_SHIPPED', ...no(run), appliedDecree });
const failed = (run: Run, error = 'ERR_NETWORK_FAILURE'): Run =>
  run.send({ type: 'FAILED', ...no(run), trouble: trouble(error, 'RPC_RRDB_RRDB_DUPLICATE') });
const damaged = (run: Run, resumeAfterDecree: number): Run =>
  run.send({
    type: 'LOG_DAMAGED',
    ...no(run),
    trouble: trouble('BRIDLE_LOG_DAMAGED', 'loadBatch'),
    resumeAfterDecree,
  });

const locating = (failMode: FailMode = 'FAIL_SLOW'): Run => status(start(), 'DS_LOG', failMode);
const loading = (failMode: FailMode = 'FAIL_SLOW'): Run => followerAt(locating(failMode), 10);
const sending = (): Run => loaded(loading(), 15);
const caughtUp = (): Run => loaded(loading(), 10);
const waiting = (): Run => failed(sending());
const blocked = (): Run => failed(sending(), 'ERR_ACL_DENY');

describe('preparing', () => {
  it('given DS_PREPARE, when the checkpoint is durable, then it is prepared with its decree', () => {
    const run = status(start(), 'DS_PREPARE');
    expect(run.effectNames).toEqual(['prepareCheckpoint']);
    run.send({ type: 'CHECKPOINT_PREPARED', decree: 42 });
    expect(run.at).toBe('prepared');
    expect(run.hasTag('prepared')).toBe(true);
    expect(run.context.checkpointDecree).toBe(42);
  });

  it.each(['preparing', 'preparingLater', 'prepared'])(
    'given it is %s, when the status is repeated by a sync, then nothing starts anew',
    (at) => {
      const run = status(start(), 'DS_PREPARE');
      if (at === 'preparingLater') failed(run);
      if (at === 'prepared') run.send({ type: 'CHECKPOINT_PREPARED', decree: 42 });
      const timers = run.timers;
      status(run, 'DS_PREPARE', 'FAIL_SKIP');
      expect({ at: run.at, timers: run.timers, effects: run.effectNames }).toEqual({
        at,
        timers,
        effects: [],
      });
      expect(run.context.failMode).toBe('FAIL_SKIP');
    },
  );

  it('given the checkpoint fails or takes too long, then it is tried again with growing waits', () => {
    const run = status(start(), 'DS_PREPARE');
    const delays: number[] = [];
    for (let round = 0; round < 8; round++) {
      if (round % 2 === 0) failed(run, 'ERR_DISK_INSUFFICIENT');
      else run.fire('checkpointDeadline');
      delays.push(run.pending('retryBackoff')?.delayMs ?? 0);
      run.fire('retryBackoff');
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
    expect(run.context.attempt).toBe(6);
  });

  // Defect found by this test: a checkpoint slower than its deadline never counted.
  it('given the deadline has passed, when the checkpoint is durable after all, then it counts', () => {
    const run = status(start(), 'DS_PREPARE').fire('checkpointDeadline');
    run.send({ type: 'CHECKPOINT_PREPARED', decree: 42 });
    expect(run.at).toBe('prepared');
  });

  it('given it is prepared, when the follower copies and then DS_LOG comes, then it holds and then asks the follower', () => {
    const run = status(start(), 'DS_PREPARE').send({ type: 'CHECKPOINT_PREPARED', decree: 42 });
    expect(status(run, 'DS_APP').at).toBe('holding');
    expect(status(run, 'DS_APP').at).toBe('holding');
    status(run, 'DS_LOG');
    expect(run.effectNames).toEqual(['probeFollower']);
  });
});

describe('shipping without a gap (SPEC S-GAP-1)', () => {
  it('given the follower says what it has applied, then loading starts right after it', () => {
    expect(loading().effects('loadBatch')).toMatchObject([{ afterDecree: 10 }]);
  });

  it('given a batch, when the follower has applied it, then the next one starts right after that', () => {
    const run = sending();
    expect(run.effects('shipBatch')).toMatchObject([{ fromDecreeExcluded: 10, toDecree: 15 }]);
    shipped(run, 15);
    expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 15 }]);
  });

  it('given only part of a batch was applied, then the next one starts right after that part', () => {
    expect(shipped(sending(), 12).effects('loadBatch')).toMatchObject([{ afterDecree: 12 }]);
  });

  it.each([
    ['sending fails', () => failed(sending())],
    ['sending times out', () => sending().fire('requestDeadline')],
    ['loading fails', () => failed(loading(), 'ERR_FILE_OPERATION_FAILED')],
    ['loading times out', () => loading().fire('requestDeadline')],
    ['the log is damaged', () => damaged(loading(), 20)],
    ['the follower does not move on', () => shipped(sending(), 10)],
  ])('given %s, then nothing is assumed and the follower is asked what it has', (_, trip) => {
    const run = trip();
    expect(run.at).toBe('shipping.waiting');
    run.fire('retryBackoff');
    expect(run.effectNames).toEqual(['probeFollower']);
    // It may hold less than was thought, and then shipping goes back.
    expect(followerAt(run, 7).effects('loadBatch')).toMatchObject([{ afterDecree: 7 }]);
  });

  it('given the follower holds nothing, then shipping is blocked with BRIDLE_GAP', () => {
    const run = followerAt(locating(), -1);
    expect(run.at).toBe('shipping.blocked');
    expect(run.context.trouble?.error).toBe('BRIDLE_GAP');
    expect(run.allEffects('loadBatch')).toEqual([]);
  });

  it('given the log before that decree is gone, then shipping is blocked with the reason', () => {
    const run = failed(loading(), 'BRIDLE_GAP');
    expect(run.at).toBe('shipping.blocked');
    expect(run.context.trouble?.error).toBe('BRIDLE_GAP');
  });

  it('given an acknowledgement that does not move, then it does not spin: waits grow', () => {
    const run = sending();
    const delays: number[] = [];
    for (let round = 0; round < 6; round++) {
      shipped(run, 10);
      delays.push(run.pending('retryBackoff')?.delayMs ?? 0);
      loaded(followerAt(run.fire('retryBackoff'), 10), 15);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('given failures, when a batch gets through, then the backoff starts from the floor again', () => {
    const run = sending();
    for (let round = 0; round < 3; round++) loaded(followerAt(failed(run).fire('retryBackoff'), 10), 15);
    expect(run.context.attempt).toBe(3);
    expect(shipped(run, 15).context).toMatchObject({ attempt: 0, trouble: null });
  });
});

describe('caught up', () => {
  it.each(['LOG_APPENDED', 'idlePoll'])(
    'given nothing to ship, when %s, then the log is read again',
    (wake) => {
      const run = caughtUp();
      expect(run.at).toBe('shipping.caughtUp');
      expect(run.hasTag('behind')).toBe(false);
      if (wake === 'idlePoll') run.fire('idlePoll');
      else run.send({ type: 'LOG_APPENDED' });
      expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 10 }]);
    },
  );
});

describe('a damaged log', () => {
  /** Reads until the chart does something else than try again. */
  const readUntilSettled = (run: Run): Run => {
    for (let reads = 0; reads < 10; reads++) {
      damaged(run, 20);
      if (!run.matches('shipping.waiting')) return run;
      followerAt(run.fire('retryBackoff'), 10);
    }
    return run;
  };

  it('given FAIL_SLOW, when the limit of reads is reached, then it is blocked and loses nothing', () => {
    const run = readUntilSettled(loading('FAIL_SLOW'));
    expect(run.at).toBe('shipping.blocked');
    expect(run.context).toMatchObject({ damagedReads: 3, skippedMutations: 0, shipped: 10 });
    expect(run.context.trouble?.error).toBe('BRIDLE_LOG_DAMAGED');
  });

  it('given FAIL_SKIP, when the limit of reads is reached, then the damaged part is given up and counted', () => {
    const run = loading('FAIL_SKIP');
    for (const _ of [1, 2]) followerAt(damaged(run, 20).fire('retryBackoff'), 10);
    damaged(run, 20);
    expect(run.at).toBe('shipping.loading');
    expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 20 }]);
    expect(run.context.skippedMutations).toBe(10);
  });

  // Defect: the batch after the hole began after the hole, and the follower takes only one that begins where it
  // stands. It refused for ever, and what had not been acknowledged was reported as confirmed.
  it('given a hole was skipped, then the next batch spans it, and only its acknowledgement moves on', () => {
    const run = loading('FAIL_SKIP');
    for (const _ of [1, 2]) followerAt(damaged(run, 20).fire('retryBackoff'), 10);
    damaged(run, 20);
    expect(run.context.shipped).toBe(10);
    loaded(run, 25);
    expect(run.effects('shipBatch')).toMatchObject([{ fromDecreeExcluded: 10, toDecree: 25 }]);
    shipped(run, 25);
    expect(run.context.shipped).toBe(25);
    expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 25 }]);
  });

  it('given nothing follows the hole, then an empty batch takes the follower over it', () => {
    const run = loading('FAIL_SKIP');
    for (const _ of [1, 2]) followerAt(damaged(run, 20).fire('retryBackoff'), 10);
    loaded(damaged(run, 20), 20);
    expect(run.effects('shipBatch')).toMatchObject([{ fromDecreeExcluded: 10, toDecree: 20 }]);
  });

  it('given another hole follows at once, when its reads fail too, then reading does not return to the first', () => {
    const run = loading('FAIL_SKIP');
    for (const _ of [1, 2]) followerAt(damaged(run, 20).fire('retryBackoff'), 10);
    damaged(run, 20);
    for (const _ of [1, 2]) {
      followerAt(damaged(run, 30).fire('retryBackoff'), 10);
      expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 20 }]);
    }
    loaded(damaged(run, 30), 35);
    expect(run.effects('shipBatch')).toMatchObject([{ fromDecreeExcluded: 10, toDecree: 35 }]);
    expect(run.context.skippedMutations).toBe(20);
  });

  it('given the follower fell back before the hole, then what stands before the hole is read again', () => {
    const run = loading('FAIL_SKIP');
    for (const _ of [1, 2]) followerAt(damaged(run, 20).fire('retryBackoff'), 10);
    failed(loaded(damaged(run, 20), 25));
    followerAt(run.fire('retryBackoff'), 5);
    expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 5 }]);
  });

  // Defect found by this test: each failure before the next acknowledgement counted the hole again.
  it('given a hole was skipped, when it is met again after a failure, then it is not counted twice', () => {
    const run = loading('FAIL_SKIP');
    for (let hole = 0; hole < 3; hole++) {
      for (const _ of [1, 2]) followerAt(damaged(run, 20).fire('retryBackoff'), 10);
      damaged(run, 20);
      followerAt(failed(loaded(run, 25)).fire('retryBackoff'), 10);
    }
    expect(run.context.skippedMutations).toBe(10);
  });

  it('given FAIL_SKIP, when a report would lead backwards, then shipping does not go back', () => {
    const run = loading('FAIL_SKIP');
    for (const _ of [1, 2]) followerAt(damaged(run, 3).fire('retryBackoff'), 10);
    damaged(run, 3);
    expect(run.context).toMatchObject({ shipped: 10, skippedMutations: 0 });
  });

  // Defect found by this test: the number of reads grew for ever.
  it('given it is blocked, when it rechecks for ever, then nothing in its memory grows', () => {
    const run = readUntilSettled(loading('FAIL_SLOW'));
    const recheck = () => damaged(followerAt(run.fire('blockedRecheck'), 10), 20);
    for (let round = 0; round < 6; round++) recheck();
    const before = { ...run.context, requestNo: 0 };
    for (let round = 0; round < 50; round++) recheck();
    expect({ ...run.context, requestNo: 0 }).toEqual(before);
  });

  it('given it is blocked, when an operator chooses FAIL_SKIP, then the next recheck goes on', () => {
    const run = readUntilSettled(loading('FAIL_SLOW'));
    status(run, 'DS_LOG', 'FAIL_SKIP');
    expect(run.at).toBe('shipping.blocked');
    damaged(followerAt(run.fire('blockedRecheck'), 10), 20);
    expect(run.effects('loadBatch')).toMatchObject([{ afterDecree: 20 }]);
  });
});

describe('pause, start and removal', () => {
  const everywhere = { locating, loading, sending, caughtUp, waiting, blocked };

  it.each(Object.entries(everywhere))(
    'given %s, when it is paused, then nothing is asked and no timer runs',
    (_, reach) => {
      const run = status(reach(), 'DS_PAUSE');
      expect(run.at).toBe('paused');
      expect(run.timers).toEqual([]);
      expect(run.effectNames).toEqual([]);
    },
  );

  it('given a batch was under way, when it is paused and started, then its late answer is ignored', () => {
    const run = sending();
    const late = { type: 'BATCH_SHIPPED', ...no(run), appliedDecree: 15 } as const;
    status(run, 'DS_PAUSE').send(late);
    expect(run.context.shipped).toBe(10);
    status(run, 'DS_LOG').send(late);
    expect(run.at).toBe('shipping.locating');
    expect(run.context.shipped).toBe(10);
    expect(followerAt(run, 15).effects('loadBatch')).toMatchObject([{ afterDecree: 15 }]);
  });

  it.each(Object.entries(everywhere))(
    'given %s, when DS_LOG is repeated by a sync, then no timer starts anew',
    (_, reach) => {
      const run = reach();
      const before = { at: run.at, timers: run.timers };
      status(run, 'DS_LOG');
      expect({ at: run.at, timers: run.timers }).toEqual(before);
      expect(run.effectNames).toEqual([]);
    },
  );

  it.each([
    ...Object.entries(everywhere),
    ['idle', start],
    ['preparing', () => status(start(), 'DS_PREPARE')],
    ['holding', () => status(start(), 'DS_APP')],
    ['paused', () => status(start(), 'DS_PAUSE')],
  ] as [string, () => Run][])('given %s, when it is removed, then it is stopped', (_, reach) => {
    const run = status(reach(), 'DS_REMOVED');
    expect(run.at).toBe('stopped');
    expect(run.status).toBe('done');
    expect(run.timers).toEqual([]);
  });
});

describe('late answers', () => {
  // Defect found by this test: an answer after its deadline counted as a second failure.
  it.each(['waiting', 'blocked'])(
    'given it is %s, when the request it gave up fails too, then that changes nothing',
    (at) => {
      const run = sending();
      const late = { type: 'FAILED', ...no(run), trouble: trouble('ERR_TIMEOUT') } as const;
      if (at === 'waiting') run.fire('requestDeadline');
      else failed(run, 'ERR_ACL_DENY');
      const before = { at: run.at, timers: run.timers, attempt: run.context.attempt };
      run.send(late);
      expect({ at: run.at, timers: run.timers, attempt: run.context.attempt }).toEqual(before);
      expect(run.at).toBe(`shipping.${at}`);
    },
  );

  it.each([
    ['FOLLOWER_AT', locating, { type: 'FOLLOWER_AT', requestNo: 0, appliedDecree: 99 }],
    ['BATCH_LOADED', loading, { type: 'BATCH_LOADED', requestNo: 0, toDecree: 99 }],
    ['BATCH_SHIPPED', sending, { type: 'BATCH_SHIPPED', requestNo: 0, appliedDecree: 99 }],
    ['FAILED', sending, { type: 'FAILED', requestNo: 0, trouble: trouble('ERR_TIMEOUT') }],
    [
      'LOG_DAMAGED',
      loading,
      { type: 'LOG_DAMAGED', requestNo: 0, trouble: trouble('BRIDLE_LOG_DAMAGED'), resumeAfterDecree: 99 },
    ],
  ] as const)(
    'given another request is awaited, when an old %s comes, then nothing changes',
    (_, reach, event) => {
      const run = reach();
      const before = { at: run.at, context: run.context, timers: run.timers };
      run.send(event);
      expect({ at: run.at, context: run.context, timers: run.timers }).toEqual(before);
      expect(run.effectNames).toEqual([]);
    },
  );

  it.each(['waiting', 'blocked'] as const)(
    'given it is %s, when RETRY_NOW comes, then the follower is asked at once',
    (at) => {
      const run = everyStart[at]().send({ type: 'RETRY_NOW' });
      expect(run.effectNames).toEqual(['probeFollower']);
      expect(run.context.attempt).toBe(0);
    },
  );
});

const everyStart = { waiting, blocked };
