/** What is read back from a disk: manifests, the mutation log, journals of copies. */
import { isAbsolute, join, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { CopyError } from '../../../actors/ports/fileCopy.js';
import type { FileCopyInput } from '../../../machines/checkpointTransfer.js';
import {
  decodeJournal,
  encodeJournalEntry,
  encodeJournalHeader,
  journalHeaderBytes,
  journalRecordBytes,
} from '../../../runtime/cluster/nfs/block-journal.js';
import { parseToken } from '../../../runtime/cluster/nfs/checkpoint-token.js';
import { copyPathsOf } from '../../../runtime/cluster/nfs/copy-paths.js';
import { readManifest } from '../../../runtime/store/checkpoint-manifest.js';
import { StoreError } from '../../../runtime/store/errors.js';
import { readLiveFiles } from '../../../runtime/store/leveldb-manifest.js';
import {
  encodeRecord,
  encodeSegmentHeader,
  recordBytes,
  segmentHeaderBytes,
} from '../../../runtime/store/log-record.js';
import { recoverLog } from '../../../runtime/store/log-recovery.js';
import type { Mutation } from '../../../runtime/store/mutation.js';
import { MutationLog } from '../../../runtime/store/mutation-log.js';
import { memoryFileSystem } from '../memory-file-system.js';
import { type FuzzTarget, hold, refusable } from '../target.js';

const DIRECTORY = '/data';
const MD5 = '0123456789abcdef0123456789abcdef';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

const manifest: FuzzTarget = {
  name: 'checkpoint-manifest',
  format: 'json',
  maxBytes: 16 * 1024,
  seeds: () => [
    json({ formatVersion: 1, decree: 0, marks: {}, files: [] }),
    json({
      formatVersion: 1,
      decree: 4021,
      marks: { appliedDecree: 4021, lastTimestampUs: 12 },
      files: ['000005.ldb', 'MANIFEST-000004', 'CURRENT'].map((name, i) => ({
        name,
        sizeBytes: 10 * i,
        md5: MD5,
      })),
    }),
  ],
  async run(input) {
    const fileSystem = memoryFileSystem();
    await fileSystem.makeDirectory(DIRECTORY);
    const file = await fileSystem.open(join(DIRECTORY, 'manifest.json'), { create: true });
    await file.write([input], 0);
    let read: Awaited<ReturnType<typeof readManifest>>;
    try {
      read = await readManifest(DIRECTORY, fileSystem);
    } catch (error) {
      if (error instanceof StoreError) return;
      throw error;
    }
    hold(read !== undefined, 'a manifest that is there and is not found');
    for (const { name, sizeBytes } of read.files) {
      const path = join(DIRECTORY, name);
      hold(
        path.startsWith(DIRECTORY + sep) && !path.slice(DIRECTORY.length + 1).includes(sep),
        `leaves: ${path}`,
      );
      hold(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'a size that is no number of bytes');
    }
  },
};

/** What a hostile source may announce to a follower, and a hostile follower may ask a source for. */
const copyNames: FuzzTarget = {
  name: 'copy-names',
  format: 'json',
  maxBytes: 4_096,
  seeds: () => [
    json({ decree: 7, name: '000005.ldb', sizeBytes: 12, token: '2.7/checkpoint.4021' }),
    json({ decree: 0, name: '../../x', sizeBytes: 0, token: '2.7/checkpoint.4021/..' }),
    json({ decree: 1, name: 'a.part', sizeBytes: -1, token: '/etc/passwd' }),
  ],
  run(input) {
    const asked = refusable(SyntaxError, () => JSON.parse(input.toString('utf8')) as unknown);
    if (typeof asked !== 'object' || asked === null) return;
    const { decree, name, sizeBytes, token } = asked as Record<string, unknown>;
    if (typeof token === 'string') {
      const parsed = parseToken(token);
      hold(parsed === undefined || Number.isSafeInteger(parsed.decree), 'a token with a decree that is none');
    }
    if (typeof decree !== 'number' || typeof name !== 'string' || typeof sizeBytes !== 'number') return;
    const copy = {
      partition: 0,
      primary: 'a:1',
      directory: 'd',
      decree,
      file: { name, sizeBytes, md5: MD5 },
    };
    const paths = refusable(CopyError, () => copyPathsOf('/base', copy));
    if (paths === undefined) return;
    for (const path of [paths.final, paths.partial, paths.journal]) {
      hold(isAbsolute(path) && path.startsWith(`/base/${decree}/`), `leaves: ${path}`);
      hold(
        path.split(sep).length === 4 && Buffer.byteLength(path.split(sep)[3] ?? '') <= 255,
        `leaves: ${path}`,
      );
    }
  },
};

/** One edit as LevelDB writes it, in one fragment. */
function edit(...fields: readonly (number | string)[]): Buffer {
  const body = Buffer.concat(
    fields.map((field) => {
      if (typeof field === 'string') return Buffer.concat([varint(field.length), Buffer.from(field)]);
      return varint(field);
    }),
  );
  const head = Buffer.alloc(7);
  head.writeUInt16LE(body.length, 4);
  head[6] = 1;
  return Buffer.concat([head, body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

const leveldb: FuzzTarget = {
  name: 'leveldb-manifest',
  format: 'bytes',
  maxBytes: 80 * 1024,
  seeds: () => [
    edit(1, 'leveldb.BytewiseComparator', 2, 0, 3, 2, 4, 0),
    Buffer.concat([
      edit(1, 'leveldb.BytewiseComparator', 9, 0, 3, 5),
      edit(2, 6, 7, 0, 4, 1000, 'aaaa', 'zzzz', 7, 1, 5, 2 ** 40, 'b', 'c'),
      edit(6, 0, 4, 5, 1, 'key'),
    ]),
  ],
  run(input) {
    const live = refusable(RangeError, () => readLiveFiles(input));
    if (live === undefined) return;
    hold(live.tables.length <= input.length, 'more tables than bytes');
    hold(
      live.tables.every((n) => Number.isFinite(n) && n >= 0),
      'a table without a number',
    );
  },
};

function mutationAt(decree: number, message: Buffer): Mutation {
  return { decree, timestampUs: BigInt(decree) * 10n, code: 'RPC_RRDB_RRDB_PUT', message };
}

function segment(
  firstDecree: number,
  messages: readonly Buffer[],
  durable = (decree: number) => decree - 1,
): Buffer {
  const mutations = messages.map((message, i) => mutationAt(firstDecree + i, message));
  const bytes = Buffer.alloc(mutations.reduce((sum, m) => sum + recordBytes(m), segmentHeaderBytes));
  encodeSegmentHeader(firstDecree).copy(bytes);
  let at = segmentHeaderBytes;
  for (const mutation of mutations) at = encodeRecord(bytes, at, mutation, durable(mutation.decree));
  return bytes;
}

/** Recomputes the checksums of the header and of as many records as follow each other. */
function withChecksums(bytes: Buffer): Buffer {
  if (bytes.length < segmentHeaderBytes) return bytes;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16);
  for (let at = segmentHeaderBytes; at + 34 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    if (end > bytes.length || end < at + 34) break;
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 4, end)), at);
    at = end;
  }
  return bytes;
}

const log: FuzzTarget = {
  name: 'log-recovery',
  format: 'bytes',
  maxBytes: 32 * 1024,
  seeds: () => [
    segment(1, []),
    segment(1, [Buffer.from('a'), Buffer.from('bb'), Buffer.alloc(700, 3)]),
    segment(
      1,
      Array.from({ length: 20 }, (_, i) => Buffer.alloc(40 * i, i)),
      (decree) => Math.max(0, decree - (decree % 5) - 1),
    ),
    // A torn record, a sector that was never written, and a record that looks whole inside of another's value.
    segment(1, [Buffer.alloc(900, 1), Buffer.alloc(300, 2)]).subarray(0, 1_000),
    Buffer.concat([
      segment(1, [Buffer.from('a')]),
      Buffer.alloc(1_024),
      segment(3, [Buffer.from('c')]).subarray(20),
    ]),
    segment(1, [segment(9, [Buffer.from('x')]).subarray(20), Buffer.from('y')]),
  ],
  repair: withChecksums,
  async run(input) {
    const fileSystem = memoryFileSystem();
    await fileSystem.makeDirectory(DIRECTORY);
    const path = join(DIRECTORY, 'log.1');
    const file = await fileSystem.open(path, { create: true });
    await file.write([input], 0);
    let lastDecree: number;
    try {
      ({ lastDecree } = await recoverLog(DIRECTORY, 1, fileSystem));
    } catch (error) {
      if (error instanceof StoreError) return;
      throw error;
    }
    hold(lastDecree >= 0 && lastDecree <= input.length, 'more decrees than bytes');
    hold((await file.size()) <= Math.max(input.length, segmentHeaderBytes), 'recovery makes the log longer');
    const opened = await MutationLog.open(DIRECTORY, { fileSystem, clock: { defer: (wake) => wake() } });
    hold(opened.nextDecree === lastDecree + 1, 'a second recovery ends elsewhere');
    const { mutations } = await opened.read({ afterDecree: 0, maxBytes: 1 << 24, maxCount: 100_000 });
    hold(mutations.length === lastDecree, 'what was recovered cannot be read');
    hold(
      mutations.every(({ decree }, i) => decree === i + 1),
      'a gap in what was recovered',
    );
    await opened.close();
  },
};

const COPY: FileCopyInput = {
  partition: 7,
  primary: 'a:1',
  directory: '2.7/checkpoint.4021',
  decree: 4021,
  file: { name: '000005.ldb', sizeBytes: 5_000, md5: MD5 },
};

const journal: FuzzTarget = {
  name: 'copy-journal',
  format: 'bytes',
  maxBytes: 4_096,
  seeds: () => [
    encodeJournalHeader(COPY),
    Buffer.concat([
      encodeJournalHeader(COPY),
      ...[0, 1_000, 2_000].map((offset) => encodeJournalEntry({ offset, sizeBytes: 1_000, crc32: 7 })),
    ]),
  ],
  repair(bytes) {
    encodeJournalHeader(COPY).copy(bytes);
    for (let at = journalHeaderBytes; at + journalRecordBytes <= bytes.length; at += journalRecordBytes) {
      bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 16)), at + 16);
    }
    return bytes;
  },
  run(input) {
    let end = 0;
    for (const { offset, sizeBytes } of decodeJournal(input, COPY)) {
      hold(offset === end && sizeBytes > 0, 'a hole in a journal');
      end += sizeBytes;
    }
    hold(end <= COPY.file.sizeBytes, 'a journal longer than its file');
  },
};

export const DISK_TARGETS: readonly FuzzTarget[] = [manifest, copyNames, leveldb, log, journal];
