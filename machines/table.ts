/**
 * One table at a meta server: being created, available, being dropped. The follower's half of the
 * creation handshake.
 *
 *   AS_CREATING ──persisted──► AS_AVAILABLE.idle ⇄ marking ──► (recorded as created)
 *        │                          │
 *        └── cannot be stored       └─DROP─► AS_DROPPING ──persisted──► AS_DROPPED ■
 *
 * Nothing is answered before it is durable (SPEC S-DURABLE-1): a reply that could be lost and a crash
 * that could forget are the same to the requester, and both are harmless because creating is
 * idempotent for the owner.
 */
import { assign, setup } from 'xstate';
import { decideCreate, type HandshakeEnvs } from './createDecision.js';
import { declareEffects, describeStates, type StateMeta } from './effects.js';

export interface TableInput extends HandshakeEnvs {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicaCount: number;
  /** Where the durable record stands; a table not yet recorded starts as AS_CREATING. */
  readonly durable: 'AS_CREATING' | 'AS_AVAILABLE' | 'AS_DROPPING';
  /** Requester of the creation that made this table, answered when it is durable. */
  readonly requester: string | null;
  readonly storageRetryMs: number;
}

export interface TableContext extends TableInput {
  /** Requesters waiting for the write under way. */
  readonly waiting: readonly string[];
  /** Source of a live duplication; dropping is refused meanwhile. */
  readonly duplicating: boolean;
  readonly trouble: string | null;
}

export type TableEvent =
  | ({ readonly type: 'CREATE'; readonly requester: string; readonly successIfExist: boolean } & {
      readonly partitionCount: number;
      readonly replicaCount: number;
      readonly envs: HandshakeEnvs;
    })
  | { readonly type: 'DROP'; readonly requester: string; readonly expectedOwner?: string | null }
  | { readonly type: 'DUPLICATING'; readonly yes: boolean }
  | { readonly type: 'TABLE_PERSISTED' }
  | { readonly type: 'TABLE_PERSIST_FAILED'; readonly error: string };

export interface TableEffects {
  /** Write the table's record; answered by TABLE_PERSISTED or TABLE_PERSIST_FAILED. */
  persistTable: {
    readonly status: 'AS_AVAILABLE' | 'AS_DROPPED';
    readonly followerStatus: string | null;
  };
  /** Answer requesters (opaque tokens of the host). */
  answer: { readonly requesters: readonly string[]; readonly error: string; readonly hint?: string };
}

/** Waiting requesters beyond this are told to try again. */
export const WAITING_REQUESTERS_LIMIT = 64;

const meta = describeStates('table list');

const chart = setup({
  types: {
    context: {} as TableContext,
    input: {} as TableInput,
    events: {} as TableEvent,
    meta: {} as StateMeta,
  },
  actions: {
    ...declareEffects<TableEffects>()('persistTable', 'answer'),
    await: assign(({ context, event }) =>
      'requester' in event ? { waiting: [...context.waiting, event.requester] } : {},
    ),
    settleWaiting: assign({ waiting: [], trouble: null }),
    noteTrouble: assign(({ event }) =>
      event.type === 'TABLE_PERSIST_FAILED' ? { trouble: event.error } : {},
    ),
    noteDuplicating: assign(({ event }) => (event.type === 'DUPLICATING' ? { duplicating: event.yes } : {})),
  },
  guards: {
    full: ({ context }) => context.waiting.length >= WAITING_REQUESTERS_LIMIT,
    marks: ({ context, event }) =>
      event.type === 'CREATE' && !event.successIfExist && decideCreate(event.envs, context).markCreated,
    duplicating: ({ context }) => context.duplicating,
    otherOwner: ({ context, event }) =>
      event.type === 'DROP' && event.expectedOwner !== undefined && event.expectedOwner !== context.owner,
  },
  delays: { storageRetry: ({ context }) => context.storageRetryMs },
});

/** The answer to a creation of a table that is there already, when nothing has to be written. */
function answerExisting(context: TableContext, event: TableEvent): TableEffects['answer'] {
  if (event.type !== 'CREATE') return { requesters: [], error: 'ERR_INVALID_PARAMETERS' };
  const requesters = [event.requester];
  if (event.successIfExist) {
    const same =
      event.partitionCount === context.partitionCount && event.replicaCount === context.replicaCount;
    return { requesters, error: same ? 'ERR_OK' : 'ERR_INVALID_PARAMETERS' };
  }
  return { requesters, error: decideCreate(event.envs, context).error };
}

const refuse = (error: string, hint?: string) =>
  ({
    type: 'answer',
    params: ({ event }: { event: TableEvent }) => ({
      requesters: 'requester' in event ? [event.requester] : [],
      error,
      ...(hint === undefined ? {} : { hint }),
    }),
  }) as const;

/** Answers everyone who waited for the write that has just become durable. */
const answerAll = (error: string) =>
  ({
    type: 'answer',
    params: ({ context }: { context: TableContext }) => ({ requesters: context.waiting, error }),
  }) as const;

export const table = chart.createMachine({
  id: 'table',
  context: ({ input }) => ({
    ...input,
    waiting: input.requester === null ? [] : [input.requester],
    duplicating: false,
    trouble: null,
  }),
  initial: 'recovering',
  on: { DUPLICATING: { actions: 'noteDuplicating' } },
  states: {
    recovering: {
      meta: meta('nothing: the durable record decides', 'nobody', 'at once'),
      always: [
        { guard: ({ context }) => context.durable === 'AS_AVAILABLE', target: 'AS_AVAILABLE' },
        { guard: ({ context }) => context.durable === 'AS_DROPPING', target: 'AS_DROPPING' },
        { target: 'AS_CREATING' },
      ],
    },
    AS_CREATING: {
      meta: meta(
        'the table’s record to be durable',
        'the meta server’s storage',
        'it is written; failures are retried',
      ),
      initial: 'writing',
      on: {
        CREATE: { actions: refuse('ERR_BUSY_CREATING') },
        DROP: { actions: refuse('ERR_BUSY_CREATING') },
        TABLE_PERSISTED: { target: 'AS_AVAILABLE', actions: [answerAll('ERR_OK'), 'settleWaiting'] },
      },
      states: {
        writing: {
          entry: {
            type: 'persistTable',
            params: ({ context }) => ({
              status: 'AS_AVAILABLE' as const,
              followerStatus: context.followerStatus,
            }),
          },
          on: { TABLE_PERSIST_FAILED: { target: 'failed', actions: 'noteTrouble' } },
        },
        failed: { after: { storageRetry: 'writing' } },
      },
    },
    AS_AVAILABLE: {
      initial: 'idle',
      states: {
        idle: {
          meta: meta('nothing', 'nobody', 'a creation marks it, or it is dropped', { settled: 'done' }),
          on: {
            CREATE: [
              { guard: 'marks', target: 'marking', actions: 'await' },
              { actions: { type: 'answer', params: ({ context, event }) => answerExisting(context, event) } },
            ],
            DROP: [
              {
                guard: 'duplicating',
                actions: refuse(
                  'ERR_OPERATION_DISABLED',
                  'the table is the source of a duplication; remove the duplication first',
                ),
              },
              { guard: 'otherOwner', actions: refuse('ERR_INVALID_STATE', 'the table has another owner') },
              { target: '#table.AS_DROPPING', actions: 'await' },
            ],
          },
        },
        marking: {
          meta: meta(
            'the mark `created` to be durable',
            'the meta server’s storage',
            'it is written; failures are retried',
          ),
          initial: 'writing',
          on: {
            CREATE: [
              { guard: 'full', actions: refuse('ERR_BUSY') },
              { guard: 'marks', actions: 'await' },
              { actions: { type: 'answer', params: ({ context, event }) => answerExisting(context, event) } },
            ],
            DROP: { actions: refuse('ERR_BUSY') },
            TABLE_PERSISTED: {
              target: 'idle',
              actions: [assign({ followerStatus: 'created' }), answerAll('ERR_OK'), 'settleWaiting'],
            },
          },
          states: {
            writing: {
              entry: {
                type: 'persistTable',
                params: { status: 'AS_AVAILABLE' as const, followerStatus: 'created' },
              },
              on: { TABLE_PERSIST_FAILED: { target: 'failed', actions: 'noteTrouble' } },
            },
            failed: { after: { storageRetry: 'writing' } },
          },
        },
      },
    },
    AS_DROPPING: {
      meta: meta(
        'the table’s removal to be durable',
        'the meta server’s storage',
        'it is written; failures are retried',
      ),
      initial: 'writing',
      on: {
        CREATE: { actions: refuse('ERR_BUSY_DROPPING') },
        DROP: [{ guard: 'full', actions: refuse('ERR_BUSY_DROPPING') }, { actions: 'await' }],
        TABLE_PERSISTED: { target: 'AS_DROPPED', actions: [answerAll('ERR_OK'), 'settleWaiting'] },
      },
      states: {
        writing: {
          entry: {
            type: 'persistTable',
            params: ({ context }) => ({
              status: 'AS_DROPPED' as const,
              followerStatus: context.followerStatus,
            }),
          },
          on: { TABLE_PERSIST_FAILED: { target: 'failed', actions: 'noteTrouble' } },
        },
        failed: { after: { storageRetry: 'writing' } },
      },
    },
    AS_DROPPED: {
      type: 'final',
      meta: meta('nothing', 'nobody', 'never', { operatorCan: [], settled: 'done' }),
    },
  },
});
