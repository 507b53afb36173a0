/**
 * Fetches the checkpoint of one partition, at the follower's replica server that will hold it.
 *
 *   locating ─► querying ─► copying ─► installing ─► opening ─► opened ■
 *      ▲           │           │ one spawned actor per file, at most `parallelFiles` at a time
 *      │           └─────┬─────┘
 *      └── waiting ◄─────┴─ retryable          blocked ◄─ needs an operator
 *
 * What was verified is kept: a new try asks for the checkpoint again, and only if it is another one the
 * files start anew. Every failure carries the node it concerns, so "cannot reach" names both ends.
 */
import { and, assign, fromEventObservable, not, raise, setup } from 'xstate';
import { declareEffects, describeStates, nextRequestNo, type StateMeta } from './effects.js';
import { describeError } from './errors.js';
import type { Trouble } from './messages.js';
import { type RetryPolicy, retryCeilingMs } from './retry.js';

export interface CheckpointFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Digest of the whole file in hex, empty if the source gave none. */
  readonly md5: string;
}

/** A durable checkpoint as its source describes it. */
export interface CheckpointView {
  readonly decree: number;
  /** Directory at the source, sent back with every read. */
  readonly directory: string;
  readonly files: readonly CheckpointFile[];
}

export interface CheckpointTransferTimes {
  readonly requestDeadlineMs: number;
  /** A file without a new block for this long is given up for this try. */
  readonly stalledFileMs: number;
  readonly installDeadlineMs: number;
  readonly blockedRecheckMs: number;
  readonly retry: RetryPolicy;
}

export interface CheckpointTransferInput {
  readonly partition: number;
  readonly parallelFiles: number;
  readonly times: CheckpointTransferTimes;
  /** The copy was installed before a crash; only opening is left. */
  readonly installed: boolean;
}

export interface CheckpointTransferContext extends CheckpointTransferInput {
  /** `host:port` of the source's primary. */
  readonly primary: string | null;
  readonly checkpoint: CheckpointView | null;
  /** Names of files not yet begun, being copied, and verified. */
  readonly pending: readonly string[];
  readonly active: readonly string[];
  readonly verified: readonly string[];
  readonly requestNo: number;
  readonly attempt: number;
  readonly trouble: Trouble | null;
}

/** What a spawned file copy tells the transfer. */
export type FileCopyReport =
  | { readonly type: 'FILE_PROGRESS'; readonly name: string; readonly doneBytes: number }
  | { readonly type: 'FILE_VERIFIED'; readonly name: string }
  | { readonly type: 'FILE_FAILED'; readonly name: string; readonly trouble: Trouble };

export type CheckpointTransferEvent =
  | { readonly type: 'PRIMARY_AT'; readonly requestNo: number; readonly address: string }
  | { readonly type: 'CHECKPOINT_AT'; readonly requestNo: number; readonly checkpoint: CheckpointView }
  | { readonly type: 'INSTALLED'; readonly requestNo: number }
  | { readonly type: 'OPENED'; readonly requestNo: number }
  | { readonly type: 'FAILED'; readonly requestNo: number; readonly trouble: Trouble }
  | { readonly type: 'RETRY_NOW' }
  | FileCopyReport;

export interface CheckpointTransferEffects {
  /** Ask the source's metas who holds the partition; PRIMARY_AT or FAILED. */
  locatePrimary: { readonly requestNo: number };
  /** Ask the primary for its latest durable checkpoint; CHECKPOINT_AT or FAILED. */
  queryCheckpoint: { readonly requestNo: number; readonly primary: string };
  /** Make the verified files the partition's store, atomically; INSTALLED or FAILED. */
  installCheckpoint: { readonly requestNo: number; readonly checkpoint: CheckpointView };
  /** Open the partition for reading and writing; OPENED or FAILED. */
  openPartition: { readonly requestNo: number };
}

/** What a file copy is told; self-sufficient, so that it can be started again after a restart. */
export interface FileCopyInput {
  readonly partition: number;
  readonly primary: string;
  readonly directory: string;
  readonly decree: number;
  readonly file: CheckpointFile;
}

/**
 * Stands in for the actor that copies one file. A host provides the real one; without a host the copy is
 * started and stays silent, so that an explorer decides what it reports, and when.
 */
const silentFileCopy = fromEventObservable<FileCopyReport, FileCopyInput>(() => ({
  subscribe: () => ({ unsubscribe: () => {} }),
}));

const childId = (name: string): string => `file:${name}`;

const base = setup({
  types: {
    context: {} as CheckpointTransferContext,
    input: {} as CheckpointTransferInput,
    events: {} as CheckpointTransferEvent,
    meta: {} as StateMeta,
    tags: {} as 'blocked' | 'copied',
  },
  actors: { fileCopy: silentFileCopy },
  actions: {
    ...declareEffects<CheckpointTransferEffects>()(
      'locatePrimary',
      'queryCheckpoint',
      'installCheckpoint',
      'openPartition',
    ),
    numberRequest: assign({ requestNo: ({ context }) => nextRequestNo(context.requestNo) }),
    timeOut: raise(({ context }, params: { operation: string }) => ({
      type: 'FAILED' as const,
      requestNo: context.requestNo,
      trouble: {
        error: 'ERR_TIMEOUT',
        operation: params.operation,
        ...(context.primary === null ? {} : { peer: context.primary }),
      },
    })),
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
    noteProgress: assign({ attempt: 0, trouble: null }),
    noteCheckpoint: assign(({ context, event }) => {
      if (event.type !== 'CHECKPOINT_AT') return {};
      const same =
        context.checkpoint?.decree === event.checkpoint.decree &&
        context.checkpoint.directory === event.checkpoint.directory;
      const verified = same ? context.verified : [];
      const names = event.checkpoint.files.map((file) => file.name);
      return {
        checkpoint: event.checkpoint,
        verified,
        active: [],
        pending: names.filter((name) => !verified.includes(name)),
      };
    }),
    noteVerified: assign(({ context, event }) =>
      event.type === 'FILE_VERIFIED'
        ? {
            active: context.active.filter((name) => name !== event.name),
            verified: [...context.verified.filter((name) => name !== event.name), event.name],
          }
        : {},
    ),
    startOver: assign({ attempt: 0 }),
  },
  guards: {
    stale: ({ context, event }) => 'requestNo' in event && event.requestNo !== context.requestNo,
    repeatable: ({ event }) => 'trouble' in event && describeError(event.trouble.error).kind === 'retryable',
    nothingLeft: ({ context }) => context.pending.length === 0 && context.active.length === 0,
    installed: ({ context }) => context.installed,
    active: ({ context, event }) => 'name' in event && context.active.includes(event.name),
    outcomeUnknown: ({ event }) => 'trouble' in event && describeError(event.trouble.error).outcomeUnknown,
  },
  delays: {
    requestDeadline: ({ context }) => context.times.requestDeadlineMs,
    stalledFile: ({ context }) => context.times.stalledFileMs,
    installDeadline: ({ context }) => context.times.installDeadlineMs,
    blockedRecheck: ({ context }) => context.times.blockedRecheckMs,
    retryBackoff: ({ context }) => retryCeilingMs(context.times.retry, context.attempt),
  },
});

const chart = base.extend({
  actions: {
    /** Keeps `parallelFiles` copies running while there are files left. */
    startCopies: base.enqueueActions(({ context, enqueue }) => {
      const { checkpoint, primary } = context;
      if (checkpoint === null || primary === null) return;
      const starting = context.pending.slice(0, Math.max(0, context.parallelFiles - context.active.length));
      for (const name of starting) {
        const file = checkpoint.files.find((candidate) => candidate.name === name);
        if (file === undefined) continue;
        enqueue.spawnChild('fileCopy', {
          id: childId(name),
          input: {
            partition: context.partition,
            primary,
            directory: checkpoint.directory,
            decree: checkpoint.decree,
            file,
          },
        });
      }
      enqueue.assign({
        pending: context.pending.slice(starting.length),
        active: [...context.active, ...starting],
      });
    }),
    stopCopies: base.enqueueActions(({ context, enqueue }) => {
      for (const name of context.active) enqueue.stopChild(childId(name));
      enqueue.assign({ active: [], pending: [...context.active, ...context.pending] });
    }),
    forgetCopies: base.enqueueActions(({ event, enqueue }) => {
      if (event.type === 'FILE_VERIFIED') enqueue.stopChild(childId(event.name));
    }),
  },
});

const meta = describeStates('explain', 'remove');
const no = ({ context }: { context: CheckpointTransferContext }) => ({ requestNo: context.requestNo });
const timeOut = (operation: string) => ({ actions: { type: 'timeOut' as const, params: { operation } } });

export const checkpointTransfer = chart.createMachine({
  id: 'checkpointTransfer',
  context: ({ input }) => ({
    ...input,
    primary: null,
    checkpoint: null,
    pending: [],
    active: [],
    verified: [],
    requestNo: 0,
    attempt: 0,
    trouble: null,
  }),
  initial: 'deciding',
  on: {
    FAILED: [
      { guard: 'stale' },
      { guard: 'repeatable', target: '.waiting', actions: 'noteTrouble' },
      { target: '.blocked', actions: 'noteTrouble' },
    ],
  },
  states: {
    deciding: { always: [{ guard: 'installed', target: 'opening' }, { target: 'locating' }] },
    locating: {
      meta: meta(
        'the address of the source’s primary',
        'the source’s meta servers',
        'they answer, or the request deadline passes',
      ),
      entry: ['numberRequest', { type: 'locatePrimary', params: no }],
      after: { requestDeadline: timeOut('RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX') },
      on: {
        PRIMARY_AT: [
          { guard: 'stale' },
          { target: 'querying', actions: assign({ primary: ({ event }) => event.address }) },
        ],
      },
    },
    querying: {
      meta: meta(
        'the list of the checkpoint’s files',
        'the source’s primary',
        'it answers, or the request deadline passes',
      ),
      entry: [
        'numberRequest',
        {
          type: 'queryCheckpoint',
          params: ({ context }) => ({ requestNo: context.requestNo, primary: context.primary ?? '' }),
        },
      ],
      after: { requestDeadline: timeOut('RPC_QUERY_LAST_CHECKPOINT_INFO') },
      on: { CHECKPOINT_AT: [{ guard: 'stale' }, { target: 'copying', actions: 'noteCheckpoint' }] },
    },
    copying: {
      meta: meta(
        'the files of the checkpoint, each verified',
        'the source’s primary',
        'all are verified, one fails, or none gets a block before the stall deadline',
      ),
      entry: 'startCopies',
      exit: 'stopCopies',
      always: { guard: 'nothingLeft', target: 'installing' },
      initial: 'receiving',
      states: {
        receiving: {
          after: {
            stalledFile: timeOut('RPC_NFS_COPY'),
          },
          on: {
            FILE_PROGRESS: { guard: 'active', target: 'receiving', reenter: true, actions: 'noteProgress' },
          },
        },
      },
      on: {
        // Only a file that is being copied: a late report may be about another checkpoint's file.
        FILE_VERIFIED: {
          guard: 'active',
          target: '.receiving',
          actions: ['forgetCopies', 'noteVerified', 'noteProgress', 'startCopies'],
        },
        FILE_FAILED: [
          { guard: not('active') },
          { guard: 'repeatable', target: 'waiting', actions: 'noteTrouble' },
          { target: 'blocked', actions: 'noteTrouble' },
        ],
      },
    },
    installing: {
      tags: 'copied',
      meta: meta(
        'the verified files to become the partition’s store',
        'the local disk',
        'they have, or the install deadline passes',
      ),
      entry: [
        'numberRequest',
        {
          type: 'installCheckpoint',
          params: ({ context }) => ({
            requestNo: context.requestNo,
            checkpoint: context.checkpoint ?? { decree: -1, directory: '', files: [] },
          }),
        },
      ],
      after: { installDeadline: timeOut('installCheckpoint') },
      on: {
        INSTALLED: [{ guard: 'stale' }, { target: 'opening', actions: assign({ installed: true }) }],
        // Files that could not be installed are not trusted any more: the next try verifies them again.
        FAILED: [
          { guard: 'stale' },
          { guard: and(['repeatable', 'outcomeUnknown']), target: 'waiting', actions: 'noteTrouble' },
          { guard: 'repeatable', target: 'waiting', actions: ['noteTrouble', assign({ verified: [] })] },
          { target: 'blocked', actions: ['noteTrouble', assign({ verified: [] })] },
        ],
      },
    },
    opening: {
      tags: 'copied',
      meta: meta('the partition to open', 'the local store', 'it is open, or the install deadline passes'),
      entry: ['numberRequest', { type: 'openPartition', params: no }],
      after: { installDeadline: timeOut('openPartition') },
      on: { OPENED: [{ guard: 'stale' }, { target: 'opened', actions: 'noteProgress' }] },
    },
    waiting: {
      meta: meta(
        'the backoff after a failure',
        'the clock',
        'the backoff has passed; what was verified is kept',
      ),
      after: { retryBackoff: 'deciding' },
      on: { RETRY_NOW: { target: 'deciding', actions: 'startOver' } },
    },
    blocked: {
      tags: 'blocked',
      meta: meta(
        'the obstacle that the last error names to be removed',
        'an operator',
        'the slow recheck finds the obstacle gone, or `bridle retry` is typed',
        {
          operatorCan: ['explain', 'retry', 'remove'],
          settled: 'blocked',
        },
      ),
      after: { blockedRecheck: 'deciding' },
      on: { RETRY_NOW: { target: 'deciding', actions: 'startOver' } },
    },
    opened: {
      type: 'final',
      meta: meta('nothing: the partition is open', 'nobody', 'never', { operatorCan: [], settled: 'done' }),
    },
  },
});
