import { invalidParameters } from './errors.js';

/** 2016-01-01T00:00:00Z in seconds since 1970: where the pegasus epoch starts. */
export const PEGASUS_EPOCH_SECONDS = 1451606400;

/** Expiry as stored, from milliseconds since 1970. Never 0 for a moment after 2016: 0 is "no expiry". */
export function toPegasusEpoch(unixMs: number): number {
  return Math.floor(unixMs / 1000) - PEGASUS_EPOCH_SECONDS;
}

/** Milliseconds since 1970 of a stored expiry. */
export function fromPegasusEpoch(epochSeconds: number): number {
  return (epochSeconds + PEGASUS_EPOCH_SECONDS) * 1000;
}

/** Whether a value with this expiry is gone at `nowEpochSeconds` (pegasus epoch). */
export function isExpired(expireTsSeconds: number, nowEpochSeconds: number): boolean {
  return expireTsSeconds > 0 && expireTsSeconds <= nowEpochSeconds;
}

const CLUSTER_ID_BITS = 7n;
/** Cluster ids occupy seven bits of a timetag. */
export const MAX_CLUSTER_ID = 127;

/** When and where a write happened, and whether it removed the row. */
export interface Timetag {
  /** Microseconds since 1970. */
  readonly timestampUs: bigint;
  readonly clusterId: number;
  readonly deleted: boolean;
}

/**
 * timestamp << 8 | cluster id << 1 | deleted. Comparing two timetags decides which write wins.
 *
 * @example
 * makeTimetag({ timestampUs: 1n, clusterId: 1, deleted: false }) === 258n
 */
export function makeTimetag(tag: Timetag): bigint {
  if (!Number.isInteger(tag.clusterId) || tag.clusterId < 0 || tag.clusterId > MAX_CLUSTER_ID) {
    throw invalidParameters(`cluster id ${tag.clusterId} is not in 0..${MAX_CLUSTER_ID}`);
  }
  if (tag.timestampUs < 0n || tag.timestampUs >> 56n !== 0n) {
    throw invalidParameters(`timestamp ${tag.timestampUs} does not fit 56 bits`);
  }
  const cluster = BigInt(tag.clusterId) << 1n;
  return (tag.timestampUs << (CLUSTER_ID_BITS + 1n)) | cluster | (tag.deleted ? 1n : 0n);
}

export function parseTimetag(timetag: bigint): Timetag {
  return {
    timestampUs: timetag >> (CLUSTER_ID_BITS + 1n),
    clusterId: Number((timetag >> 1n) & 0x7fn),
    deleted: (timetag & 1n) === 1n,
  };
}

/** A stored value, taken apart. `timetag` is 0n under version 0, which has none. */
export interface StoredValue {
  readonly expireTsSeconds: number;
  readonly timetag: bigint;
  /** A view of the stored bytes. */
  readonly data: Buffer;
}

/** 0: u32 expiry, data. 1: u32 expiry, u64 timetag, data. */
export type ValueVersion = 0 | 1;

const HEADER_BYTES = { 0: 4, 1: 12 } as const;

/** The stored form of a value. `expireTsSeconds` is a pegasus epoch, unsigned 32-bit, 0 for none. */
export function encodeStoredValue(
  version: ValueVersion,
  value: { readonly expireTsSeconds: number; readonly timetag: bigint; readonly data: Uint8Array },
): Buffer {
  if (value.expireTsSeconds >>> 0 !== value.expireTsSeconds) {
    throw invalidParameters(`expiry ${value.expireTsSeconds} is not an unsigned 32-bit number`);
  }
  if (BigInt.asUintN(64, value.timetag) !== value.timetag) {
    throw invalidParameters(`timetag ${value.timetag} is not an unsigned 64-bit number`);
  }
  const header = HEADER_BYTES[version];
  const stored = Buffer.allocUnsafe(header + value.data.length);
  stored.writeUInt32BE(value.expireTsSeconds, 0);
  if (version === 1) stored.writeBigUInt64BE(value.timetag, 4);
  stored.set(value.data, header);
  return stored;
}

/** Takes a stored value apart; WireError ERR_INVALID_PARAMETERS when it is shorter than its header. */
export function decodeStoredValue(version: ValueVersion, stored: Buffer): StoredValue {
  const header = HEADER_BYTES[version];
  if (stored.length < header) {
    throw invalidParameters(`a stored value of ${stored.length} bytes needs ${header}`);
  }
  return {
    expireTsSeconds: stored.readUInt32BE(0),
    timetag: version === 1 ? stored.readBigUInt64BE(4) : 0n,
    data: stored.subarray(header),
  };
}
