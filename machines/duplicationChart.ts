/** What the duplication chart is made of: its actions, guards and delays, and the pieces its states share. */
import { assign, raise, sendTo, setup } from 'xstate';
import {
  advances,
  confirmRefinement,
  type DuplicationContext,
  type DuplicationEffects,
  type DuplicationEvent,
  type DuplicationInput,
  laggingPartitions,
  refusal,
  someBehind,
  tellsOfLag,
  troubleToTell,
} from './duplicationRules.js';
import { declareEffects, describeStates, nextRequestNo, type StateMeta } from './effects.js';
import { type FollowerTableInput, followerTable } from './followerTable.js';
import type { FollowerTableGoal } from './followerTableVerdict.js';
import type { DuplicationStatus } from './vocabulary.js';
import { type WatchdogStage, watchdog } from './watchdog.js';

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
            storageTrouble: null,
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
    expectProgress: sendTo('watchdog', ({ context }, params: { stage: WatchdogStage }) => ({
      type: 'EXPECT' as const,
      stage: params.stage,
      lagging: laggingPartitions(context),
    })),
    expectNothing: sendTo('watchdog', { type: 'QUIET' }),
    tellProgress: sendTo('watchdog', ({ context, event }) => ({
      type: 'PROGRESS' as const,
      partition: event.type === 'PROGRESS_PERSISTED' ? event.partition : null,
      lagging: laggingPartitions(context),
    })),
    tellTrouble: sendTo('watchdog', ({ context, event }) => ({
      type: 'TROUBLE' as const,
      error: troubleToTell(context, event)?.error ?? 'ERR_UNKNOWN',
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
    advances: ({ context, event }) => event.type === 'CONFIRM' && advances(context, event),
    behind: ({ context, event }) => event.type === 'CONFIRM' && tellsOfLag(context, event),
    othersBehind: ({ context, event }) => event.type === 'CONFIRM' && someBehind(context, event.partition),
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

export const chart = base.extend({
  actions: {
    /** A partition that is behind already, or of which nobody has told yet, may never be told of again. */
    expectShipping: base.enqueueActions(({ context, enqueue }) => {
      enqueue(someBehind(context) ? { type: 'expectProgress', params: { stage: 'ship' } } : 'expectNothing');
    }),
    /** The follower table goes on: its trouble is over, and if it was announced as blocked, so is this. */
    followerGoesOn: base.enqueueActions(({ context, enqueue }) => {
      enqueue('clearTrouble');
      if (!context.blockAnnounced) return;
      enqueue('forgetBlock');
      // The watchdog announces the recovery itself if it has spoken up too.
      if (context.stuck !== null) return;
      const { status, storageTrouble: trouble } = context;
      enqueue({ type: 'announce', params: { what: 'recovered', status, trouble, stuck: null } });
    }),
  },
});

export const persisted = (status: DuplicationStatus) => ({ type: 'persisted' as const, params: { status } });
/** Progress is due, within the patience of a stage. */
export const expect = (stage: WatchdogStage) => ({ type: 'expectProgress' as const, params: { stage } });
export const meta = describeStates('explain', 'remove');
/** After the assignments of the same transition, so that it says what is true from now on. */
export const announce = (what: DuplicationEffects['announce']['what']) => ({
  type: 'announce' as const,
  params: ({ context, event }: { context: DuplicationContext; event: DuplicationEvent }) => ({
    what,
    status: context.status,
    trouble:
      event.type === 'FOLLOWER_TROUBLE' ? context.trouble : (context.storageTrouble ?? context.trouble),
    stuck: context.stuck,
  }),
});
export const FOLLOWER_META = 'the follower’s meta server';

export const followerInput =
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
export const leavingFor = (to: DuplicationStatus, target: string) => ({
  meta: meta(`${to} to be durable`, 'the meta server’s storage', 'it is written; failures are retried'),
  entry: { type: 'askFor' as const, params: { to } },
  on: {
    STATUS_PERSISTED: [
      { guard: persisted(to), target },
      { guard: 'rewritten' as const, actions: { type: 'askFor' as const, params: { to } } },
    ],
  },
});
