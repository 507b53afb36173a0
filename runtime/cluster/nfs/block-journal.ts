import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { FileCopyInput } from '../../../machines/checkpointTransfer.js';

/**
 * The journal beside a partial file: which blocks of it were written, each with its checksum.
 *
 * ```text
 * header  8 magic │ 16 identity of the file │ 4 CRC-32 of the 24 bytes before
 * record  8 offset │ 4 size │ 4 CRC-32 of the block │ 4 CRC-32 of the 16 bytes before      (little endian)
 * ```
 *
 * Blocks follow each other without a hole from offset 0. A record that is torn, damaged or out of place ends
 * the journal: what it would have said is copied again.
 */
export interface JournalEntry {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes of the block, at least 1. */
  readonly sizeBytes: number;
  /** CRC-32 of the block, unsigned. */
  readonly crc32: number;
}

const magic = Buffer.from('BRIDLEB1', 'latin1');
export const journalHeaderBytes = 28;
export const journalRecordBytes = 20;

/**
 * The header for a file. Its identity keeps blocks of two different files apart that have the same name and
 * the same decree, which happens when another server is the primary on the second try.
 */
export function encodeJournalHeader({ primary, directory, decree, file }: FileCopyInput): Buffer {
  // A digest says what the file contains, wherever it comes from. Without one only its place does.
  const origin = file.md5 === '' ? [primary, directory] : [file.md5.toLowerCase()];
  const identity = JSON.stringify([decree, file.name, file.sizeBytes, ...origin]);
  const bytes = Buffer.alloc(journalHeaderBytes);
  magic.copy(bytes, 0);
  createHash('md5').update(identity).digest().copy(bytes, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

export function encodeJournalEntry(entry: JournalEntry): Buffer {
  const bytes = Buffer.alloc(journalRecordBytes);
  bytes.writeBigUInt64LE(BigInt(entry.offset), 0);
  bytes.writeUInt32LE(entry.sizeBytes, 8);
  bytes.writeUInt32LE(entry.crc32, 12);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16);
  return bytes;
}

/** The entries of a journal up to the first that is not sound; none if it belongs to another file. */
export function decodeJournal(journal: Buffer, input: FileCopyInput): JournalEntry[] {
  const entries: JournalEntry[] = [];
  if (!journal.subarray(0, journalHeaderBytes).equals(encodeJournalHeader(input))) return entries;
  let end = 0;
  for (let at = journalHeaderBytes; at + journalRecordBytes <= journal.length; at += journalRecordBytes) {
    const record = journal.subarray(at, at + journalRecordBytes);
    const sizeBytes = record.readUInt32LE(8);
    // The block's checksum would tell as well, but only after as much was read as a damaged size says.
    const sound = record.readUInt32LE(16) === crc32(record.subarray(0, 16));
    const inPlace = record.readBigUInt64LE(0) === BigInt(end) && sizeBytes > 0;
    if (!sound || !inPlace || end + sizeBytes > input.file.sizeBytes) break;
    entries.push({ offset: end, sizeBytes, crc32: record.readUInt32LE(12) });
    end += sizeBytes;
  }
  return entries;
}
