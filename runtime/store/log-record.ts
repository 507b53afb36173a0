import { crc32 } from 'node:zlib';
import type { Mutation } from './mutation.js';

/**
 * The bytes of a log segment, all numbers little-endian:
 *
 * ```text
 * segment  magic "BRDL" (4) | version (4) | first decree (8) | crc of the 16 bytes before (4) | records
 * record   crc of the rest (4) | length of the rest (4) | decree (8) | durable decree (8)
 *          | timestamp in microseconds (8) | length of code (2) | code | message
 * ```
 *
 * The *durable decree* of a record says which decrees were already on disk when it was written. It is what
 * tells a torn tail (never acknowledged, to be cut) from damage to something that had been acknowledged.
 */
export const segmentHeaderBytes = 20;
const recordHeaderBytes = 8;
const fixedBytes = recordHeaderBytes + 26;
const magic = 0x4c445242;
const version = 1;
const two32 = 2 ** 32;
/** Larger lengths are taken for damage. */
const maxRecordBytes = 1024 * 1024 * 1024;
const maxCodeBytes = 65_535;

export interface DecodedRecord {
  readonly mutation: Mutation;
  /** Every decree up to this one was durable before the record was written. */
  readonly durableDecree: number;
  readonly sizeBytes: number;
}

/** What is found at a place where a record should be. */
export type RecordAt = DecodedRecord | { readonly bad: string } | { readonly needsBytes: number };

export function encodeSegmentHeader(firstDecree: number): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.writeUInt32LE(magic, 0);
  header.writeUInt32LE(version, 4);
  writeDecree(header, firstDecree, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  return header;
}

/** First decree of a segment, or what is wrong with its header. */
export function decodeSegmentHeader(header: Buffer): number | { readonly bad: string } {
  if (header.length < segmentHeaderBytes) return { bad: 'the header is cut off' };
  if (header.readUInt32LE(0) !== magic) return { bad: 'not a mutation log' };
  if (header.readUInt32LE(4) !== version)
    return { bad: `format version ${header.readUInt32LE(4)} is not known` };
  if (crc32(header.subarray(0, 16)) !== header.readUInt32LE(16))
    return { bad: 'wrong checksum of the header' };
  return readDecree(header, 8);
}

export function recordBytes(mutation: Mutation): number {
  return fixedBytes + codeBytes(mutation.code).length + mutation.message.length;
}

/** False when the mutation cannot be represented. */
export function isEncodable(mutation: Mutation): boolean {
  return (
    codeBytes(mutation.code).length <= maxCodeBytes &&
    recordBytes(mutation) <= maxRecordBytes &&
    mutation.timestampUs >= 0n &&
    mutation.timestampUs < 2n ** 64n
  );
}

/** Writes a record at `at` and returns the offset after it. */
export function encodeRecord(into: Buffer, at: number, mutation: Mutation, durableDecree: number): number {
  const code = codeBytes(mutation.code);
  const end = at + fixedBytes + code.length + mutation.message.length;
  into.writeUInt32LE(end - at - recordHeaderBytes, at + 4);
  writeDecree(into, mutation.decree, at + 8);
  writeDecree(into, durableDecree, at + 16);
  into.writeBigUInt64LE(mutation.timestampUs, at + 24);
  into.writeUInt16LE(code.length, at + 32);
  code.copy(into, at + fixedBytes);
  mutation.message.copy(into, at + fixedBytes + code.length);
  into.writeUInt32LE(crc32(into.subarray(at + 4, end)), at);
  return end;
}

/**
 * Reads the record at `at`. The message is a view of `from`, not a copy.
 *
 * `needsBytes` means that `from` ends inside the record; it is the size the whole record would have.
 */
export function decodeRecord(from: Buffer, at: number): RecordAt {
  const available = from.length - at;
  if (available < recordHeaderBytes) return { needsBytes: recordHeaderBytes };
  const sizeBytes = recordHeaderBytes + from.readUInt32LE(at + 4);
  if (sizeBytes < fixedBytes || sizeBytes > maxRecordBytes) return { bad: 'impossible length' };
  if (available < sizeBytes) return { needsBytes: sizeBytes };
  const end = at + sizeBytes;
  if (crc32(from.subarray(at + 4, end)) !== from.readUInt32LE(at)) return { bad: 'wrong checksum' };
  const messageAt = at + fixedBytes + from.readUInt16LE(at + 32);
  if (messageAt > end) return { bad: 'impossible length of the code' };
  return {
    mutation: {
      decree: readDecree(from, at + 8),
      timestampUs: from.readBigUInt64LE(at + 24),
      code: codeOf(from, at + fixedBytes, messageAt),
      message: from.subarray(messageAt, end),
    },
    durableDecree: readDecree(from, at + 16),
    sizeBytes,
  };
}

/**
 * Decides what a bad record is. `bytes` goes from the bad record to the end of the last segment and starts at
 * `fileOffset`; `decree` is the one expected there.
 *
 * - A later whole record that knows the decree as durable: damage.
 * - A later whole record of the same group: damage too, unless a part of the hole is a sector of zeros, which
 *   is how a page that was never written looks after a power failure.
 * - Nothing whole afterwards: a write that did not finish. (Damage to the very last group cannot be told from
 *   that here; the engine's own decree still betrays it, see `PartitionStore.open`.)
 */
export function isTornTail(bytes: Buffer, fileOffset: number, decree: number): boolean {
  for (let at = 1; at + fixedBytes <= bytes.length; at++) {
    // Cheap tests first: a checksum per offset would be quadratic.
    const candidate = readDecree(bytes, at + 8);
    if (candidate <= decree || candidate > decree + bytes.length) continue;
    const record = decodeRecord(bytes, at);
    if (!('mutation' in record)) continue;
    return record.durableDecree < decree && hasUnwrittenSector(bytes.subarray(0, at), fileOffset);
  }
  return true;
}

const sectorBytes = 512;

function hasUnwrittenSector(hole: Buffer, fileOffset: number): boolean {
  let at = 0;
  while (at < hole.length) {
    const end = Math.min(hole.length, at + sectorBytes - ((fileOffset + at) % sectorBytes));
    // A few zeros at an edge are found in any record.
    if (end - at >= recordHeaderBytes && hole.subarray(at, end).every((byte) => byte === 0)) return true;
    at = end;
  }
  return false;
}

function writeDecree(into: Buffer, decree: number, at: number): void {
  into.writeUInt32LE(decree % two32, at);
  into.writeUInt32LE(Math.floor(decree / two32), at + 4);
}

function readDecree(from: Buffer, at: number): number {
  return from.readUInt32LE(at) + from.readUInt32LE(at + 4) * two32;
}

/** A partition sees a dozen different codes, so each is encoded once. Bounded, in case a caller invents them. */
const maxKnownCodes = 256;
const bytesByCode = new Map<string, Buffer>();
let lastCode = { text: '', bytes: Buffer.alloc(0) };

function codeBytes(code: string): Buffer {
  let bytes = bytesByCode.get(code);
  if (bytes === undefined) {
    bytes = Buffer.from(code, 'utf8');
    if (bytesByCode.size < maxKnownCodes) bytesByCode.set(code, bytes);
  }
  return bytes;
}

function codeOf(from: Buffer, start: number, end: number): string {
  const known = lastCode.bytes;
  if (known.length === end - start && known.compare(from, start, end) === 0) return lastCode.text;
  const text = from.toString('utf8', start, end);
  lastCode = { text, bytes: Buffer.from(from.subarray(start, end)) };
  return text;
}
