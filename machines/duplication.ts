/**
 * One duplication, at the source's meta server.
 *
 *   DS_INIT ─► DS_PREPARE ─────────────► DS_APP ───────────► DS_LOG ⇄ DS_PAUSE
 *              checkpointing              waitingReady          any ─► DS_REMOVED ─► released ■
 *              creatingFollower           leaving
 *              leaving
 *   beside it:  storage.idle ⇄ writing ⇄ failed
 *
 * Two-phase status: a status is written first and shown when it is durable (SPEC S-DURABLE-1). While a
 * write is under way requests are answered ERR_BUSY. A reply that comes late or twice finds no
 * transition and changes nothing, which is what upstream's second readiness answer lacks.
 */
import { assign, raise, sendTo, setup } from 'xstate';
import {
  confirmRefinement,
  type DuplicationContext,
  type DuplicationEffects,
  type DuplicationEvent,
  type DuplicationInput,
  lagDecrees,
  othersBehind,
  refusal,
} from './duplicationRules.js';
import { declareEffects, nextRequestNo, type StateMeta } from './effects.js';
import { type FollowerTableInput, followerTable } from './followerTable.js';
import type { FollowerTableGoal } from './followerTableVerdict.js';
import type { DuplicationStatus } from './vocabulary.js';
import { watchdog } from './watchdog.js';

const base = setup({
  types: {
    context: {} as DuplicationContext,
    input: {} as DuplicationInput,
    events: {} as DuplicationEvent,
    meta: {} as StateMeta,
    tags: {} as DuplicationStatus,
    children: {} as { followerTable: 'followerTable'; watchdog: 'watchdog' },
  },
  actors: { followerTable, watchdog },
  actions: {
    ...declareEffects<DuplicationEffects>()(
      'persistStatus',
      'persistProgress',
      'deleteRecord',
      'answer',
      'announce',
    ),
    alter: assign(({ context }, params: { to: DuplicationStatus; requester: string | null }) => ({
      next: { status: params.to, failMode: context.failMode },
      requester: params.requester,
      writeNo: nextRequestNo(context.writeNo),
    })),
    alterAsRequested: assign(({ context, event }) =>
      event.type === 'MODIFY'
        ? {
            next: {
              status: event.status ?? context.status,
              failMode: event.failMode ?? context.failMode,
            },
            onRemove: event.onRemove ?? context.onRemove,
            requester: event.requester,
            writeNo: nextRequestNo(context.writeNo),
          }
        : {},
    ),
    show: assign(({ context }) =>
      context.next === null
        ? {}
        : {
            status: context.next.status,
            failMode: context.next.failMode,
            next: null,
            // Only storage's own trouble is over; what the follower's table waits for still stands.
            ...(context.trouble?.operation === 'persistStatus' ? { trouble: null, blocked: false } : {}),
          },
    ),
    askFor: raise((_, params: { to: DuplicationStatus }) => ({ type: 'ALTER' as const, to: params.to })),
    forgetRequester: assign({ requester: null }),
    noteConfirm: assign(({ context, event }) =>
      event.type === 'CONFIRM' ? confirmRefinement(context, event) : {},
    ),
    noteProgressPersisted: assign(({ context, event }) =>
      event.type === 'PROGRESS_PERSISTED'
        ? {
            confirmed: context.confirmed.map((decree, p) =>
              p === event.partition ? Math.max(decree, event.decree) : decree,
            ),
          }
        : {},
    ),
    noteProgressFailed: assign(({ context, event }) =>
      event.type === 'PROGRESS_PERSIST_FAILED'
        ? {
            writing: context.writing.map((d, p) =>
              p === event.partition ? (context.confirmed[p] ?? -1) : d,
            ),
          }
        : {},
    ),
    noteTrouble: assign(({ event }) =>
      event.type === 'FOLLOWER_TROUBLE' ? { trouble: event.trouble, blocked: event.blocked } : {},
    ),
    clearTrouble: assign({ trouble: null, blocked: false }),
    noteBlockAnnounced: assign({ blockAnnounced: true }),
    forgetBlock: assign({ blockAnnounced: false }),
    noteStuck: assign(({ event }) => (event.type === 'STUCK' ? { stuck: event.reason } : {})),
    noteRecovered: assign({ stuck: null }),
    expectProgress: sendTo('watchdog', { type: 'EXPECT' }),
    expectNothing: sendTo('watchdog', { type: 'QUIET' }),
    tellProgress: sendTo('watchdog', { type: 'PROGRESS' }),
    tellTrouble: sendTo('watchdog', ({ context, event }) => ({
      type: 'TROUBLE' as const,
      error:
        event.type === 'CONFIRM'
          ? (event.trouble?.error ?? 'ERR_UNKNOWN')
          : (context.trouble?.error ?? 'ERR_UNKNOWN'),
    })),
  },
  guards: {
    refused: ({ context, event }) => event.type === 'MODIFY' && refusal(context, event) !== null,
    unchanged: ({ context, event }) =>
      event.type === 'MODIFY' &&
      (event.status ?? context.status) === context.status &&
      (event.failMode ?? context.failMode) === context.failMode &&
      (event.onRemove ?? context.onRemove) === context.onRemove,
    persisted: ({ context, event }, params: { status?: DuplicationStatus }) =>
      event.type === 'STATUS_PERSISTED' &&
      event.writeNo === context.writeNo &&
      context.next !== null &&
      (params.status === undefined || context.next.status === params.status),
    /** A write that left the status as it was: a changed fail mode. */
    rewritten: ({ context, event }) =>
      event.type === 'STATUS_PERSISTED' &&
      event.writeNo === context.writeNo &&
      context.next?.status === context.status,
    persistFailed: ({ context, event }) =>
      event.type === 'STATUS_PERSIST_FAILED' && event.writeNo === context.writeNo,
    allPrepared: ({ context }) =>
      context.prepared.every(Boolean) && context.confirmed.every((decree) => decree >= 0),
    advances: ({ context, event }) =>
      event.type === 'CONFIRM' &&
      event.decree > (context.writing[event.partition] ?? Number.POSITIVE_INFINITY),
    behind: ({ context, event }) => event.type === 'CONFIRM' && lagDecrees(context, event) > 0,
    othersBehind: ({ context, event }) => event.type === 'CONFIRM' && othersBehind(context, event.partition),
    someTroubled: ({ context }) => context.partitionTrouble.some((trouble) => trouble !== null),
    troubled: ({ event }) => event.type === 'CONFIRM' && event.trouble !== null,
    durably: ({ context }, params: { status: DuplicationStatus }) => context.status === params.status,
    /** Once per blocking: a recheck that finds the obstacle still there, or fails otherwise, is no news. */
    newlyBlocked: ({ context, event }) =>
      event.type === 'FOLLOWER_TROUBLE' && event.blocked && !context.blockAnnounced,
    followerTroubled: ({ event }) => event.type === 'FOLLOWER_TROUBLE' && event.trouble !== null,
  },
  delays: { storageRetry: ({ context }) => context.times.storageRetryMs },
});

const chart = base.extend({
  actions: {
    /** The follower table goes on: its trouble is over, and if it was announced as blocked, so is this. */
    followerGoesOn: base.enqueueActions(({ context, enqueue }) => {
      enqueue('clearTrouble');
      if (!context.blockAnnounced) return;
      enqueue('forgetBlock');
      // The watchdog announces the recovery itself if it has spoken up too.
      if (context.stuck !== null) return;
      const { status } = context;
      enqueue({ type: 'announce', params: { what: 'recovered', status, trouble: null, stuck: null } });
    }),
  },
});

const persisted = (status: DuplicationStatus) => ({ type: 'persisted' as const, params: { status } });
const meta = (
  waitingFor: string,
  from: string,
  leavesWhen: string,
  more: Partial<StateMeta> = {},
): StateMeta => ({
  waitingFor,
  from,
  leavesWhen,
  operatorCan: ['explain', 'remove'],
  ...more,
});
/** After the assignments of the same transition, so that it says what is true from now on. */
const announce = (what: DuplicationEffects['announce']['what']) => ({
  type: 'announce' as const,
  params: ({ context }: { context: DuplicationContext }) => ({
    what,
    status: context.status,
    trouble: context.trouble,
    stuck: context.stuck,
  }),
});
const FOLLOWER_META = 'the follower’s meta server';

const followerInput =
  (goal: FollowerTableGoal) =>
  ({ context }: { context: DuplicationContext }): FollowerTableInput => ({
    identity: context.identity,
    remoteTable: context.remoteTable,
    partitionCount: context.confirmed.length,
    replicaCount: context.remoteReplicaCount,
    policy: context.policy,
    goal,
    times: context.times.followerTable,
  });

/**
 * A state that asks for the next status and waits until it is durable. The request falls on deaf ears
 * while a fail mode is being written, so it is repeated when that write is done.
 */
const leavingFor = (to: DuplicationStatus, target: string) => ({
  meta: meta(`${to} to be durable`, 'the meta server’s storage', 'it is written; failures are retried'),
  entry: { type: 'askFor' as const, params: { to } },
  on: {
    STATUS_PERSISTED: [
      { guard: persisted(to), target },
      { guard: 'rewritten' as const, actions: { type: 'askFor' as const, params: { to } } },
    ],
  },
});

export const duplication = chart.createMachine({
  id: 'duplication',
  context: ({ input }) => ({
    ...input,
    status: input.durable?.status ?? 'DS_INIT',
    failMode: input.durable?.failMode ?? 'FAIL_SLOW',
    next: null,
    writeNo: 0,
    prepared: input.confirmed.map(() => false),
    writing: input.confirmed,
    lastCommitted: input.confirmed,
    partitionTrouble: input.confirmed.map(() => null),
    trouble: null,
    blocked: false,
    blockAnnounced: false,
    stuck: null,
  }),
  initial: 'living',
  states: {
    living: {
      type: 'parallel',
      invoke: { src: 'watchdog', id: 'watchdog', input: ({ context }) => context.times.watchdog },
      on: {
        CONFIRM: [
          {
            guard: 'advances',
            actions: [
              {
                type: 'persistProgress',
                params: ({ event }) => ({ partition: event.partition, decree: event.decree }),
              },
              'noteConfirm',
            ],
          },
          { actions: 'noteConfirm' },
        ],
        PROGRESS_PERSISTED: [
          // While a partition is in trouble, the progress of the others does not count as progress.
          { guard: 'someTroubled', actions: 'noteProgressPersisted' },
          { actions: ['noteProgressPersisted', 'tellProgress'] },
        ],
        PROGRESS_PERSIST_FAILED: { actions: 'noteProgressFailed' },
        FOLLOWER_PROGRESS: { actions: ['followerGoesOn', 'tellProgress'] },
        FOLLOWER_TROUBLE: [
          {
            guard: 'newlyBlocked',
            actions: ['noteTrouble', 'noteBlockAnnounced', announce('blocked'), 'tellTrouble'],
          },
          { guard: 'followerTroubled', actions: ['noteTrouble', 'tellTrouble'] },
          { actions: 'followerGoesOn' },
        ],
        STUCK: { actions: ['noteStuck', announce('blocked')] },
        RECOVERED: { actions: ['noteRecovered', announce('recovered')] },
      },
      states: {
        lifecycle: {
          initial: 'recovering',
          states: {
            recovering: {
              meta: meta('nothing: the durable record decides', 'nobody', 'at once'),
              always: [
                { guard: { type: 'durably', params: { status: 'DS_PREPARE' } }, target: 'DS_PREPARE' },
                { guard: { type: 'durably', params: { status: 'DS_APP' } }, target: 'DS_APP' },
                { guard: { type: 'durably', params: { status: 'DS_LOG' } }, target: 'DS_LOG' },
                { guard: { type: 'durably', params: { status: 'DS_PAUSE' } }, target: 'DS_PAUSE' },
                { guard: { type: 'durably', params: { status: 'DS_REMOVED' } }, target: 'DS_REMOVED' },
                { target: 'DS_INIT' },
              ],
            },
            DS_INIT: {
              tags: 'DS_INIT',
              ...leavingFor('DS_PREPARE', 'DS_PREPARE'),
              entry: ['expectProgress', { type: 'askFor', params: { to: 'DS_PREPARE' } }],
            },
            DS_PREPARE: {
              tags: 'DS_PREPARE',
              entry: 'expectProgress',
              on: { STATUS_PERSISTED: { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' } },
              initial: 'checkpointing',
              states: {
                checkpointing: {
                  meta: meta(
                    'a durable checkpoint of every partition',
                    'the source’s replica servers',
                    'all partitions have reported a prepared checkpoint',
                  ),
                  always: { guard: 'allPrepared', target: 'creatingFollower' },
                },
                creatingFollower: {
                  meta: meta(
                    'the follower table to exist and to be ours',
                    FOLLOWER_META,
                    'the table carries this duplication’s identity',
                    { operatorCan: ['explain', 'retry', 'remove'] },
                  ),
                  invoke: {
                    src: 'followerTable',
                    id: 'followerTable',
                    input: followerInput('adopted'),
                    onDone: { target: 'leaving', actions: ['followerGoesOn', 'tellProgress'] },
                  },
                  on: { RETRY_NOW: { actions: sendTo('followerTable', { type: 'RETRY_NOW' }) } },
                },
                leaving: leavingFor('DS_APP', '#duplication.living.lifecycle.DS_APP'),
              },
            },
            DS_APP: {
              tags: 'DS_APP',
              entry: 'expectProgress',
              on: { STATUS_PERSISTED: { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' } },
              initial: 'waitingReady',
              states: {
                waitingReady: {
                  meta: meta(
                    'every follower partition to hold its checkpoint',
                    'the follower’s replica servers, which copy from the source',
                    'the follower reports all partitions ready',
                    { operatorCan: ['explain', 'retry', 'remove'] },
                  ),
                  invoke: {
                    src: 'followerTable',
                    id: 'followerTable',
                    input: followerInput('ready'),
                    onDone: { target: 'leaving', actions: ['followerGoesOn', 'tellProgress'] },
                  },
                  on: { RETRY_NOW: { actions: sendTo('followerTable', { type: 'RETRY_NOW' }) } },
                },
                leaving: leavingFor('DS_LOG', '#duplication.living.lifecycle.DS_LOG'),
              },
            },
            DS_LOG: {
              tags: 'DS_LOG',
              entry: 'expectNothing',
              meta: meta(
                'nothing: mutations are shipped as they come',
                'the source’s replica servers',
                'an operator pauses or removes it',
                { operatorCan: ['explain', 'pause', 'remove', 'fail-mode', 'verify'], settled: 'done' },
              ),
              on: {
                CONFIRM: [
                  {
                    guard: 'advances',
                    actions: [
                      {
                        type: 'persistProgress',
                        params: ({ event }) => ({ partition: event.partition, decree: event.decree }),
                      },
                      'noteConfirm',
                      'expectProgress',
                    ],
                  },
                  { guard: 'troubled', actions: ['noteConfirm', 'expectProgress', 'tellTrouble'] },
                  { guard: 'behind', actions: ['noteConfirm', 'expectProgress'] },
                  // One partition that has caught up does not calm the watchdog for the others.
                  { guard: 'othersBehind', actions: 'noteConfirm' },
                  { actions: ['noteConfirm', 'expectNothing'] },
                ],
                STATUS_PERSISTED: [
                  { guard: persisted('DS_PAUSE'), target: 'DS_PAUSE' },
                  { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' },
                ],
              },
            },
            DS_PAUSE: {
              tags: 'DS_PAUSE',
              entry: 'expectNothing',
              meta: meta(
                'an operator to start it again; the source keeps its logs meanwhile',
                'an operator',
                '`bridle start` or `bridle remove` is typed',
                {
                  operatorCan: ['explain', 'start', 'remove', 'fail-mode'],
                  settled: 'done',
                },
              ),
              on: {
                STATUS_PERSISTED: [
                  { guard: persisted('DS_LOG'), target: 'DS_LOG' },
                  { guard: persisted('DS_REMOVED'), target: 'DS_REMOVED' },
                ],
              },
            },
            DS_REMOVED: {
              tags: 'DS_REMOVED',
              entry: ['expectNothing', 'clearTrouble', 'forgetBlock'],
              initial: 'deciding',
              states: {
                deciding: {
                  always: [
                    { guard: ({ context }) => context.onRemove === 'drop', target: 'droppingFollower' },
                    { target: 'deletingRecord' },
                  ],
                },
                droppingFollower: {
                  meta: meta(
                    'the follower table to be dropped, as `--follower drop` demands',
                    FOLLOWER_META,
                    'no table of ours is left there; logs are released already',
                    { operatorCan: ['explain', 'retry'] },
                  ),
                  invoke: {
                    src: 'followerTable',
                    id: 'followerTable',
                    input: followerInput('dropped'),
                    onDone: { target: 'deletingRecord', actions: 'followerGoesOn' },
                  },
                  on: { RETRY_NOW: { actions: sendTo('followerTable', { type: 'RETRY_NOW' }) } },
                },
                deletingRecord: {
                  meta: meta(
                    'the record of the duplication to be deleted',
                    'the meta server’s storage',
                    'it is deleted; failures are retried',
                    { operatorCan: ['explain'] },
                  ),
                  entry: { type: 'deleteRecord', params: {} },
                  on: { RECORD_DELETED: '#duplication.released' },
                  after: {
                    storageRetry: {
                      target: 'deletingRecord',
                      reenter: true,
                      actions: assign({ trouble: { error: 'ERR_TIMEOUT', operation: 'deleteRecord' } }),
                    },
                  },
                },
              },
            },
          },
        },
        storage: {
          initial: 'idle',
          states: {
            idle: {
              on: {
                ALTER: {
                  target: 'writing',
                  actions: {
                    type: 'alter',
                    params: ({ context, event }) => ({ to: event.to, requester: context.requester }),
                  },
                },
                MODIFY: [
                  {
                    guard: 'refused',
                    actions: {
                      type: 'answer',
                      params: ({ context, event }) => ({
                        requester: event.requester,
                        ...(refusal(context, event) ?? { error: 'ERR_OK' }),
                      }),
                    },
                  },
                  {
                    guard: 'unchanged',
                    actions: {
                      type: 'answer',
                      params: ({ event }) => ({ requester: event.requester, error: 'ERR_OK' }),
                    },
                  },
                  { target: 'writing', actions: 'alterAsRequested' },
                ],
              },
            },
            writing: {
              meta: meta(
                'a changed status or fail mode to be durable',
                'the meta server’s storage',
                'it is written; past the storage deadline the requester is told so, and the write goes on',
              ),
              entry: {
                type: 'persistStatus',
                params: ({ context }) => ({
                  writeNo: context.writeNo,
                  status: context.next?.status ?? context.status,
                  failMode: context.next?.failMode ?? context.failMode,
                  onRemove: context.onRemove,
                }),
              },
              // Said once, and not written a second time: two writes under way could land in either order.
              after: {
                storageRetry: {
                  actions: [
                    assign({ trouble: { error: 'ERR_TIMEOUT', operation: 'persistStatus' } }),
                    {
                      type: 'answer',
                      params: ({ context }) => ({
                        requester: context.requester,
                        error: 'ERR_TIMEOUT',
                        hint: 'the change is kept; storage has not said yet whether it is written',
                      }),
                    },
                    'forgetRequester',
                    'tellTrouble',
                  ],
                },
              },
              on: {
                STATUS_PERSISTED: {
                  guard: { type: 'persisted', params: {} },
                  target: 'idle',
                  actions: [
                    'show',
                    announce('status'),
                    'tellProgress',
                    {
                      type: 'answer',
                      params: ({ context }) => ({ requester: context.requester, error: 'ERR_OK' }),
                    },
                    'forgetRequester',
                  ],
                },
                STATUS_PERSIST_FAILED: {
                  guard: 'persistFailed',
                  target: 'failed',
                  actions: [
                    assign({
                      trouble: ({ event }) => ({ error: event.error, operation: 'persistStatus' }),
                    }),
                    {
                      type: 'answer',
                      params: ({ context, event }) => ({
                        requester: context.requester,
                        error: event.error,
                        hint: 'the change is kept and written as soon as storage allows',
                      }),
                    },
                    'forgetRequester',
                    'tellTrouble',
                  ],
                },
                MODIFY: {
                  actions: {
                    type: 'answer',
                    params: ({ event }) => ({
                      requester: event.requester,
                      error: 'ERR_BUSY',
                      hint: 'an earlier change is still being written',
                    }),
                  },
                },
              },
            },
            failed: {
              meta: meta(
                'the next try to write a change that storage refused',
                'the clock',
                'the storage retry is due',
              ),
              on: {
                MODIFY: {
                  actions: {
                    type: 'answer',
                    params: ({ context, event }) => ({
                      requester: event.requester,
                      error: 'ERR_BUSY',
                      hint: `an earlier change cannot be written: ${context.trouble?.error ?? 'storage fails'}`,
                    }),
                  },
                },
              },
              after: { storageRetry: 'writing' },
            },
          },
        },
      },
    },
    released: {
      type: 'final',
      meta: meta('nothing: removed, and everything it held is released', 'nobody', 'never', {
        operatorCan: [],
        settled: 'done',
      }),
    },
  },
});
