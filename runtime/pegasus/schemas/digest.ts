/** Ours: digests of the rows of one partition, so that two tables are compared without sending the rows. */
import { field, type Infer, list, optional, struct } from '../schema.js';

/** Asks for a snapshot of the partition that the header names. */
export const digestOpenRequest = struct('digest_open_request', {
  /** Asks a follower how far it has applied what this duplication ships. */
  owner: optional(1, 'string'),
  /** Asks a source for the keys that were written after this decree of its own. */
  sinceDecree: optional(2, 'i64'),
});
export type DigestOpenRequest = Infer<typeof digestOpenRequest>;

export const digestOpenResponse = struct('digest_open_response', {
  error: field(1, 'i32'),
  /** For RPC_BRIDLE_DIGEST_READ and _CLOSE at the same server. */
  snapshotId: field(2, 'i64'),
  /** The partition's own decree at which the snapshot was taken. */
  decree: field(3, 'i64'),
  /** The source's decree up to which the snapshot has applied; absent if the table is not the owner's. */
  appliedDecree: optional(4, 'i64'),
  /** Raw keys written after `sinceDecree`, up to `decree`; absent if the log does not tell, or too many. */
  written: optional(5, list('blob')),
});
export type DigestOpenResponse = Infer<typeof digestOpenResponse>;

/** Asks for the digests of what comes next. Raw keys throughout. */
export const digestReadRequest = struct('digest_read_request', {
  snapshotId: field(1, 'i64'),
  /** Where to go on, exclusive; absent: at the first row. */
  after: optional(2, 'blob'),
  /** Where to end, inclusive; absent: behind the last row. */
  upTo: optional(3, 'blob'),
  /** A digest for each row, rather than for ranges of rows. */
  rowByRow: field(4, 'bool'),
  /** Rows that have expired by then are left out. Pegasus epoch. */
  nowSeconds: field(5, 'i64'),
  /** The answer ends with the range that reaches one of them, expired rows included. */
  maxRows: field(6, 'i32'),
  maxBytes: field(7, 'i32'),
  /** Keys to leave out of digests from now on, for the rest of this snapshot's life. */
  leaveOut: optional(8, list('blob')),
});
export type DigestReadRequest = Infer<typeof digestReadRequest>;

/** Digest of the rows behind the range before, or behind `after`, up to and including `end`. */
export const rangeDigest = struct('range_digest', {
  end: field(1, 'blob'),
  /** 16 bytes over keys, values and expiries. */
  digest: field(2, 'blob'),
  /** In the digest. */
  rows: field(3, 'i32'),
});
export type RangeDigest = Infer<typeof rangeDigest>;

export const digestReadResponse = struct('digest_read_response', {
  error: field(1, 'i32'),
  ranges: field(2, list(rangeDigest)),
  /** Nothing follows, up to `upTo`. */
  ended: field(3, 'bool'),
  /** What was read for this answer: rows, and bytes of their keys and values. */
  visitedRows: field(4, 'i32'),
  visitedBytes: field(5, 'i64'),
  /** The last row that was read, be it in no range; absent when there was none. */
  lastKey: optional(6, 'blob'),
});
export type DigestReadResponse = Infer<typeof digestReadResponse>;
