import {
  decodeRawKey,
  encodeRawKey,
  FilterType,
  invalidParameters,
  keyHash,
  MAX_HASH_KEY_BYTES,
  type MultiGetRequest,
  nextKey,
  nextPrefix,
  partitionIndex,
} from '../../pegasus/index.js';
import type { ScanRange } from '../../store/index.js';

/** Which rows a partition holds: those whose hash, modulo `partitionCount`, is its index. */
export interface KeySpace {
  readonly partitionIndex: number;
  readonly partitionCount: number;
}

/**
 * Splits a raw key after checking all that a real server aborts on.
 *
 * @throws WireError `ERR_INVALID_PARAMETERS`: shorter than it announces, hash key of 65,535 bytes.
 */
export function splitRawKey(raw: Buffer): { readonly hashKey: Buffer; readonly sortKey: Buffer } {
  const parts = decodeRawKey(raw);
  checkHashKey(parts.hashKey);
  return parts;
}

function checkHashKey({ length }: Buffer): void {
  if (length <= MAX_HASH_KEY_BYTES) return;
  throw invalidParameters(`a hash key of ${length} bytes; ${MAX_HASH_KEY_BYTES} is the limit`);
}

/**
 * Refuses a row that cannot be, a row of another partition, and one whose hash is not the one the sender
 * computed (`announcedHash`; 0n: it computed none).
 *
 * @throws WireError `ERR_INVALID_PARAMETERS`
 */
export function checkOwnRow(hashKey: Buffer, sortKey: Buffer, space: KeySpace, announcedHash = 0n): void {
  checkHashKey(hashKey);
  if (announcedHash !== 0n && announcedHash !== keyHash(hashKey, sortKey)) {
    throw invalidParameters('the partition hash of the request is not the hash of its key');
  }
  const index = partitionIndex(hashKey, sortKey, space.partitionCount);
  if (index === space.partitionIndex) return;
  throw invalidParameters(
    `the key belongs to partition ${index} of ${space.partitionCount}, not to ${space.partitionIndex}`,
  );
}

/** All rows of one hash key. */
export function hashKeyRange(hashKey: Buffer): ScanRange {
  return { gte: encodeRawKey(hashKey, Buffer.alloc(0)), lt: nextKey(hashKey) };
}

/** The rows a MULTI_GET without sort keys speaks of. A prefix filter narrows it, so that few rows are read. */
export function sortKeyRange(request: MultiGetRequest): ScanRange {
  const { hashKey, startSortkey, stopSortkey, startInclusive, stopInclusive } = request;
  const start = encodeRawKey(hashKey, startSortkey);
  const lower: ScanRange = startInclusive ? { gte: start } : { gt: start };
  const stop = encodeRawKey(hashKey, stopSortkey);
  const upper: ScanRange =
    stopSortkey.length === 0 ? { lt: nextKey(hashKey) } : stopInclusive ? { lte: stop } : { lt: stop };
  const range = { ...lower, ...upper, reverse: request.reverse };
  const { sortKeyFilterType, sortKeyFilterPattern } = request;
  if (sortKeyFilterType !== FilterType.PREFIX || sortKeyFilterPattern.length === 0) return range;
  const first = encodeRawKey(hashKey, sortKeyFilterPattern);
  const behind = nextPrefix(first);
  return {
    ...(start.compare(first) < 0 ? { gte: first } : lower),
    ...(stopSortkey.length === 0 || stop.compare(behind) >= 0 ? { lt: behind } : upper),
    reverse: request.reverse,
  };
}

/** Whether this server knows the filter; another number is an invalid argument, as upstream. */
export function isFilterType(type: number): boolean {
  return type >= FilterType.NO_FILTER && type <= FilterType.POSTFIX;
}

/** Whether a hash key or a sort key passes. The empty pattern lets everything pass. */
export function passesFilter(type: number, pattern: Buffer, key: Buffer): boolean {
  if (type === FilterType.NO_FILTER || pattern.length === 0) return true;
  if (key.length < pattern.length) return false;
  if (type === FilterType.PREFIX) return key.subarray(0, pattern.length).equals(pattern);
  if (type === FilterType.POSTFIX) return key.subarray(key.length - pattern.length).equals(pattern);
  return key.includes(pattern);
}
