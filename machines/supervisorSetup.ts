/** What the chart of a supervisor is made of: its context, what it asks for, what it notes, and its guards. */
import { assign, raise, setup } from 'xstate';
import { declareEffects, nextRequestNo, type StateMeta } from './effects.js';
import type { Trouble } from './messages.js';
import { type RetryPolicy, retryCeilingMs } from './retry.js';
import { getsOn, type HealKind, type SupervisionView } from './supervisorHeals.js';
import { reasonToHandOver } from './supervisorReasons.js';
import {
  judgeSupervision,
  memoryAfter,
  type SupervisionMemory,
  type SupervisionReply,
  type SupervisionRequest,
  type SupervisionRequestKind,
  type SupervisionSight,
} from './supervisorVerdict.js';

export interface SupervisorTimes {
  /** A request without an answer is of unknown outcome after this. */
  readonly requestDeadlineMs: number;
  readonly preflightDeadlineMs: number;
  readonly verifyDeadlineMs: number;
  /** Between two looks while it is on its way. */
  readonly pollMs: number;
  /** Between two looks once it ships. */
  readonly keepMs: number;
  /** Between two tries of a way that is shut. */
  readonly pathRecheckMs: number;
  /** For a shut way to be opened; then somebody has to decide. */
  readonly patienceMs: number;
  /** What was handed over is looked at again this often, in case it was seen to. */
  readonly blockedRecheckMs: number;
  readonly retry: RetryPolicy;
}

export interface SupervisorInput {
  /** What an earlier run has left, else `NOTHING_REMEMBERED`. */
  readonly memory: SupervisionMemory;
  /** Ends when it ships, or when somebody has to decide; else it goes on watching. */
  readonly once: boolean;
  /** Compare both sides, once for each copy. */
  readonly verify: boolean;
  /** What may be destroyed; see `HealKind`. */
  readonly heal: readonly HealKind[];
  /** Healings in all, across restarts. */
  readonly healLimit: number;
  /** Looks in a row without progress after which it counts as stuck. */
  readonly quietLooksLimit: number;
  readonly times: SupervisorTimes;
}

export interface SupervisorContext extends SupervisorInput {
  readonly requestNo: number;
  readonly asked: SupervisionRequestKind;
  /** Failed attempts since the last progress; at most the policy's limit. */
  readonly attempt: number;
  /** Looks without progress; at most their limit. */
  readonly quietLooks: number;
  /** The last look at both clusters. */
  readonly view: SupervisionView | null;
  readonly trouble: Trouble | null;
  /** What is being recorded. */
  readonly next: SupervisionMemory | null;
  readonly verified: boolean;
  readonly differs: boolean;
  /** Why somebody has to decide. */
  readonly reason: Trouble | null;
}

export type SupervisorEvent = SupervisionReply | { readonly type: 'RETRY_NOW' };

export interface SupervisorEffects {
  /** The answer comes back as SUPERVISION_REPLY. */
  askSupervision: { readonly request: SupervisionRequest };
}

/** How it ended. */
export interface SupervisorOutput {
  readonly outcome: 'reached' | 'handedOver';
  readonly reason: Trouble | null;
}

type Given = { readonly context: SupervisorContext; readonly event: SupervisorEvent };
const replyOf = ({ event }: Given): SupervisionReply | null =>
  event.type === 'SUPERVISION_REPLY' ? event : null;

export const supervisorSetup = setup({
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as SupervisorEvent,
    output: {} as SupervisorOutput,
    meta: {} as StateMeta,
    tags: {} as 'blocked',
  },
  actions: {
    ...declareEffects<SupervisorEffects>()('askSupervision'),
    numberRequest: assign(({ context }, { asked }: { asked: SupervisionRequestKind }) => ({
      requestNo: nextRequestNo(context.requestNo),
      asked,
    })),
    timeOut: raise(({ context }) => ({
      type: 'SUPERVISION_REPLY' as const,
      requestNo: context.requestNo,
      error: 'ERR_TIMEOUT',
    })),
    /** Progress forgives what failed; a look that works forgives the looks that did not. */
    noteView: assign((given) => {
      const view = replyOf(given)?.view;
      const { context } = given;
      if (view === undefined) return {};
      const moved = getsOn(context, view);
      const quietLooks = moved ? 0 : Math.min(context.quietLooks + 1, context.quietLooksLimit);
      const forgiven = moved || context.trouble?.operation === 'Look' ? { attempt: 0, trouble: null } : {};
      return { view, quietLooks, ...forgiven };
    }),
    noteTrouble: assign((given) => {
      const { context } = given;
      const { error = 'ERR_TIMEOUT', hint } = replyOf(given) ?? {};
      return {
        requestNo: nextRequestNo(context.requestNo),
        trouble: troubleOf(context, error === 'ERR_OK' ? 'ERR_INVALID_DATA' : error, hint),
        attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
      };
    }),
    noteShut: assign((given) => ({
      trouble: troubleOf(given.context, 'BRIDLE_PREFLIGHT', replyOf(given)?.hint),
    })),
    /** It gets its time anew, and less often each time. */
    noteRetried: assign(({ context }) => ({
      attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
      quietLooks: 0,
    })),
    forgetTrouble: assign({ attempt: 0, trouble: null, quietLooks: 0 }),
    plan: assign((given) => {
      const reply = replyOf(given);
      return reply === null ? {} : { next: memoryAfter(given.context, reply) };
    }),
    noteRecorded: assign(({ context }) => {
      const memory = context.next ?? context.memory;
      const another = memory.dupid !== context.memory.dupid ? { verified: false, differs: false } : {};
      // To say the same again is no progress: what follows may fail for ever.
      const forgiven = memory.step !== context.memory.step ? { attempt: 0, trouble: null } : {};
      return { memory, next: null, ...forgiven, ...another };
    }),
    noteEqual: assign({ verified: true }),
    noteDiffers: assign({ differs: true }),
    giveReason: assign((given) => {
      const { context } = given;
      const reply = replyOf(given);
      const late = context.trouble ?? troubleOf(context, 'ERR_TIMEOUT', undefined);
      return {
        requestNo: nextRequestNo(context.requestNo),
        reason: reply === null ? late : reasonToHandOver(context, reply),
      };
    }),
    beginAnew: assign({ attempt: 0, trouble: null, quietLooks: 0, view: null, reason: null }),
  },
  guards: {
    sees: (given, { what }: { what: readonly SupervisionSight[] }) => {
      const reply = replyOf(given);
      return reply !== null && what.includes(judgeSupervision(given.context, reply));
    },
    once: ({ context }) => context.once,
    /** The ways were tried for what is to be added, not for something that stands still. */
    opensAnew: (given) => {
      const reply = replyOf(given);
      const isNew = given.context.view?.status === 'none';
      return reply !== null && isNew && judgeSupervision(given.context, reply) === 'open';
    },
    adds: ({ context }) => context.memory.step === 'adding',
  },
  delays: {
    requestDeadline: ({ context }) => context.times.requestDeadlineMs,
    preflightDeadline: ({ context }) => context.times.preflightDeadlineMs,
    verifyDeadline: ({ context }) => context.times.verifyDeadlineMs,
    patience: ({ context }) => context.times.patienceMs,
    pathRecheck: ({ context }) => context.times.pathRecheckMs,
    keepPoll: ({ context }) => context.times.keepMs,
    blockedRecheck: ({ context }) => context.times.blockedRecheckMs,
    /** The poll while all is well, a backoff after a failure. */
    pause: ({ context }) =>
      context.attempt === 0 ? context.times.pollMs : retryCeilingMs(context.times.retry, context.attempt),
  },
});

function troubleOf({ asked }: SupervisorContext, error: string, hint: string | undefined): Trouble {
  return { error, operation: asked, ...(hint === undefined ? {} : { hint }) };
}

export const ask = (asked: SupervisionRequestKind) =>
  [
    { type: 'numberRequest', params: { asked } },
    {
      type: 'askSupervision',
      params: ({ context }: { context: SupervisorContext }) => ({ request: requestOf(context, asked) }),
    },
  ] as const;

function requestOf(context: SupervisorContext, kind: SupervisionRequestKind): SupervisionRequest {
  const { requestNo, memory, next } = context;
  const { dupid, heal } = memory;
  switch (kind) {
    case 'Record':
      return { requestNo, kind, memory: next ?? memory };
    case 'Retry':
    case 'Verify':
      return { requestNo, kind, dupid };
    case 'Remove':
      return { requestNo, kind, dupid: heal?.dupid ?? 0 };
    case 'Drop':
      return { requestNo, kind, appId: heal?.appId ?? 0, owner: heal?.owner ?? null };
    default:
      return { requestNo, kind };
  }
}
