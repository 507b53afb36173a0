/**
 * The duplication of one partition, at the source's replica server that holds its primary.
 *
 *   idle ─► preparing ⇄ preparingLater ─► prepared ─► holding
 *                                                       │ DS_LOG
 *              ┌────────────────────────────────────────┘
 *              ▼
 *   shipping:  locating ─► loading ─► sending ─► loading … ─► caughtUp
 *                 ▲           └─ damaged log ─► damaged        │ LOG_APPENDED
 *                 └──── waiting ◄─ any failure      blocked ◄──┘
 *   DS_PAUSE ─► paused        removed ─► stopped ■
 *
 * Shipping never assumes what the follower holds: it asks for the last applied decree first and after
 * every failure, and starts with the next one (SPEC S-GAP-1). The follower skips what it has applied,
 * so a batch that is sent twice is applied once.
 */
import { assign, raise, setup } from 'xstate';
import { declareEffects, describeStates, nextRequestNo, type StateMeta } from './effects.js';
import { describeError } from './errors.js';
import type { Trouble } from './messages.js';
import { type RetryPolicy, retryCeilingMs } from './retry.js';
import type { DuplicationStatus, FailMode } from './vocabulary.js';

export interface PartitionDuplicatorTimes {
  readonly checkpointDeadlineMs: number;
  readonly requestDeadlineMs: number;
  /** A shipper that has caught up looks at the log again this often even if nobody wakes it. */
  readonly idlePollMs: number;
  readonly blockedRecheckMs: number;
  readonly retry: RetryPolicy;
}

export interface PartitionDuplicatorInput {
  readonly partition: number;
  /** Failed reads of the same place before FAIL_SKIP gives that place up. */
  readonly damagedReadsLimit: number;
  readonly times: PartitionDuplicatorTimes;
}

export interface PartitionDuplicatorContext extends PartitionDuplicatorInput {
  readonly failMode: FailMode;
  /** Decree of the prepared checkpoint, −1 before there is one. */
  readonly checkpointDecree: number;
  /** Highest decree known to be applied on the follower, −1 while unknown. */
  readonly shipped: number;
  /** Highest decree of the batch that is loaded. */
  readonly loaded: number;
  readonly requestNo: number;
  readonly attempt: number;
  readonly damagedReads: number;
  /** Mutations given up under FAIL_SKIP; any is data loss and is shown. */
  readonly skippedMutations: number;
  /** Highest decree given up under FAIL_SKIP, −1 if none. */
  readonly skippedTo: number;
  /** What was given up last, with what the follower held then: reading goes on after it, until a batch covers it. */
  readonly hole: { readonly afterDecree: number; readonly toDecree: number } | null;
  readonly trouble: Trouble | null;
}

export type PartitionDuplicatorEvent =
  | { readonly type: 'STATUS'; readonly status: DuplicationStatus; readonly failMode: FailMode }
  | { readonly type: 'CHECKPOINT_PREPARED'; readonly decree: number }
  | { readonly type: 'LOG_APPENDED' }
  | { readonly type: 'FOLLOWER_AT'; readonly requestNo: number; readonly appliedDecree: number }
  /** `toDecree` equal to the shipped decree means that there is nothing to ship. */
  | { readonly type: 'BATCH_LOADED'; readonly requestNo: number; readonly toDecree: number }
  | {
      readonly type: 'LOG_DAMAGED';
      readonly requestNo: number;
      readonly trouble: Trouble;
      /** Shipping can go on after this decree if the damaged part is given up. */
      readonly resumeAfterDecree: number;
    }
  | { readonly type: 'BATCH_SHIPPED'; readonly requestNo: number; readonly appliedDecree: number }
  | { readonly type: 'FAILED'; readonly requestNo: number; readonly trouble: Trouble }
  | { readonly type: 'RETRY_NOW' };

export interface PartitionDuplicatorEffects {
  /** Make a durable checkpoint that covers everything applied; CHECKPOINT_PREPARED or FAILED. */
  prepareCheckpoint: { readonly requestNo: number };
  /** Ask the follower's primary what it has applied; FOLLOWER_AT or FAILED. */
  probeFollower: { readonly requestNo: number };
  /** Read the next batch of mutations after a decree; BATCH_LOADED, LOG_DAMAGED or FAILED. */
  loadBatch: { readonly requestNo: number; readonly afterDecree: number };
  /** Send the batch that was loaded, as all that follows `fromDecreeExcluded`; BATCH_SHIPPED or FAILED. */
  shipBatch: { readonly requestNo: number; readonly fromDecreeExcluded: number; readonly toDecree: number };
}

type Asked = keyof PartitionDuplicatorEffects &
  ('prepareCheckpoint' | 'probeFollower' | 'loadBatch' | 'shipBatch');

const chart = setup({
  types: {
    context: {} as PartitionDuplicatorContext,
    input: {} as PartitionDuplicatorInput,
    events: {} as PartitionDuplicatorEvent,
    meta: {} as StateMeta,
    tags: {} as 'prepared' | 'shipping' | 'blocked' | 'behind',
  },
  actions: {
    ...declareEffects<PartitionDuplicatorEffects>()(
      'prepareCheckpoint',
      'probeFollower',
      'loadBatch',
      'shipBatch',
    ),
    numberRequest: assign({ requestNo: ({ context }) => nextRequestNo(context.requestNo) }),
    timeOut: raise(({ context }, params: { operation: string }) => ({
      type: 'FAILED' as const,
      requestNo: context.requestNo,
      trouble: { error: 'ERR_TIMEOUT', operation: params.operation },
    })),
    noteStatus: assign(({ event }) => (event.type === 'STATUS' ? { failMode: event.failMode } : {})),
    noteTrouble: assign(({ context, event }) =>
      'trouble' in event
        ? {
            trouble: event.trouble,
            attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
            // Nobody waits for this request any more: its late answer is stale, not a second failure.
            requestNo: nextRequestNo(context.requestNo),
          }
        : {},
    ),
    noteProgress: assign({ attempt: 0, trouble: null, damagedReads: 0 }),
    noteFollowerAt: assign(({ event }) =>
      event.type === 'FOLLOWER_AT' || event.type === 'BATCH_SHIPPED' ? { shipped: event.appliedDecree } : {},
    ),
    noteLoaded: assign(({ event }) => (event.type === 'BATCH_LOADED' ? { loaded: event.toDecree } : {})),
    /** Counts to the limit and no further: a blocked shipper rechecks for ever. */
    noteDamaged: assign({
      damagedReads: ({ context }) => Math.min(context.damagedReads + 1, context.damagedReadsLimit),
    }),
    /** Never back, and a hole that is met again after a failure is not counted again. */
    skipDamaged: assign(({ context, event }) => {
      if (event.type !== 'LOG_DAMAGED') return {};
      const readTo = readAfter(context);
      const resumeAfter = Math.max(event.resumeAfterDecree, readTo);
      const lostAfter = Math.max(readTo, context.skippedTo);
      return {
        skippedMutations: context.skippedMutations + Math.max(0, resumeAfter - lostAfter),
        skippedTo: Math.max(context.skippedTo, resumeAfter),
        // The follower has not moved: it takes only a batch that begins where it stands, so the next one
        // spans the hole.
        hole: {
          afterDecree: readTo > context.shipped ? (context.hole?.afterDecree ?? readTo) : readTo,
          toDecree: resumeAfter,
        },
        damagedReads: 0,
      };
    }),
    startOver: assign({ attempt: 0 }),
  },
  guards: {
    stale: ({ context, event }) => 'requestNo' in event && event.requestNo !== context.requestNo,
    status: ({ event }, params: { is: DuplicationStatus }) =>
      event.type === 'STATUS' && event.status === params.is,
    repeatable: ({ event }) =>
      event.type === 'FAILED' && describeError(event.trouble.error).kind === 'retryable',
    nothingLoaded: ({ context, event }) => event.type === 'BATCH_LOADED' && event.toDecree <= context.shipped,
    holdsNothing: ({ event }) => event.type === 'FOLLOWER_AT' && event.appliedDecree < 0,
    mayKeepReading: ({ context }) => context.damagedReads + 1 < context.damagedReadsLimit,
    maySkip: ({ context }) => context.failMode === 'FAIL_SKIP',
    movedOn: ({ context, event }) => event.type === 'BATCH_SHIPPED' && event.appliedDecree > context.shipped,
  },
  delays: {
    checkpointDeadline: ({ context }) => context.times.checkpointDeadlineMs,
    requestDeadline: ({ context }) => context.times.requestDeadlineMs,
    idlePoll: ({ context }) => context.times.idlePollMs,
    blockedRecheck: ({ context }) => context.times.blockedRecheckMs,
    retryBackoff: ({ context }) => retryCeilingMs(context.times.retry, context.attempt),
  },
});

/** Where reading goes on: after what the follower holds, or after the hole that it stands before. */
function readAfter({ shipped, hole }: PartitionDuplicatorContext): number {
  return hole !== null && shipped >= hole.afterDecree ? Math.max(shipped, hole.toDecree) : shipped;
}

const ask = (effect: Asked) =>
  [
    'numberRequest',
    {
      type: effect,
      params: ({ context }: { context: PartitionDuplicatorContext }) => ({
        requestNo: context.requestNo,
        afterDecree: readAfter(context),
        fromDecreeExcluded: context.shipped,
        toDecree: context.loaded,
      }),
    },
  ] as const;

const meta = describeStates('explain', 'pause', 'remove');
const SOURCE_META = 'the source’s meta server';
const FOLLOWER_PRIMARY = 'the follower’s primary of this partition';
const is = (status: DuplicationStatus) => ({ type: 'status' as const, params: { is: status } });

export const partitionDuplicator = chart.createMachine({
  id: 'partitionDuplicator',
  context: ({ input }) => ({
    ...input,
    failMode: 'FAIL_SLOW',
    checkpointDecree: -1,
    shipped: -1,
    loaded: -1,
    requestNo: 0,
    attempt: 0,
    damagedReads: 0,
    skippedMutations: 0,
    skippedTo: -1,
    hole: null,
    trouble: null,
  }),
  initial: 'idle',
  on: {
    STATUS: [
      { guard: is('DS_REMOVED'), target: '.stopped' },
      { guard: is('DS_PREPARE'), target: '.preparing', actions: 'noteStatus' },
      { guard: is('DS_APP'), target: '.holding', actions: 'noteStatus' },
      { guard: is('DS_LOG'), target: '.shipping', actions: 'noteStatus' },
      { guard: is('DS_PAUSE'), target: '.paused', actions: 'noteStatus' },
    ],
  },
  states: {
    idle: {
      meta: meta('the status of the duplication', SOURCE_META, 'the next sync tells it'),
    },
    preparing: {
      meta: meta(
        'a durable checkpoint of this partition',
        'the local store',
        'it is durable; failures and the deadline lead to another try',
        { operatorCan: ['explain', 'remove'] },
      ),
      entry: [...ask('prepareCheckpoint')],
      after: {
        checkpointDeadline: { actions: { type: 'timeOut', params: { operation: 'prepareCheckpoint' } } },
      },
      on: {
        STATUS: { guard: is('DS_PREPARE'), actions: 'noteStatus' },
        CHECKPOINT_PREPARED: {
          target: 'prepared',
          actions: [assign({ checkpointDecree: ({ event }) => event.decree }), 'noteProgress'],
        },
        FAILED: [{ guard: 'stale' }, { target: 'preparingLater', actions: 'noteTrouble' }],
      },
    },
    preparingLater: {
      meta: meta('the backoff after a failed checkpoint', 'the clock', 'the backoff has passed', {
        operatorCan: ['explain', 'remove'],
      }),
      after: { retryBackoff: 'preparing' },
      on: {
        STATUS: { guard: is('DS_PREPARE'), actions: 'noteStatus' },
        RETRY_NOW: 'preparing',
        // A checkpoint that takes longer than its deadline is a checkpoint all the same.
        CHECKPOINT_PREPARED: {
          target: 'prepared',
          actions: [assign({ checkpointDecree: ({ event }) => event.decree }), 'noteProgress'],
        },
      },
    },
    prepared: {
      tags: 'prepared',
      meta: meta(
        'the other partitions and the follower table',
        SOURCE_META,
        'the status moves on; the report is repeated by every sync',
        { operatorCan: ['explain', 'remove'] },
      ),
      on: { STATUS: { guard: is('DS_PREPARE'), actions: 'noteStatus' } },
    },
    holding: {
      meta: meta(
        'the follower to copy the checkpoint; logs are kept meanwhile',
        SOURCE_META,
        'the status becomes DS_LOG',
        { operatorCan: ['explain', 'remove'] },
      ),
    },
    paused: {
      meta: meta(
        'an operator to start it again; logs are kept meanwhile',
        'an operator',
        'the status becomes DS_LOG',
        { operatorCan: ['start', 'remove'], settled: 'done' },
      ),
    },
    shipping: {
      tags: 'shipping',
      initial: 'locating',
      on: {
        STATUS: { guard: is('DS_LOG'), actions: 'noteStatus' },
        FAILED: [
          { guard: 'stale' },
          { guard: 'repeatable', target: '.waiting', actions: 'noteTrouble' },
          { target: '.blocked', actions: 'noteTrouble' },
        ],
      },
      states: {
        locating: {
          meta: meta(
            'which decree the follower has applied',
            FOLLOWER_PRIMARY,
            'it answers, or the request deadline passes',
          ),
          entry: [...ask('probeFollower')],
          after: {
            requestDeadline: {
              actions: { type: 'timeOut', params: { operation: 'RPC_RRDB_RRDB_DUPLICATE' } },
            },
          },
          on: {
            FOLLOWER_AT: [
              { guard: 'stale' },
              {
                // Not this duplication's copy (any more): shipping into it could only make a gap.
                guard: 'holdsNothing',
                target: 'blocked',
                actions: assign({
                  trouble: { error: 'BRIDLE_GAP', operation: 'RPC_RRDB_RRDB_DUPLICATE' },
                }),
              },
              { target: 'loading', actions: 'noteFollowerAt' },
            ],
          },
        },
        loading: {
          tags: 'behind',
          meta: meta(
            'the next mutations from the log',
            'the local mutation log',
            'they are read, or there are none',
          ),
          entry: [...ask('loadBatch')],
          after: { requestDeadline: { actions: { type: 'timeOut', params: { operation: 'loadBatch' } } } },
          on: {
            BATCH_LOADED: [
              { guard: 'stale' },
              { guard: 'nothingLoaded', target: 'caughtUp', actions: 'noteProgress' },
              { target: 'sending', actions: 'noteLoaded' },
            ],
            LOG_DAMAGED: [
              { guard: 'stale' },
              { guard: 'mayKeepReading', target: 'waiting', actions: ['noteTrouble', 'noteDamaged'] },
              { guard: 'maySkip', target: 'loading', reenter: true, actions: ['noteTrouble', 'skipDamaged'] },
              { target: 'blocked', actions: ['noteTrouble', 'noteDamaged'] },
            ],
          },
        },
        sending: {
          tags: 'behind',
          meta: meta(
            'the follower to apply a batch durably',
            FOLLOWER_PRIMARY,
            'it acknowledges, or the request deadline passes and it is asked what it has',
          ),
          entry: [...ask('shipBatch')],
          after: {
            requestDeadline: {
              actions: { type: 'timeOut', params: { operation: 'RPC_RRDB_RRDB_DUPLICATE' } },
            },
          },
          on: {
            BATCH_SHIPPED: [
              { guard: 'stale' },
              { guard: 'movedOn', target: 'loading', actions: ['noteFollowerAt', 'noteProgress'] },
              // Acknowledged without moving on: ask where it stands instead of sending for ever.
              {
                target: 'waiting',
                actions: assign(({ context }) => ({
                  trouble: { error: 'ERR_INVALID_STATE', operation: 'RPC_RRDB_RRDB_DUPLICATE' },
                  attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
                })),
              },
            ],
          },
        },
        caughtUp: {
          meta: meta('the next write on the source', 'clients', 'a mutation is appended', {
            settled: 'done',
          }),
          after: { idlePoll: 'loading' },
          on: { LOG_APPENDED: 'loading' },
        },
        waiting: {
          tags: 'behind',
          meta: meta(
            'the backoff after a failure',
            'the clock',
            'the backoff has passed; then the follower is asked what it has',
          ),
          after: { retryBackoff: 'locating' },
          on: { RETRY_NOW: { target: 'locating', actions: 'startOver' } },
        },
        blocked: {
          tags: ['blocked', 'behind'],
          meta: meta(
            'the obstacle that the last error names to be removed',
            'an operator',
            '`bridle retry` is typed, or the slow recheck finds the obstacle gone',
            {
              operatorCan: ['explain', 'retry', 'fail-mode', 'remove'],
              settled: 'blocked',
            },
          ),
          after: { blockedRecheck: 'locating' },
          on: { RETRY_NOW: { target: 'locating', actions: 'startOver' } },
        },
      },
    },
    stopped: {
      type: 'final',
      meta: meta('nothing: removed', 'nobody', 'never', { operatorCan: [], settled: 'done' }),
    },
  },
});
