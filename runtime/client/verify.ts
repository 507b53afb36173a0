import { notYet } from './not-yet.js';
import type { Table } from './table.js';

export interface VerifyProgress {
  /** Partitions of the source compared to their end. */
  readonly partitionsDone: number;
  readonly partitions: number;
  readonly sourceRows: number;
  readonly followerRows: number;
  /** Keys to be looked at again. */
  readonly suspicious: number;
}

export interface VerifyOptions {
  readonly source: Table;
  readonly follower: Table;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** First wait before a suspicious key is read again; doubles. Default 200. */
  readonly settleMs?: number;
  /** How often a suspicious key is read again. Default 5. */
  readonly recheckLimit?: number;
  /** Suspicious keys kept in memory. Default 100 000. */
  readonly maxSuspicious?: number;
}

/** A key that differs, readable: UTF-8 where it is, else hex after `0x`. */
export interface KeyExample {
  readonly hashKey: string;
  readonly sortKey: string;
}

export interface VerifyReport {
  /** True when nothing is missing, extra or different, and nothing was left out. */
  readonly equal: boolean;
  /** Rows scanned. */
  readonly source: number;
  readonly follower: number;
  /** In the source only. */
  readonly missing: number;
  /** In the follower only. */
  readonly extra: number;
  /** In both, with another value or expiry. */
  readonly differing: number;
  /** The first 100 of each. */
  readonly examples: {
    readonly missing: readonly KeyExample[];
    readonly extra: readonly KeyExample[];
    readonly differing: readonly KeyExample[];
  };
  readonly partitions: number;
  readonly elapsedMs: number;
  /** Keys that were read again. */
  readonly rechecked: number;
  /** True when more keys were suspicious than fit; those beyond were not compared again. */
  readonly truncated: boolean;
}

export function verifyTables(options: VerifyOptions): Promise<VerifyReport> {
  throw notYet(options);
}
