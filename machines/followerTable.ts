/**
 * Brings the follower table into being, and knows when it may be relied on. Lives at the source's meta.
 *
 *            ┌─────────────────── backingOff ◄── again: timeout (outcome unknown), busy
 *            ▼                         ▲
 *  looking ──┬─ absent ─► requesting ──┤         look, act, look again: what the table itself
 *     ▲      ├─ foreign ─► blocked     │         says counts more than any reply
 *     │      ├─ replaceable ─► dropping┘
 *     │      ├─ ours, goal adopted ─► adopted ■
 *     │      ├─ ours, goal ready ─► marking ─► checking ⇄ copying
 *     │      │                                    └─► ready ■
 *     │      └─ goal dropped ─► dropping, until nothing of ours is left ─► gone ■
 *     └── blockedRecheck, RETRY_NOW ── blocked
 *
 * Upstream's #2146: the creation's reply is lost, the repeated creation gets ERR_APP_EXIST, and
 * nothing ever moves. Here ERR_APP_EXIST is a question, and the table's owner is the answer
 * (SPEC S-OWN-1, L-SETTLE-1).
 */
import { assign, or, raise, sendParent, setup } from 'xstate';
import { declareEffects, describeStates, nextRequestNo, type StateMeta } from './effects.js';
import {
  type Advance,
  advanceOf,
  type FollowerTableGoal,
  isFurther,
  judge,
  NO_ADVANCE,
  troubleOf,
  type Verdict,
} from './followerTableVerdict.js';
import type { FollowerReply, FollowerRequest, Readiness, Trouble } from './messages.js';
import { type RetryPolicy, retryCeilingMs } from './retry.js';
import type { DuplicationIdentity, ExistingTablePolicy } from './vocabulary.js';

export interface FollowerTableTimes {
  /** A request to the follower's meta without an answer is of unknown outcome after this. */
  readonly requestDeadlineMs: number;
  /** Between two questions whether the partitions are ready. */
  readonly readinessPollMs: number;
  /** A blocked creation looks again this often, in case the obstacle was removed. */
  readonly blockedRecheckMs: number;
  readonly retry: RetryPolicy;
}

export interface FollowerTableInput {
  readonly identity: DuplicationIdentity;
  readonly remoteTable: string;
  readonly partitionCount: number;
  readonly replicaCount: number;
  readonly policy: ExistingTablePolicy;
  readonly goal: FollowerTableGoal;
  readonly times: FollowerTableTimes;
}

export interface FollowerTableContext extends FollowerTableInput {
  readonly requestNo: number;
  readonly asked: FollowerRequest['kind'];
  /** Failed attempts since the last progress; at most the policy's limit. */
  readonly attempt: number;
  readonly trouble: Trouble | null;
  /** Owner of the table that is about to be replaced. */
  readonly replacing: string | null;
  /** This run asked for the table, so a table with our identity is of our making. */
  readonly requested: boolean;
  /** The one replacement the operator allowed has been used. */
  readonly replaced: boolean;
  /** What was acknowledged and has not been seen since; a look that contradicts it is a failure. */
  readonly acknowledged: 'CreateTable' | 'DropTable' | null;
  readonly readiness: Readiness | null;
  /** How far the copy has come at most: only what is beyond is progress. */
  readonly furthest: Advance;
}

export type FollowerTableEvent = FollowerReply | { readonly type: 'RETRY_NOW' };

/** What the parent chart hears. */
export type FollowerTableReport =
  | { readonly type: 'FOLLOWER_TROUBLE'; readonly trouble: Trouble; readonly blocked: boolean }
  | { readonly type: 'FOLLOWER_PROGRESS' };

export interface FollowerTableEffects {
  /** Post a request to the follower's meta; the answer comes back as FOLLOWER_REPLY. */
  askFollower: { readonly request: FollowerRequest };
  /** An answer nobody waits for any more: worth a log line, nothing else. */
  noteStaleReply: { readonly requestNo: number };
}

const chart = setup({
  types: {
    context: {} as FollowerTableContext,
    input: {} as FollowerTableInput,
    events: {} as FollowerTableEvent,
    meta: {} as StateMeta,
    tags: {} as 'blocked',
  },
  actions: {
    ...declareEffects<FollowerTableEffects>()('askFollower', 'noteStaleReply'),
    numberRequest: assign(({ context }, params: { asked: FollowerRequest['kind'] }) => ({
      requestNo: nextRequestNo(context.requestNo),
      asked: params.asked,
      requested: context.requested || params.asked === 'CreateTable',
    })),
    timeOut: raise(({ context }) => ({
      type: 'FOLLOWER_REPLY' as const,
      requestNo: context.requestNo,
      error: 'ERR_TIMEOUT',
    })),
    noteTrouble: assign(({ context, event }) =>
      event.type === 'FOLLOWER_REPLY'
        ? {
            trouble: troubleOf(context, event),
            attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
            acknowledged: null,
          }
        : {},
    ),
    /** Only what cannot be undone by the next answer is progress: else two answers could alternate for ever. */
    noteProgress: assign({ attempt: 0, trouble: null, acknowledged: null }),
    noteAcknowledged: assign(({ context }, params: { of: 'CreateTable' | 'DropTable' }) => ({
      acknowledged: params.of,
      // A table that is made anew is copied anew.
      furthest: params.of === 'CreateTable' ? NO_ADVANCE : context.furthest,
    })),
    noteReadiness: assign(({ context, event }) => {
      if (event.type !== 'FOLLOWER_REPLY') return {};
      const advance = advanceOf(event.readiness);
      return {
        readiness: event.readiness ?? null,
        trouble: event.readiness?.trouble ?? null,
        furthest: isFurther(advance, context.furthest) ? advance : context.furthest,
      };
    }),
    noteReplacing: assign(({ event }) =>
      event.type === 'FOLLOWER_REPLY' ? { replacing: event.table?.owner ?? null } : {},
    ),
    startOver: assign({ attempt: 0, replaced: false, acknowledged: null }),
    tellProgress: sendParent({ type: 'FOLLOWER_PROGRESS' }),
    tellTrouble: sendParent(({ context }, params: { blocked: boolean }) => ({
      type: 'FOLLOWER_TROUBLE',
      trouble: context.trouble,
      blocked: params.blocked,
    })),
  },
  guards: {
    verdict: ({ context, event }, params: { is: Verdict }) =>
      event.type === 'FOLLOWER_REPLY' && judge(context, event) === params.is,
  },
  delays: {
    requestDeadline: ({ context }) => context.times.requestDeadlineMs,
    readinessPoll: ({ context }) => context.times.readinessPollMs,
    blockedRecheck: ({ context }) => context.times.blockedRecheckMs,
    /** The ceiling; a live host draws the jitter. */
    retryBackoff: ({ context }) => retryCeilingMs(context.times.retry, context.attempt),
  },
});

const on = (is: Verdict) => ({ type: 'verdict' as const, params: { is } });
const ask = (asked: FollowerRequest['kind']) =>
  [
    { type: 'numberRequest', params: { asked } },
    {
      type: 'askFollower',
      params: ({ context }: { context: FollowerTableContext }) => ({ request: requestOf(context, asked) }),
    },
  ] as const;

function requestOf(context: FollowerTableContext, kind: FollowerRequest['kind']): FollowerRequest {
  const { requestNo, remoteTable: table, identity: owner, partitionCount, replicaCount } = context;
  switch (kind) {
    case 'CreateTable':
    case 'MarkCreated':
      return { kind, requestNo, table, owner, partitionCount, replicaCount };
    case 'DropTable':
      return { kind, requestNo, table, expectedOwner: context.replacing };
    case 'LookTable':
      // SPEC L-RELEASE-1: what is not there now must not come later.
      return context.goal === 'dropped'
        ? { kind, requestNo, table, retire: owner }
        : { kind, requestNo, table };
    case 'QueryPartitions':
      return { kind, requestNo, table };
  }
}

const meta = describeStates('explain', 'retry', 'remove');
const FOLLOWER_META = 'the follower’s meta server';
const OR_UNKNOWN = 'it answers; past the request deadline the outcome is unknown and the table is looked at';
const DONE: Partial<StateMeta> = { operatorCan: [], settled: 'done' };

export const followerTable = chart.createMachine({
  id: 'followerTable',
  context: ({ input }) => ({
    ...input,
    requestNo: 0,
    asked: 'LookTable',
    attempt: 0,
    trouble: null,
    replacing: null,
    requested: false,
    replaced: false,
    acknowledged: null,
    readiness: null,
    furthest: NO_ADVANCE,
  }),
  initial: 'asking',
  output: ({ context }) => ({ goal: context.goal }),
  on: {
    FOLLOWER_REPLY: {
      actions: { type: 'noteStaleReply', params: ({ event }) => ({ requestNo: event.requestNo }) },
    },
  },
  states: {
    asking: {
      initial: 'looking',
      on: {
        FOLLOWER_REPLY: [
          { guard: on('again'), target: 'backingOff', actions: 'noteTrouble' },
          { guard: on('stop'), target: 'blocked', actions: 'noteTrouble' },
        ],
      },
      states: {
        looking: {
          meta: meta(
            'what the follower says about the table: absent, ours or foreign',
            FOLLOWER_META,
            OR_UNKNOWN,
          ),
          entry: [...ask('LookTable')],
          after: { requestDeadline: { actions: 'timeOut' } },
          on: {
            FOLLOWER_REPLY: [
              { guard: on('absent'), target: 'requesting' },
              { guard: on('replaceable'), target: 'dropping', actions: 'noteReplacing' },
              { guard: on('adopted'), target: '#followerTable.adopted', actions: 'noteProgress' },
              { guard: on('gone'), target: '#followerTable.gone', actions: 'noteProgress' },
              { guard: on('unmarked'), target: 'marking' },
              { guard: on('marked'), target: 'checking' },
            ],
          },
        },
        requesting: {
          meta: meta(
            'the follower to create the table in this duplication’s name',
            FOLLOWER_META,
            OR_UNKNOWN,
          ),
          entry: [...ask('CreateTable')],
          after: { requestDeadline: { actions: 'timeOut' } },
          on: {
            FOLLOWER_REPLY: [
              {
                guard: on('done'),
                target: 'looking',
                actions: { type: 'noteAcknowledged', params: { of: 'CreateTable' } },
              },
              { guard: on('exists'), target: 'looking', actions: 'noteTrouble' },
            ],
          },
        },
        dropping: {
          meta: meta(
            'the table in the way to be dropped, as policy `replace` demands',
            FOLLOWER_META,
            OR_UNKNOWN,
          ),
          entry: [...ask('DropTable')],
          after: { requestDeadline: { actions: 'timeOut' } },
          on: {
            FOLLOWER_REPLY: [
              {
                guard: or([on('done'), on('absent')]),
                target: 'looking',
                actions: [
                  { type: 'noteAcknowledged', params: { of: 'DropTable' } },
                  assign({ replaced: true }),
                ],
              },
            ],
          },
        },
        marking: {
          meta: meta('the follower to record the table as created', FOLLOWER_META, OR_UNKNOWN),
          entry: [...ask('MarkCreated')],
          after: { requestDeadline: { actions: 'timeOut' } },
          on: {
            FOLLOWER_REPLY: [
              { guard: on('done'), target: 'checking', actions: 'tellProgress' },
              { guard: on('absent'), target: 'looking', actions: 'noteTrouble' },
            ],
          },
        },
        checking: {
          meta: meta('how many follower partitions hold their checkpoint', FOLLOWER_META, OR_UNKNOWN),
          entry: [...ask('QueryPartitions')],
          after: { requestDeadline: { actions: 'timeOut' } },
          on: {
            FOLLOWER_REPLY: [
              { guard: on('absent'), target: 'looking', actions: 'noteTrouble' },
              {
                guard: on('ready'),
                target: '#followerTable.ready',
                actions: ['noteProgress', 'noteReadiness', 'tellProgress'],
              },
              {
                guard: on('moreReady'),
                target: '#followerTable.copying',
                actions: ['noteProgress', 'noteReadiness', 'tellProgress'],
              },
              {
                guard: on('notReady'),
                target: '#followerTable.copying',
                actions: ['noteProgress', 'noteReadiness'],
              },
            ],
          },
        },
      },
    },
    copying: {
      meta: meta(
        'the follower’s nodes to copy, verify and open the checkpoint of every partition',
        'the follower’s replica servers, which read from the source’s replica servers',
        'the readiness poll is due; the watchdog speaks up when no partition comes forward',
      ),
      entry: [{ type: 'tellTrouble', params: { blocked: false } }],
      after: { readinessPoll: 'asking.checking' },
      on: { RETRY_NOW: 'asking.checking' },
    },
    backingOff: {
      meta: meta(
        'the backoff after a failed or unanswered request',
        'the clock',
        'the backoff has passed; then the table is looked at before anything is asked again',
      ),
      entry: [{ type: 'tellTrouble', params: { blocked: false } }],
      after: { retryBackoff: 'asking' },
      on: { RETRY_NOW: { target: 'asking', actions: 'startOver' } },
    },
    blocked: {
      tags: 'blocked',
      meta: meta(
        'the obstacle that the last error names to be removed',
        'an operator',
        '`bridle retry` is typed, or the slow recheck finds the obstacle gone',
        { settled: 'blocked' },
      ),
      entry: [{ type: 'tellTrouble', params: { blocked: true } }],
      after: { blockedRecheck: 'asking' },
      on: { RETRY_NOW: { target: 'asking', actions: 'startOver' } },
    },
    adopted: { type: 'final', meta: meta('nothing: the table exists and is ours', 'nobody', 'never', DONE) },
    gone: { type: 'final', meta: meta('nothing: no table of ours is left', 'nobody', 'never', DONE) },
    ready: {
      type: 'final',
      meta: meta('nothing: every follower partition holds its checkpoint', 'nobody', 'never', DONE),
    },
  },
});
