/** What a product of our charts is made with. */
import {
  checkpointTransfer,
  type DuplicationInput,
  duplication,
  type ExistingTablePolicy,
  type FollowerTableOnRemove,
  partitionDuplicator,
  table,
} from '../../../../machines/index.js';

/** The charts of the product; a mutation score puts changed ones in. */
export interface Charts {
  readonly duplication: typeof duplication;
  readonly table: typeof table;
  readonly partitionDuplicator: typeof partitionDuplicator;
  readonly checkpointTransfer: typeof checkpointTransfer;
}

export const SHIPPED: Charts = { duplication, table, partitionDuplicator, checkpointTransfer };

/** Kinds of processes that can crash. */
export const PROCESS_KINDS = ['sourceMeta', 'sourceNode', 'followerMeta', 'followerNode'] as const;
export type ProcessKind = (typeof PROCESS_KINDS)[number];

export const OPERATOR_VERBS = ['pause', 'start', 'remove', 'add'] as const;
export type OperatorVerb = (typeof OPERATOR_VERBS)[number];

export interface DuplicationModelOptions {
  readonly name: string;
  /** One source node and one follower node for each. */
  readonly partitions: number;
  /** Writes of clients to each partition, beside the one that is there from the start. */
  readonly writes: number;
  readonly loss: number;
  readonly duplication: number;
  readonly reorder: boolean;
  readonly lateMessages: number;
  /** See `Assumptions.delayed`; infinite: any message may be on its way for as long as it likes. */
  readonly delayed: number;
  readonly crashes: Readonly<Record<ProcessKind, number>>;
  /** Writes that a meta server's storage or a node's disk refuses. */
  readonly storageTimeouts: number;
  readonly operator: Readonly<Record<OperatorVerb, number>>;
  readonly policy: ExistingTablePolicy;
  readonly onRemove: FollowerTableOnRemove;
  /** A table of that name that is there before; of another duplication, or of none. */
  readonly existing: 'none' | 'foreign' | 'plain';
  /** Whether source nodes collect their logs. */
  readonly gc: boolean;
  /** Whether the watchdog takes part; its patience may end at any time. */
  readonly watchdog: boolean;
  /**
   * How often a deadline passes although the answer, or the question, is still on its way. Apart from
   * these a deadline passes only when nothing of the conversation is on its way any more.
   */
  readonly slowAnswers: number;
  /** Of losses, copies, slow answers, crashes and refused writes, at most so many in one run. */
  readonly disturbances: number;
  readonly charts: Charts;
}

/** Disturbances without a limit of their own. */
export const UNLIMITED = 99;

export const DEFAULTS: DuplicationModelOptions = {
  name: 'one partition, nothing goes wrong',
  partitions: 1,
  writes: 0,
  loss: 0,
  duplication: 0,
  reorder: true,
  lateMessages: 1,
  delayed: 1,
  crashes: { sourceMeta: 0, sourceNode: 0, followerMeta: 0, followerNode: 0 },
  storageTimeouts: 0,
  operator: { pause: 0, start: 0, remove: 0, add: 0 },
  policy: 'adopt',
  onRemove: 'drop',
  existing: 'none',
  gc: true,
  watchdog: false,
  slowAnswers: 0,
  disturbances: UNLIMITED,
  charts: SHIPPED,
};

/** Budgets by the names that moves use. */
export const crashBudget = (kind: ProcessKind): string => `crash ${kind}`;
export const STORAGE_BUDGET = 'storage refuses';
export const SLOW_BUDGET = 'slow answer';
export const DISTURBANCES = 'disturbances';

const RETRY = { floorMs: 100, ceilingMs: 1_000, limitAttempts: 2 } as const;

/** Times stand for themselves: in a model a timer that runs may fire. */
export const TIMES = {
  duplication: {
    storageRetryMs: 1_000,
    followerTable: {
      requestDeadlineMs: 5_000,
      readinessPollMs: 2_000,
      blockedRecheckMs: 60_000,
      retry: RETRY,
    },
    watchdog: { noProgressMs: 300_000, sameErrorMs: 120_000 },
  } satisfies DuplicationInput['times'],
  partition: {
    checkpointDeadlineMs: 600_000,
    requestDeadlineMs: 5_000,
    idlePollMs: 1_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
  transfer: {
    requestDeadlineMs: 5_000,
    stalledFileMs: 30_000,
    installDeadlineMs: 60_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
  tableStorageRetryMs: 1_000,
} as const;

export const SOURCE_META = 'sourceMeta';
export const FOLLOWER_META = 'followerMeta';
export const OPERATOR = 'operator';
export const sourceNode = (partition: number): string => `sourceNode${partition}`;
export const followerNode = (partition: number): string => `followerNode${partition}`;

export const SOURCE_CLUSTER = 'east';
export const SOURCE_TABLE = 'users';
export const FOLLOWER_TABLE = 'users_copy';
export const ownerOf = (duplicationId: number): string =>
  `${SOURCE_CLUSTER}/${SOURCE_TABLE}/${duplicationId}`;
export const FOREIGN_OWNER = 'south/users/3';
