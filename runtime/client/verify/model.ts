/** What a comparison of two tables is told, tells on the way, and reports. */
import type { Table } from '../table.js';
import type { VerifyState } from './state.js';

/** How far a comparison is. */
export interface VerifyProgress {
  /** Partitions compared to their end. */
  readonly partitionsDone: number;
  readonly partitions: number;
  /** Rows compared. */
  readonly sourceRows: number;
  readonly followerRows: number;
  /** Keys to be looked at again. */
  readonly suspicious: number;
}

/** The tables to compare, and how patiently. */
export interface VerifyOptions {
  readonly source: Table;
  readonly follower: Table;
  /**
   * Identity of the duplication that ships from one to the other, `source cluster/source table/id`. With it
   * both sides are compared at a decree; without it, as they are, and what differs is read again.
   */
  readonly owner?: string | undefined;
  /** `scan` reads all rows over the wire although the servers could compute digests. Default `auto`. */
  readonly method?: 'auto' | 'scan' | undefined;
  readonly signal?: AbortSignal | undefined;
  /** At most five times a second, and once before keys are looked at again. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** Rows, and bytes of keys and values, that each side may read in a second. Default: no limit. */
  readonly rowsPerSecond?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** Where an earlier comparison of these tables stopped; BRIDLE_BAD_RESUME when it was of other tables. */
  readonly resume?: VerifyState | undefined;
  /** Hears whenever there is a new place to go on from, and once more at the end, however it ends. */
  readonly onState?: ((take: () => VerifyState) => void) | undefined;
  /** First wait before a suspicious key is read again, in milliseconds; doubles. Default 200. */
  readonly settleMs?: number | undefined;
  /** How often a suspicious key is read again. Default 5. */
  readonly recheckLimit?: number | undefined;
  /** Suspicious keys kept in memory. Default 100 000, and 16 MiB in any case. */
  readonly maxSuspicious?: number | undefined;
}

/** A key that differs, readable: UTF-8 where it is, else hexadecimal after `0x`. */
export interface KeyExample {
  readonly hashKey: string;
  readonly sortKey: string;
}

/** What was found, in a partition or in all. */
export interface RowCounts {
  /** Rows compared. */
  readonly source: number;
  readonly follower: number;
  /** In the source only. */
  readonly missing: number;
  /** In the follower only. */
  readonly extra: number;
  /** In both, with another value or another expiry. */
  readonly differing: number;
  /** Written so often that neither equality nor difference could be seen. */
  readonly unsettled: number;
}

/**
 * What a comparison can promise.
 *
 * - `decree`: digests of both sides at the same decree. A row that was not being written was compared as it
 *   was at that decree; one that was on its way was read again afterwards.
 * - `live`: digests of both sides as they were; what differed was read again until it settled.
 * - `scan`: as `live`, with every row sent over the wire.
 */
export type VerifyMode = 'decree' | 'live' | 'scan';

/** What a comparison found. Times in milliseconds; examples name keys, never values. */
export interface VerifyReport extends RowCounts {
  /** True when every row was compared and none is missing, extra, differing or unsettled. */
  readonly equal: boolean;
  /** The weakest promise among the partitions. */
  readonly mode: VerifyMode;
  /** Why not `decree`; empty when it is. */
  readonly modeReason: string;
  /** The first 100 of each. */
  readonly examples: {
    readonly missing: readonly KeyExample[];
    readonly extra: readonly KeyExample[];
    readonly differing: readonly KeyExample[];
  };
  /** Partitions of the source. */
  readonly partitions: number;
  /** By partition of the source. */
  readonly byPartition: readonly PartitionCounts[];
  readonly elapsedMs: number;
  /** Keys that were read again. */
  readonly rechecked: number;
  /** True when more keys were suspicious than fit: the rest counts as it looked at first sight. */
  readonly truncated: boolean;
  /** Keys and values that were compared on both sides, and what was received for that. */
  readonly bytesCompared: number;
  readonly bytesTransferred: number;
}

export interface PartitionCounts extends RowCounts {
  /** Decrees of the source: up to the first the follower had applied all, at the second the source was read. */
  readonly decrees?: { readonly follower: number; readonly source: number };
}

/** What a side lacks of a row: the source of an `extra` one, the follower of a `missing` one. */
export type Difference = 'missing' | 'extra' | 'differing';
