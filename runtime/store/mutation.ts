/** One write as the log keeps it: the unit that is made durable, applied and shipped. */
export interface Mutation {
  /** Position in the partition's history; 1 for the first one, without holes. */
  readonly decree: number;
  /** Microseconds since 1970, given by the primary that accepted the write. */
  readonly timestampUs: bigint;
  /** Task code of the request, e.g. `RPC_RRDB_RRDB_PUT`. At most 65,535 bytes of UTF-8. */
  readonly code: string;
  /** Encoded request, kept as it came. */
  readonly message: Buffer;
}
