import { invalidParameters } from './errors.js';
import type { Gpid } from './schema.js';

// CRC-64/NVME, reflected polynomial 0x9a6c9329ac4bc9b5, kept as two 32-bit halves: eight times faster
// than BigInt arithmetic. Slicing by 8: table k advances a byte by k further zero bytes.
const SLICES = 8;
const HIGH = new Int32Array(SLICES * 256);
const LOW = new Int32Array(SLICES * 256);
for (let n = 0; n < 256; n++) {
  let high = 0;
  let low = n;
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd !== 0) {
      high ^= 0x9a6c9329;
      low ^= 0xac4bc9b5;
    }
  }
  HIGH[n] = high;
  LOW[n] = low;
}
for (let i = 256; i < SLICES * 256; i++) {
  const high = HIGH[i - 256] as number;
  const low = LOW[i - 256] as number;
  const t = low & 255;
  LOW[i] = ((low >>> 8) | (high << 24)) ^ (LOW[t] as number);
  HIGH[i] = (high >>> 8) ^ (HIGH[t] as number);
}

/** The two unsigned halves of the hash, for callers that need no bigint. */
interface Hash64 {
  readonly high: number;
  readonly low: number;
}

function crc64Halves(bytes: Uint8Array): Hash64 {
  let high = -1;
  let low = -1;
  let i = 0;
  const whole = bytes.length - (bytes.length % SLICES);
  while (i < whole) {
    let nextHigh = 0;
    let nextLow = 0;
    for (let k = 0; k < SLICES; k++) {
      const state = k < 4 ? low >>> (8 * k) : high >>> (8 * (k - 4));
      const t = ((7 - k) << 8) + ((state ^ (bytes[i + k] as number)) & 255);
      nextHigh ^= HIGH[t] as number;
      nextLow ^= LOW[t] as number;
    }
    high = nextHigh;
    low = nextLow;
    i += SLICES;
  }
  for (; i < bytes.length; i++) {
    const t = (low ^ (bytes[i] as number)) & 255;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[t] as number);
    high = (high >>> 8) ^ (HIGH[t] as number);
  }
  return { high: ~high >>> 0, low: ~low >>> 0 };
}

/**
 * The hash of Pegasus keys, unsigned 64-bit.
 *
 * @example
 * crc64(Buffer.from('a')) === 0x8c2f8445b4cbfc3cn
 */
export function crc64(bytes: Uint8Array): bigint {
  const { high, low } = crc64Halves(bytes);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Longest hash key: its length travels in 16 bits and 0xffff is reserved. */
export const MAX_HASH_KEY_BYTES = 65534;

/**
 * The key as stored: u16 length of the hash key, hash key, sort key.
 * WireError ERR_INVALID_PARAMETERS when the hash key is longer than MAX_HASH_KEY_BYTES.
 */
export function encodeRawKey(hashKey: Uint8Array, sortKey: Uint8Array): Buffer {
  if (hashKey.length > MAX_HASH_KEY_BYTES) {
    throw invalidParameters(`a hash key of ${hashKey.length} bytes; ${MAX_HASH_KEY_BYTES} is the limit`);
  }
  const raw = Buffer.allocUnsafe(2 + hashKey.length + sortKey.length);
  raw.writeUInt16BE(hashKey.length, 0);
  raw.set(hashKey, 2);
  raw.set(sortKey, 2 + hashKey.length);
  return raw;
}

/**
 * Splits a stored key into views of its parts. A key shorter than it announces is refused with WireError
 * ERR_INVALID_PARAMETERS: a real server aborts on one.
 */
export function decodeRawKey(raw: Buffer): { hashKey: Buffer; sortKey: Buffer } {
  if (raw.length < 2) throw invalidParameters(`a raw key of ${raw.length} bytes`);
  const hashKeyEnd = 2 + raw.readUInt16BE(0);
  if (hashKeyEnd > raw.length) {
    throw invalidParameters(`a raw key of ${raw.length} bytes announces ${hashKeyEnd}`);
  }
  return { hashKey: raw.subarray(2, hashKeyEnd), sortKey: raw.subarray(hashKeyEnd) };
}

/**
 * The smallest stored key behind all keys that start with `prefix`: last byte that is not 0xff plus one,
 * the rest cut off. Empty when there is none: then the scan has no upper end.
 */
export function nextPrefix(prefix: Uint8Array): Buffer {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  const next = Buffer.from(prefix.subarray(0, end));
  if (end > 0) next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}

/** Where a scan over one hash key stops, exclusive. It starts at encodeRawKey(hashKey, empty). */
export function nextKey(hashKey: Uint8Array): Buffer {
  return nextPrefix(encodeRawKey(hashKey, new Uint8Array(0)));
}

/** The hash that routes a row: of the hash key, or of the sort key when the hash key is empty. */
export function keyHash(hashKey: Uint8Array, sortKey: Uint8Array): bigint {
  return crc64(hashKey.length > 0 ? hashKey : sortKey);
}

/** keyHash of a stored key. */
export function rawKeyHash(raw: Buffer): bigint {
  const { hashKey, sortKey } = decodeRawKey(raw);
  return keyHash(hashKey, sortKey);
}

/**
 * The partition of a row in a table of `partitionCount` partitions.
 *
 * @example
 * partitionIndex(Buffer.from('a'), Buffer.from('b'), 8) === 4
 */
export function partitionIndex(hashKey: Uint8Array, sortKey: Uint8Array, partitionCount: number): number {
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > 0x7fffffff) {
    throw invalidParameters(`a table of ${partitionCount} partitions`);
  }
  const { high, low } = crc64Halves(hashKey.length > 0 ? hashKey : sortKey);
  if ((partitionCount & (partitionCount - 1)) === 0) return (low & (partitionCount - 1)) >>> 0;
  // Below 2^21 partitions every intermediate product stays exact; above, bigint does it.
  if (partitionCount > 0x1fffff) {
    return Number(((BigInt(high) << 32n) | BigInt(low)) % BigInt(partitionCount));
  }
  return ((high % partitionCount) * (4294967296 % partitionCount) + (low % partitionCount)) % partitionCount;
}

/** The thread hash every replica request must carry; a real server aborts on another one. */
export function threadHashOf(gpid: Gpid): number {
  return (Math.imul(gpid.appId, 7919) + gpid.partitionIndex) | 0;
}
