/**
 * What replica servers and their meta server tell each other a few times a second: the replicas report,
 * the meta answers with what should be. One exchange carries liveness, placement, the progress of
 * duplications and the source policy, so a lost or repeated one is repaired by the next.
 *
 * It is the embedded clusters' own equivalent of upstream's config sync and duplication sync.
 */
import { z } from 'zod';
import { DUPLICATION_STATUSES, FAIL_MODES } from '../../machines/index.js';
import { policySchema } from './policy.js';

const trouble = z.object({
  error: z.string(),
  operation: z.string(),
  peer: z.string().optional(),
  hint: z.string().optional(),
});

/** Trouble with its history, as the reporting node's clock has it. */
const troubleReport = trouble.extend({
  /** The node that has the trouble; the other end is `peer`. */
  node: z.string(),
  attempts: z.number().int().nonnegative(),
  firstSeenMs: z.number(),
  /** When it tries again by itself, if it waits for that. */
  nextTryMs: z.number().optional(),
});
export type TroubleReport = z.infer<typeof troubleReport>;

const transferReport = z.object({
  state: z.string(),
  waitingFor: z.string(),
  primary: z.string().nullable(),
  doneBytes: z.number(),
  totalBytes: z.number(),
  filesDone: z.number().int(),
  filesTotal: z.number().int(),
  sinceMs: z.number(),
});
export type TransferReport = z.infer<typeof transferReport>;

const duplicationReport = z.object({
  duplicationId: z.number().int(),
  state: z.string(),
  /** Highest decree that is safe on the follower, or that of the prepared checkpoint; −1 unknown. */
  decree: z.number().int(),
  /** The follower has said that it holds the decree; otherwise it is that of a checkpoint. */
  followerHolds: z.boolean(),
  prepared: z.boolean(),
  skippedMutations: z.number().int(),
  /** Log that would be deleted if it were not for this duplication. */
  logHeldBytes: z.number().default(0),
  trouble: troubleReport.nullable(),
});
export type DuplicationReport = z.infer<typeof duplicationReport>;

/** What a partition can be, as its server reports it. */
export const PARTITION_STATES = [
  'opening',
  'copying',
  'serving',
  'missing',
  'failed',
  // Being closed for a move, and closed: whoever has the same ballot may fetch it.
  'leaving',
  'left',
] as const;

const partitionReport = z.object({
  appId: z.number().int(),
  partitionIndex: z.number().int(),
  /** `missing`: the meta says that there was data, and there is none. */
  state: z.enum(PARTITION_STATES),
  lastCommitted: z.number().int(),
  firstLogDecree: z.number().int(),
  logBytes: z.number(),
  /** Of the table's environment in force here, and whether clients' writes are refused, none being under way. */
  envVersion: z.number().int().optional(),
  writesClosed: z.boolean().optional(),
  trouble: troubleReport.nullable(),
  transfer: transferReport.nullable(),
  duplications: z.array(duplicationReport),
  /** Number of the move by which this copy came here; left out or 0: it was made here. */
  ballot: z.number().int().optional(),
  /** What a move is told of it, under the move's ballot; `holds`: there is data, up to `decree`. */
  left: z
    .object({ ballot: z.number().int(), holds: z.boolean(), decree: z.number().int() })
    .nullable()
    .optional(),
});
export type PartitionReport = z.infer<typeof partitionReport>;

/** A partition on its way to this node; not open until the orders say that it is this node's. */
const arrivalReport = z.object({
  appId: z.number().int(),
  partitionIndex: z.number().int(),
  ballot: z.number().int(),
  state: z.enum(['fetching', 'fetched', 'failed']),
  /** Of a fetched one: the last of its log. */
  decree: z.number().int(),
  trouble: troubleReport.nullable(),
  transfer: transferReport.nullable(),
});
export type ArrivalReport = z.infer<typeof arrivalReport>;

/** On disk, and nobody has ordered it. */
const leftover = z.object({
  appId: z.number().int(),
  partitionIndex: z.number().int(),
  /** Of a whole partition; see the report of one that is ordered. */
  ballot: z.number().int().optional(),
  /** Files of a move to this node, rather than a partition. */
  arrival: z.boolean().optional(),
});
export type Leftover = z.infer<typeof leftover>;

export const nodeReportSchema = z.object({
  node: z.string(),
  pid: z.number().int(),
  policyVersion: z.number().int(),
  partitions: z.array(partitionReport),
  /** Found on disk and not ordered: of tables that were dropped while this node was away, perhaps. */
  leftovers: z.array(leftover).default([]),
  arrivals: z.array(arrivalReport).optional(),
});
export type NodeReport = z.infer<typeof nodeReportSchema>;

const duplicationOrder = z.object({
  duplicationId: z.number().int(),
  status: z.enum(DUPLICATION_STATUSES),
  failMode: z.enum(FAIL_MODES),
  remoteMetas: z.array(z.string()),
  remoteTable: z.string(),
  owner: z.string(),
  /** Durable at the meta; the log above it is kept. */
  confirmedDecree: z.number().int(),
  /** Grows with every `bridle retry`. */
  retryNo: z.number().int(),
});
export type DuplicationOrder = z.infer<typeof duplicationOrder>;

const partitionOrder = z.object({
  appId: z.number().int(),
  appName: z.string(),
  partitionIndex: z.number().int(),
  partitionCount: z.number().int(),
  /** Identity of the duplication this table is the follower of, if it names one. */
  owner: z.string().nullable(),
  /** Where a follower fetches its checkpoint. */
  master: z.object({ cluster: z.string(), metas: z.array(z.string()), table: z.string() }).nullable(),
  /** Number of the move that brought it here; 0 or left out: it was made here. A copy of another is not opened. */
  ballot: z.number().int().optional(),
  /** Close it for clients, and hand it over to whoever comes with this ballot. */
  leaving: z.object({ ballot: z.number().int(), to: z.string() }).nullable().optional(),
  /** It has been open before: an absent directory means loss, not a new partition. */
  existed: z.boolean(),
  /** Requests of clients that are refused, as the table's environment has it, and the version of that. */
  denial: z.string().nullable().optional(),
  envVersion: z.number().int().optional(),
  /** Another number than before: somebody wants the copy of this partition to be tried at once. */
  copyRetryNo: z.number().int().optional(),
  duplications: z.array(duplicationOrder),
});
export type PartitionOrder = z.infer<typeof partitionOrder>;

const arrivalOrder = z.object({
  appId: z.number().int(),
  appName: z.string(),
  partitionIndex: z.number().int(),
  ballot: z.number().int(),
  /** `host:port` of the node that has closed it. */
  from: z.string(),
});
export type ArrivalOrder = z.infer<typeof arrivalOrder>;

/** What to delete, and of what age at most: a copy that came with a later move stays. */
const dropOrder = z.object({
  appId: z.number().int(),
  partitionIndex: z.number().int(),
  /** Only a copy of an earlier move than this; left out: whatever there is, the table is dropped. */
  below: z.number().int().optional(),
  /** Only what was fetched for a move to this node. */
  arrival: z.boolean().optional(),
});
export type DropOrder = z.infer<typeof dropOrder>;

export const nodeOrdersSchema = z.object({
  policy: policySchema,
  partitions: z.array(partitionOrder),
  /** Partitions of dropped tables that this node still has, and copies that moves have left behind. */
  drop: z.array(dropOrder),
  arrivals: z.array(arrivalOrder).optional(),
});
export type NodeOrders = z.infer<typeof nodeOrdersSchema>;
