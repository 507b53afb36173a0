import { dirname } from 'node:path';
import type { FileSystem, LogFile } from './file-system.js';
import { makeDirectory, settleNames } from './files.js';
import {
  decodeRecord,
  decodeSegmentHeader,
  encodeSegmentHeader,
  isTornTail,
  segmentHeaderBytes,
} from './log-record.js';
import { firstDecreeOf, LogSegment } from './log-segment.js';

/**
 * Most bytes written between two syncs (a single larger record excepted). Part of the format: recovery relies
 * on it to know which bytes may not have reached the disk.
 */
export const groupLimitBytes = 4 * 1024 * 1024;

export interface RecoveredLog {
  /** Ascending, at least one; the last one is open for writing. */
  readonly segments: LogSegment[];
  readonly lastDecree: number;
  readonly lastTimestampUs: bigint;
}

/**
 * Opens the segments in a directory and makes the end of the last one fit for appending.
 *
 * Only the last segment is read here; damage in an older one is found by the read that meets it.
 *
 * @throws LogCorruption when a record that had been durable is damaged.
 */
export async function recoverLog(
  directory: string,
  firstDecree: number,
  fileSystem: FileSystem,
): Promise<RecoveredLog> {
  await makeDirectory(directory, fileSystem);
  const decrees = (await fileSystem.list(directory))
    .flatMap(({ name }) => firstDecreeOf(name) ?? [])
    .sort((a, b) => a - b);
  if (decrees.length === 0) {
    const segment = await createSegment(directory, firstDecree, fileSystem);
    return { segments: [segment], lastDecree: firstDecree - 1, lastTimestampUs: 0n };
  }
  await settleNames(directory, fileSystem);
  const segments = decrees.map((decree) => new LogSegment(directory, decree, fileSystem));
  for (const segment of segments.slice(0, -1)) await measure(segment, fileSystem);
  const last = segments.at(-1)!;
  last.file = await fileSystem.open(last.path);
  try {
    if ((await last.file.size()) <= segmentHeaderBytes) {
      const header = decodeSegmentHeader(await last.file.read(segmentHeaderBytes, 0));
      if (typeof header !== 'number') return await replaceUnfinished(segments, fileSystem);
    }
    return { segments, ...(await recoverTail(last, last.file)) };
  } catch (error) {
    await last.file?.close().catch(() => undefined);
    throw error;
  }
}

/** Creates an empty segment whose header is on disk, replacing what an interrupted attempt left. */
export async function createSegment(
  directory: string,
  firstDecree: number,
  fileSystem: FileSystem,
): Promise<LogSegment> {
  const segment = new LogSegment(directory, firstDecree, fileSystem);
  const file = await fileSystem.open(segment.path, { create: true });
  try {
    await file.truncate(0);
    await file.write([encodeSegmentHeader(firstDecree)], 0);
    await file.datasync();
    await fileSystem.syncDirectory(directory);
  } catch (error) {
    await file.close().catch(() => undefined);
    await fileSystem.remove(segment.path).catch(() => undefined);
    throw error;
  }
  segment.file = file;
  return segment;
}

/** A segment whose header is not whole holds no record: the header is durable before the first one is written. */
async function replaceUnfinished(segments: LogSegment[], fileSystem: FileSystem): Promise<RecoveredLog> {
  const unfinished = segments.at(-1)!;
  const directory = dirname(unfinished.path);
  await unfinished.retire();
  // Created again, not removed: the decree in its name stays reserved, also when it is the only segment.
  const segment = await createSegment(directory, unfinished.firstDecree, fileSystem);
  return {
    segments: [...segments.slice(0, -1), segment],
    lastDecree: segment.firstDecree - 1,
    lastTimestampUs: 0n,
  };
}

async function measure(segment: LogSegment, fileSystem: FileSystem): Promise<void> {
  const file = await fileSystem.open(segment.path);
  try {
    segment.sizeBytes = await file.size();
  } finally {
    await file.close();
  }
}

async function recoverTail(
  segment: LogSegment,
  file: LogFile,
): Promise<{ lastDecree: number; lastTimestampUs: bigint }> {
  const bytes = await file.read(await file.size(), 0);
  const header = decodeSegmentHeader(bytes);
  if (typeof header !== 'number') throw segment.corruption(0, segment.firstDecree, header.bad);
  if (header !== segment.firstDecree) {
    throw segment.corruption(0, segment.firstDecree, `the header says that it starts with decree ${header}`);
  }
  let at = segmentHeaderBytes;
  let lastRecordAt = at;
  let decree = segment.firstDecree;
  let lastTimestampUs = 0n;
  while (at < bytes.length) {
    const record = decodeRecord(bytes, at);
    const isNext = 'mutation' in record && record.mutation.decree === decree;
    if (!isNext) {
      if (isTornTail(bytes.subarray(at), at, decree)) break;
      throw segment.corruption(at, decree, damageOf(record));
    }
    segment.note(decree, at);
    lastRecordAt = at;
    lastTimestampUs = record.mutation.timestampUs;
    at += record.sizeBytes;
    decree++;
  }
  segment.sizeBytes = at;
  await file.truncate(at);
  // What is read here may be in the cache only: the process may have died, or the sync failed, between writing
  // and syncing the last group, and after a failed sync the kernel takes such pages for clean. Written once
  // more they are dirty again, and this sync says the truth about them.
  const from = Math.max(segmentHeaderBytes, Math.min(lastRecordAt, at - groupLimitBytes));
  if (from < at) await file.write([bytes.subarray(from, at)], from);
  await file.datasync();
  return { lastDecree: decree - 1, lastTimestampUs };
}

function damageOf(record: ReturnType<typeof decodeRecord>): string {
  if ('bad' in record) return record.bad;
  return 'mutation' in record ? `found decree ${record.mutation.decree}` : 'impossible length';
}
