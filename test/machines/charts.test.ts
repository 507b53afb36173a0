/** What holds for every chart: each state explains itself, and no wait is silent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { checkpointTransfer } from '../../machines/checkpointTransfer.js';
import { duplication } from '../../machines/duplication.js';
import { REQUEST_NUMBERS } from '../../machines/effects.js';
import { followerTable } from '../../machines/followerTable.js';
import { migration } from '../../machines/migration.js';
import { partitionDuplicator } from '../../machines/partitionDuplicator.js';
import { partitionMove } from '../../machines/partitionMove.js';
import { fullJitterMs, retryCeilingMs } from '../../machines/retry.js';
import { supervisor } from '../../machines/supervisor.js';
import { table } from '../../machines/table.js';
import { watchdog } from '../../machines/watchdog.js';
import { type Drive, drive, hasDeadline, leavesOf, metaOf } from '../support/chart.js';
import {
  checkpoint,
  duplicationInput,
  followerInput,
  migrationInput,
  partitionInput,
  RETRY,
  reply,
  supervisorInput,
  tableView,
  transferInput,
  trouble,
} from '../support/inputs.js';

const CHARTS = {
  duplication,
  followerTable,
  table,
  partitionDuplicator,
  checkpointTransfer,
  watchdog,
  migration,
  supervisor,
  partitionMove,
};
type ChartName = keyof typeof CHARTS;
const leaves = (Object.keys(CHARTS) as ChartName[]).flatMap((chart) =>
  leavesOf(CHARTS[chart]).map((node) => ({ name: `${chart}.${node.path.join('.')}`, chart, node })),
);

/** Beside the life of a duplication; where nothing is written, nothing is waited for. */
const SPEAKS_THROUGH_ANOTHER: Record<string, string> = {
  'duplication.living.storage.idle': 'nothing is being written; the lifecycle beside it speaks',
};

/** Waits without a deadline of their own, each with the reason why none is needed (SPEC L-WAIT-1). */
const NO_DEADLINE: Record<string, string> = {
  'duplication.living.storage.idle': 'waits for nothing',
  'duplication.living.lifecycle.DS_INIT': 'the write beside it has the storage deadline; the watchdog counts',
  'duplication.living.lifecycle.DS_PREPARE.checkpointing':
    'the watchdog counts; each partition has its deadline',
  'duplication.living.lifecycle.DS_PREPARE.creatingFollower': 'the follower table has deadlines of its own',
  'duplication.living.lifecycle.DS_PREPARE.leaving': 'the write beside it has the storage deadline',
  'duplication.living.lifecycle.DS_APP.waitingReady': 'the follower table has deadlines of its own',
  'duplication.living.lifecycle.DS_APP.leaving': 'the write beside it has the storage deadline',
  'duplication.living.lifecycle.DS_LOG': 'the aim; the watchdog counts as soon as a partition lags',
  'duplication.living.lifecycle.DS_PAUSE': 'an operator asked for it and ends it',
  'duplication.living.lifecycle.DS_REMOVED.droppingFollower': 'the follower table has deadlines of its own',
  'table.AS_CREATING.writing': 'local storage; the requester has a deadline, others get ERR_BUSY_CREATING',
  'table.AS_AVAILABLE.idle': 'waits for nothing',
  'table.AS_AVAILABLE.marking.writing': 'local storage; the requesters have deadlines of their own',
  'table.AS_DROPPING.writing': 'local storage; the requesters have deadlines of their own',
  'partitionDuplicator.idle': 'the sync tells the status again and again',
  'partitionDuplicator.prepared': 'the sync repeats the report; the duplication’s watchdog counts',
  'partitionDuplicator.holding': 'the sync tells the status; the duplication’s watchdog counts',
  'partitionDuplicator.paused': 'an operator asked for it and ends it',
  'partitionMove.recording': 'local storage; nobody has been told anything yet',
  'partitionMove.deciding.writing': 'local storage, which answers or fails',
  'partitionMove.undoing.writing': 'local storage, which answers or fails',
  'watchdog.quiet': 'no progress is due',
  'watchdog.stuck': 'it has been said; that is what the deadline is for',
};

const isTransient = (node: (typeof leaves)[number]['node']) =>
  (node.always ?? []).some((transition) => transition.guard === undefined);

describe('every state says what it waits for', () => {
  it.each(leaves)('given $name, then its meta is complete', ({ name, node }) => {
    if (isTransient(node) || name in SPEAKS_THROUGH_ANOTHER) return;
    const meta = metaOf(node);
    expect(meta, name).toBeDefined();
    for (const words of [meta?.waitingFor, meta?.from, meta?.leavesWhen]) expect(words).toMatch(/\S/);
    expect(Array.isArray(meta?.operatorCan)).toBe(true);
    if (node.type === 'final') expect(meta?.settled).toBe('done');
    if (node.path.at(-1) === 'blocked') {
      expect(meta?.settled).toBe('blocked');
      expect(meta?.operatorCan).toContain('retry');
    }
  });
});

describe('no wait is silent (SPEC L-WAIT-1)', () => {
  it.each(leaves)('given $name, then it has a deadline, or a reason why it needs none', ({ name, node }) => {
    if (node.type === 'final' || isTransient(node)) return;
    const listed = name in NO_DEADLINE;
    expect(hasDeadline(node) !== listed, listed ? 'listed, but it has one' : 'no deadline, no reason').toBe(
      true,
    );
  });

  it('given the list of reasons, then each names a state that there is', () => {
    const names = leaves.map(({ name }) => name);
    for (const name of Object.keys(NO_DEADLINE)) expect(names).toContain(name);
  });
});

describe('no event throws (SPEC S-NOABORT-1)', () => {
  /** Every event type a chart knows, with a body that nobody should send. */
  const HOSTILE = { requestNo: -1, writeNo: -1, partition: 1e9, decree: Number.NaN, name: '__proto__' };
  const STARTS = {
    duplication: () => drive(duplication, duplicationInput()),
    followerTable: () => drive(followerTable, followerInput()),
    partitionDuplicator: () => drive(partitionDuplicator, partitionInput()),
    checkpointTransfer: () => drive(checkpointTransfer, transferInput()),
    migration: () => drive(migration, migrationInput()),
    supervisor: () => drive(supervisor, supervisorInput()),
  };

  it.each(Object.entries(STARTS))(
    'given %s, when every known event comes malformed, then it goes on',
    (_, start) => {
      const known = start().machine.events as readonly string[];
      for (const type of [...known, 'UNHEARD_OF']) {
        if (type.startsWith('xstate.') || type === '*') continue;
        const run = start();
        run.send({ type, ...HOSTILE } as never);
        run.send({ type, ...HOSTILE, trouble: null } as never);
        expect(run.status).toBe('active');
      }
    },
  );
});

describe('memory is bounded', () => {
  it('given a follower table that fails for ever, then request numbers and attempts stay small', () => {
    const run = drive(followerTable, followerInput());
    for (let round = 0; round < 200; round++) {
      run.send(reply(run.context.requestNo, { error: 'ERR_TIMEOUT' }));
      run.fire(run.at === 'blocked' ? 'blockedRecheck' : 'retryBackoff');
      expect(run.context.requestNo).toBeLessThan(REQUEST_NUMBERS);
      expect(run.context.attempt).toBeLessThanOrEqual(RETRY.limitAttempts);
    }
    expect(run.timers).toHaveLength(1);
  });
});

describe('any sequence of events', () => {
  const requestNo = fc.integer({ min: 0, max: 7 });
  const decree = fc.integer({ min: -1, max: 30 });
  const error = fc.constantFrom(
    'ERR_OK',
    'ERR_TIMEOUT',
    'ERR_ACL_DENY',
    'ERR_APP_EXIST',
    'ERR_OBJECT_NOT_FOUND',
  );
  const failed = fc.record({ type: fc.constant('FAILED'), requestNo, trouble: error.map((e) => trouble(e)) });
  const retry = fc.constant({ type: 'RETRY_NOW' });
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const WALKS: Record<string, { start: () => Drive<AnyStateMachine>; events: fc.Arbitrary<object> }> = {
    followerTable: {
      start: () =>
        drive(followerTable as AnyStateMachine, followerInput({ goal: 'ready', policy: 'replace' })),
      events: fc.oneof(
        retry,
        fc.record({
          type: fc.constant('FOLLOWER_REPLY'),
          requestNo,
          error,
          table: fc.option(fc.constantFrom(tableView(), tableView({ owner: null })), { nil: undefined }),
          readiness: fc.option(
            fc.nat(4).map((n) => ({ readyPartitions: n, partitionCount: 4, trouble: null })),
            { nil: undefined },
          ),
        }),
      ),
    },
    partitionDuplicator: {
      start: () => drive(partitionDuplicator as AnyStateMachine, partitionInput()),
      events: fc.oneof(
        retry,
        failed,
        fc.constant({ type: 'LOG_APPENDED' }),
        fc.record({
          type: fc.constant('STATUS'),
          status: fc.constantFrom('DS_PREPARE', 'DS_APP', 'DS_LOG', 'DS_PAUSE'),
          failMode: fc.constantFrom('FAIL_SLOW', 'FAIL_SKIP'),
        }),
        fc.record({ type: fc.constant('CHECKPOINT_PREPARED'), decree }),
        fc.record({ type: fc.constant('FOLLOWER_AT'), requestNo, appliedDecree: decree }),
        fc.record({ type: fc.constant('BATCH_LOADED'), requestNo, toDecree: decree }),
        fc.record({ type: fc.constant('BATCH_SHIPPED'), requestNo, appliedDecree: decree }),
        fc.record({
          type: fc.constant('LOG_DAMAGED'),
          requestNo,
          trouble: fc.constant(trouble('BRIDLE_LOG_DAMAGED')),
          resumeAfterDecree: decree,
        }),
      ),
    },
    checkpointTransfer: {
      start: () => drive(checkpointTransfer as AnyStateMachine, transferInput()),
      events: fc.oneof(
        retry,
        failed,
        fc.record({ type: fc.constant('PRIMARY_AT'), requestNo, address: fc.constant('east-2:34801') }),
        fc.record({
          type: fc.constant('CHECKPOINT_AT'),
          requestNo,
          checkpoint: fc.constantFrom(checkpoint(1, ['a', 'b', 'c']), checkpoint(2, ['b', 'c', 'd'])),
        }),
        fc.record({ type: fc.constantFrom('FILE_VERIFIED', 'FILE_PROGRESS'), name, doneBytes: fc.nat(9) }),
        fc.record({ type: fc.constant('FILE_FAILED'), name, trouble: error.map((e) => trouble(e)) }),
        fc.record({ type: fc.constantFrom('INSTALLED', 'OPENED'), requestNo }),
      ),
    },
  };
  const seed = process.env.FC_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.FC_SEED);

  it.each(Object.keys(WALKS))(
    `given %s and seed ${seed}, then nothing throws, no wait loses its timer, and children are those of the context`,
    (chart) => {
      const walk = WALKS[chart];
      if (walk === undefined) return;
      // An event with the awaited number, an event with any number, or the timer that runs.
      const step = fc.tuple(fc.constantFrom('answer', 'answer', 'any', 'timer'), walk.events);
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
          const run = walk.start();
          for (const [how, event] of steps) {
            if (run.status !== 'active') break;
            const timer = run.timers[0];
            if (how === 'timer' && timer !== undefined) run.fire(timer.delay);
            else {
              const numbered = how === 'answer' && 'requestNo' in event;
              run.send({ ...event, ...(numbered ? { requestNo: run.context.requestNo } : {}) } as never);
            }
            const waits = `${chart}.${run.at}`;
            if (run.status === 'active' && !(waits in NO_DEADLINE)) expect(run.timers, waits).toHaveLength(1);
            else expect(run.timers, waits).toHaveLength(0);
            if (run.hasTag('blocked')) expect(run.context.trouble, waits).not.toBe(null);
            expect(run.context.attempt).toBeLessThanOrEqual(RETRY.limitAttempts);
            if (chart === 'checkpointTransfer') {
              expect(run.children).toEqual(run.context.active.map((file: string) => `file:${file}`));
              expect(run.children.length).toBeLessThanOrEqual(2);
              const { pending, active, verified } = run.context;
              const all = [...pending, ...active, ...verified];
              expect(new Set(all).size, all.join()).toBe(all.length);
              if (run.at === 'installing') {
                for (const { name: file } of run.context.checkpoint.files) expect(verified).toContain(file);
              }
            }
            if (chart === 'partitionDuplicator')
              expect(run.context.skippedMutations).toBeGreaterThanOrEqual(0);
          }
        }),
        { seed, numRuns: Number(process.env.FC_RUNS ?? 100) },
      );
    },
    120_000,
  );
});

describe('backoff', () => {
  it('given attempts, then waits double from the floor to the ceiling, and jitter stays between', () => {
    expect([0, 1, 2, 3, 4, 5, 1e6].map((attempt) => retryCeilingMs(RETRY, attempt))).toEqual([
      100, 100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(fullJitterMs(RETRY, 3, 0)).toBe(100);
    expect(fullJitterMs(RETRY, 3, 0.999999)).toBe(400);
  });
});
