/**
 * One planned move of a partition to another node of the same cluster, at the meta server.
 *
 *   recording ─► leaving ─► fetching ─► deciding ─► moved ■
 *       │           │ nothing there ──────▲
 *       │           │          │          the durable decision: from here it goes forward only
 *       └───────────┴──────────┴─► undoing ─► undone ■
 *
 * The durable record is the only thing that decides who may open the partition (SPEC S-MOVE-1). The number of
 * the attempt, its ballot, is written before anybody is told, so that no copy of an earlier attempt passes for
 * this one's; the new place is written after the old node has closed the partition and the new one has all of
 * it on disk. Whatever fails before that is undone: the old node opens the partition again.
 */
import { assign, setup } from 'xstate';
import { declareEffects, describeStates, type StateMeta } from './effects.js';
import type { Trouble } from './messages.js';

export interface PartitionMoveTimes {
  /** For the old node to close the partition and to say so. */
  readonly leaveDeadlineMs: number;
  /** For the new node to come forward: nobody serves the partition meanwhile. */
  readonly stalledFetchMs: number;
  readonly storageRetryMs: number;
}

export interface PartitionMoveInput {
  readonly partition: number;
  /** `host:port` of both nodes. */
  readonly from: string;
  readonly to: string;
  /** Number of the attempt: larger than that of every earlier one of this partition. */
  readonly ballot: number;
  /** Whether the durable record knows of it already: a meta server that has restarted carries it on. */
  readonly recorded: boolean;
  readonly times: PartitionMoveTimes;
}

export interface PartitionMoveContext extends PartitionMoveInput {
  /** Last decree of the log that the old node hands over; −1 while that is not known, or there is no data. */
  readonly decree: number;
  /** The old node has data of the partition; if not, there is nothing to fetch. */
  readonly holds: boolean;
  /** Why it is undone, or what writing meets. */
  readonly trouble: Trouble | null;
}

export type PartitionMoveEvent =
  /** The old node has closed the partition under this ballot, and opens it only if told so. */
  | { readonly type: 'LEFT'; readonly ballot: number; readonly holds: boolean; readonly decree: number }
  | { readonly type: 'LEAVE_FAILED'; readonly ballot: number; readonly trouble: Trouble }
  | { readonly type: 'FETCH_PROGRESS'; readonly ballot: number }
  /** The new node has all of it on disk, and has opened and closed it once. */
  | { readonly type: 'FETCHED'; readonly ballot: number; readonly decree: number }
  | { readonly type: 'FETCH_FAILED'; readonly ballot: number; readonly trouble: Trouble }
  /** The table is dropped: there is no record to change. */
  | { readonly type: 'TABLE_GONE' }
  | { readonly type: 'MOVE_PERSISTED' }
  | { readonly type: 'MOVE_PERSIST_FAILED'; readonly error: string };

export interface PartitionMoveEffects {
  /** Write the partition's record; answered by MOVE_PERSISTED, MOVE_PERSIST_FAILED or TABLE_GONE. */
  persistMove: {
    readonly step: 'begin' | 'complete' | 'undo';
    /** What came along, for `complete`. */
    readonly holds: boolean;
    /** Why, for `undo`. */
    readonly trouble: Trouble | null;
  };
}

const meta = describeStates('explain');

const chart = setup({
  types: {
    context: {} as PartitionMoveContext,
    input: {} as PartitionMoveInput,
    events: {} as PartitionMoveEvent,
    meta: {} as StateMeta,
    tags: {} as 'leaves' | 'fetches',
  },
  actions: {
    ...declareEffects<PartitionMoveEffects>()('persistMove'),
    noteLeft: assign(({ event }) =>
      event.type === 'LEFT' ? { holds: event.holds, decree: event.decree } : {},
    ),
    noteTrouble: assign(({ event }) => ('trouble' in event ? { trouble: event.trouble } : {})),
    noteStorage: assign(({ event }) =>
      event.type === 'MOVE_PERSIST_FAILED'
        ? { trouble: { error: event.error, operation: 'write the partition’s place' } }
        : {},
    ),
    forgetTrouble: assign({ trouble: null }),
    noteGone: assign({ trouble: { error: 'ERR_APP_DROPPED', operation: 'move partition' } }),
    noteWrongDecree: assign(({ context, event }) =>
      event.type === 'FETCHED'
        ? {
            trouble: {
              error: 'ERR_INCONSISTENT_STATE',
              operation: 'fetch partition',
              peer: context.to,
              hint: `it holds decrees up to ${event.decree}, and ${context.decree} was handed over`,
            },
          }
        : {},
    ),
    timeOut: assign(({ context }, params: { readonly node: 'old' | 'new'; readonly operation: string }) => ({
      trouble: {
        error: 'ERR_TIMEOUT',
        operation: params.operation,
        peer: params.node === 'old' ? context.from : context.to,
      },
    })),
  },
  guards: {
    otherBallot: ({ context, event }) => 'ballot' in event && event.ballot !== context.ballot,
    nothingThere: ({ event }) => event.type === 'LEFT' && !event.holds,
    wrongDecree: ({ context, event }) => event.type === 'FETCHED' && event.decree !== context.decree,
    recorded: ({ context }) => context.recorded,
  },
  delays: {
    leaveDeadline: ({ context }) => context.times.leaveDeadlineMs,
    stalledFetch: ({ context }) => context.times.stalledFetchMs,
    storageRetry: ({ context }) => context.times.storageRetryMs,
  },
});

const timeOut = (node: 'old' | 'new', operation: string) =>
  ({ target: '#partitionMove.undoing', actions: { type: 'timeOut', params: { node, operation } } }) as const;

const writing = (step: 'complete' | 'undo') =>
  ({
    entry: {
      type: 'persistMove',
      params: ({ context }: { context: PartitionMoveContext }) => ({
        step,
        holds: context.holds,
        trouble: step === 'undo' ? context.trouble : null,
      }),
    },
  }) as const;

export const partitionMove = chart.createMachine({
  id: 'partitionMove',
  context: ({ input }) => ({ ...input, decree: -1, holds: true, trouble: null }),
  initial: 'recovering',
  on: { TABLE_GONE: { target: '.undone', actions: 'noteGone' } },
  states: {
    recovering: { always: [{ guard: 'recorded', target: 'leaving' }, { target: 'recording' }] },
    recording: {
      meta: meta(
        'the attempt to be durable, before anybody is told',
        'the meta server’s storage',
        'it is written, or cannot be: then it is undone',
      ),
      entry: {
        type: 'persistMove',
        params: { step: 'begin' as const, holds: true, trouble: null },
      },
      on: {
        MOVE_PERSISTED: 'leaving',
        // Nobody knows what is on the disk now: only another write makes sure.
        MOVE_PERSIST_FAILED: { target: 'undoing', actions: 'noteStorage' },
      },
    },
    leaving: {
      tags: 'leaves',
      meta: meta(
        'the old node to close the partition and to say so',
        'the node that has it',
        'it has closed it, it cannot, or the deadline passes: then the move is undone',
      ),
      after: { leaveDeadline: timeOut('old', 'close partition') },
      on: {
        LEFT: [
          { guard: 'otherBallot' },
          { guard: 'nothingThere', target: 'deciding', actions: 'noteLeft' },
          { target: 'fetching', actions: 'noteLeft' },
        ],
        LEAVE_FAILED: [{ guard: 'otherBallot' }, { target: 'undoing', actions: 'noteTrouble' }],
      },
    },
    fetching: {
      tags: ['leaves', 'fetches'],
      meta: meta(
        'the new node to have the whole partition on disk',
        'the node that it moves to',
        'it has it, it cannot, or it does not come forward for too long: then the move is undone',
      ),
      after: { stalledFetch: timeOut('new', 'fetch partition') },
      on: {
        FETCH_PROGRESS: [{ guard: 'otherBallot' }, { target: 'fetching', reenter: true }],
        FETCHED: [
          { guard: 'otherBallot' },
          { guard: 'wrongDecree', target: 'undoing', actions: 'noteWrongDecree' },
          { target: 'deciding' },
        ],
        FETCH_FAILED: [{ guard: 'otherBallot' }, { target: 'undoing', actions: 'noteTrouble' }],
      },
    },
    deciding: {
      tags: ['leaves', 'fetches'],
      meta: meta(
        'the new place to be durable; it is not undone any more',
        'the meta server’s storage',
        'it is written; failures are retried',
      ),
      initial: 'writing',
      on: { MOVE_PERSISTED: { target: 'moved', actions: 'forgetTrouble' } },
      states: {
        writing: {
          ...writing('complete'),
          on: { MOVE_PERSIST_FAILED: { target: 'failed', actions: 'noteStorage' } },
        },
        failed: { after: { storageRetry: 'writing' } },
      },
    },
    undoing: {
      // The old node stays closed until the record says that it may open.
      tags: 'leaves',
      meta: meta(
        'the end of the attempt to be durable; then the old node opens the partition again',
        'the meta server’s storage',
        'it is written; failures are retried',
      ),
      initial: 'writing',
      on: { MOVE_PERSISTED: 'undone' },
      states: {
        writing: { ...writing('undo'), on: { MOVE_PERSIST_FAILED: 'failed' } },
        failed: { after: { storageRetry: 'writing' } },
      },
    },
    moved: {
      type: 'final',
      meta: meta('nothing: the partition has moved', 'nobody', 'never', {
        operatorCan: [],
        settled: 'done',
      }),
    },
    undone: {
      type: 'final',
      meta: meta('nothing: the partition stays where it was', 'nobody', 'never', {
        operatorCan: [],
        settled: 'done',
      }),
    },
  },
});
