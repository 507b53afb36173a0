import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { lastValueFrom, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyFile } from '../../actors/fileCopy.js';
import type { FileSource } from '../../actors/ports/fileCopy.js';
import { RateLimiter } from '../../actors/rateLimiter.js';
import type { FileCopyInput } from '../../machines/checkpointTransfer.js';
import {
  decodeJournal,
  encodeJournalEntry,
  encodeJournalHeader,
  journalHeaderBytes,
  journalRecordBytes,
} from '../../runtime/cluster/nfs/block-journal.js';
import { DiskSink, removeOthers } from '../../runtime/cluster/nfs/disk-sink.js';
import { type FileSystem, nodeFileSystem } from '../../runtime/store/file-system.js';

const seed = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const blockBytes = 64;
const content = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 31 + 7) & 255));
const md5 = createHash('md5').update(content).digest('hex');
const input: FileCopyInput = {
  partition: 0,
  primary: '10.0.0.7:34801',
  directory: '2.0/checkpoint.9',
  decree: 9,
  file: { name: '000005.ldb', sizeBytes: content.length, md5 },
};
const limiter = new RateLimiter({ bytesPerSecond: 0 });

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'bridle-sink-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const pathOf = (suffix = '') => join(base, '9', `000005.ldb${suffix}`);

function sourceOf(bytes: Buffer) {
  const reads: number[] = [];
  const source: FileSource = {
    readBlock: async (_, offset, sizeBytes) => {
      reads.push(offset);
      const data = bytes.subarray(offset, offset + sizeBytes);
      return { data, crc32: crc32(data) };
    },
  };
  return { source, reads };
}

function copy(changes: { input?: FileCopyInput; source?: FileSource; sink?: DiskSink } = {}) {
  const { source } = sourceOf(content);
  const sink = new DiskSink({ base });
  return copyFile({ input, source, sink, limiter, blockBytes, readAheadBlocks: 2, ...changes });
}

/** Copies the first blocks, then stops as abruptly as an actor that is stopped. */
async function interruptedAfter(blocks: number) {
  if (blocks > 0) await lastValueFrom(copy().pipe(take(blocks)));
  // Waits for the file to be closed.
  const open = await new DiskSink({ base }).open(input);
  await open.close();
}

const boundaries = Array.from({ length: 6 }, (_, at) => Math.min(at * blockBytes, content.length));

describe('a journal of blocks', () => {
  it('ends before the first record that is not as it was written', () => {
    const entries = [0, 64, 128].map((offset) => ({ offset, sizeBytes: 64, crc32: 0x89abcdef }));
    const journal = Buffer.concat([encodeJournalHeader(input), ...entries.map(encodeJournalEntry)]);
    expect(decodeJournal(journal, input)).toEqual(entries);
    for (let at = 0; at < journal.length; at++) {
      const damaged = Buffer.from(journal);
      damaged[at]! ^= 4;
      const sound = Math.floor((at - journalHeaderBytes) / journalRecordBytes);
      expect(decodeJournal(damaged, input)).toEqual(entries.slice(0, Math.max(0, sound)));
      expect(decodeJournal(journal.subarray(0, at), input)).toEqual(entries.slice(0, Math.max(0, sound)));
    }
  });

  it('belongs to one file', () => {
    const journal = Buffer.concat([
      encodeJournalHeader(input),
      encodeJournalEntry({ offset: 0, sizeBytes: 64, crc32: 1 }),
    ]);
    const { file } = input;
    expect(decodeJournal(journal, { ...input, decree: 10 })).toEqual([]);
    expect(decodeJournal(journal, { ...input, file: { ...file, md5: '0'.repeat(32) } })).toEqual([]);
    // The same content at another server goes on, unless nothing says that it is the same.
    expect(decodeJournal(journal, { ...input, primary: '10.0.0.8:34801' })).toHaveLength(1);
    const unsummed = { ...input, file: { ...file, md5: '' } };
    const other = Buffer.concat([encodeJournalHeader(unsummed), journal.subarray(journalHeaderBytes)]);
    expect(decodeJournal(other, unsummed)).toHaveLength(1);
    expect(decodeJournal(other, { ...unsummed, primary: '10.0.0.8:34801' })).toEqual([]);
  });
});

describe('a copy on disk', () => {
  it('has its final name only when it is complete', async () => {
    await interruptedAfter(2);
    expect((await readdir(join(base, '9'))).toSorted()).toEqual(['000005.ldb.blocks', '000005.ldb.part']);
    expect(await lastValueFrom(copy())).toEqual({ type: 'FILE_VERIFIED', name: '000005.ldb' });
    expect(await readdir(join(base, '9'))).toEqual(['000005.ldb']);
    expect(await readFile(pathOf())).toEqual(content);
  });

  it.each([0, 1, 2, 3, 4])('goes on after %i blocks', async (blocks) => {
    await interruptedAfter(blocks);
    const { source, reads } = sourceOf(content);
    expect(await lastValueFrom(copy({ source }))).toMatchObject({ type: 'FILE_VERIFIED' });
    expect(reads[0]).toBe(boundaries[blocks]);
    expect(await readFile(pathOf())).toEqual(content);
  });

  it('goes on from a sound prefix wherever a crash cut, and never verifies a wrong byte', async () => {
    console.log(`disk sink: seed ${seed}`);
    const damage = fc.record({
      blocks: fc.integer({ min: 0, max: 4 }),
      partBytes: fc.option(fc.integer({ min: 0, max: content.length })),
      journalBytes: fc.option(fc.integer({ min: 0, max: journalHeaderBytes + 5 * journalRecordBytes })),
      flip: fc.option(
        fc.record({ file: fc.constantFrom('.part', '.blocks'), at: fc.nat(400), bit: fc.nat(7) }),
      ),
      tail: fc.option(
        fc.record({ file: fc.constantFrom('.part', '.blocks'), bytes: fc.uint8Array({ maxLength: 50 }) }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ blocks, partBytes, journalBytes, flip, tail }) => {
        await rm(base, { recursive: true, force: true });
        // Given a copy that ended after some blocks
        await interruptedAfter(blocks);
        const cut = async (suffix: string, sizeBytes: number | null) => {
          if (sizeBytes === null) return;
          await truncate(pathOf(suffix), Math.min(sizeBytes, (await stat(pathOf(suffix))).size));
        };
        // When its files are cut, damaged or followed by garbage
        await cut('.part', partBytes);
        await cut('.blocks', journalBytes);
        if (tail !== null) {
          await writeFile(pathOf(tail.file), Buffer.concat([await readFile(pathOf(tail.file)), tail.bytes]));
        }
        if (flip !== null) {
          const bytes = await readFile(pathOf(flip.file));
          if (flip.at < bytes.length) bytes[flip.at]! ^= 1 << flip.bit;
          await writeFile(pathOf(flip.file), bytes);
        }
        // Then what is taken over are whole blocks, exactly as they were
        const open = await new DiskSink({ base }).open(input);
        const { verifiedBytes } = open;
        await open.close();
        expect(boundaries.slice(0, blocks + 1)).toContain(verifiedBytes);
        const cutBytes = Math.min(partBytes ?? content.length, content.length);
        const inJournal = Math.floor(((journalBytes ?? 1e6) - journalHeaderBytes) / journalRecordBytes);
        const least = Math.min(blocks, Math.floor(cutBytes / blockBytes), Math.max(0, inJournal));
        if (flip === null) expect(verifiedBytes).toBe(boundaries[least]);
        expect((await readFile(pathOf('.part'))).equals(content.subarray(0, verifiedBytes))).toBe(true);
        // And the next try completes it
        const { source, reads } = sourceOf(content);
        expect(await lastValueFrom(copy({ source }))).toMatchObject({ type: 'FILE_VERIFIED' });
        expect(reads[0]).toBe(verifiedBytes);
        expect((await readFile(pathOf())).equals(content)).toBe(true);
      }),
      { seed, numRuns: 120 },
    );
  });

  it('takes a finished file at its word only if size and digest agree', async () => {
    await lastValueFrom(copy());
    const { source, reads } = sourceOf(content);
    expect(await lastValueFrom(copy({ source }).pipe(toArray()))).toEqual([
      { type: 'FILE_VERIFIED', name: '000005.ldb' },
    ]);
    expect(reads).toEqual([]);
    // When it is changed behind our back
    const changed = Buffer.from(content);
    changed[100]! ^= 1;
    await writeFile(pathOf(), changed);
    expect(await lastValueFrom(copy({ source }))).toMatchObject({ type: 'FILE_VERIFIED' });
    expect(reads.length).toBe(5);
    expect(await readFile(pathOf())).toEqual(content);
  });

  it('copies a finished file again when there is no digest to compare it with', async () => {
    const unsummed = { ...input, file: { ...input.file, md5: '' } };
    await lastValueFrom(copy({ input: unsummed }));
    const { source, reads } = sourceOf(content);
    await lastValueFrom(copy({ input: unsummed, source }));
    expect(reads.length).toBe(5);
  });

  it('does not mix blocks of two files with the same name and decree', async () => {
    await interruptedAfter(2);
    const other = Buffer.from(content.map((byte) => byte ^ 255));
    const digest = createHash('md5').update(other).digest('hex');
    const { source, reads } = sourceOf(other);
    const file = { ...input.file, md5: digest };
    expect(await lastValueFrom(copy({ source, input: { ...input, file } }))).toMatchObject({
      type: 'FILE_VERIFIED',
    });
    expect(reads[0]).toBe(0);
    expect(await readFile(pathOf())).toEqual(other);
  });

  it('leaves nothing of a file whose digest is wrong', async () => {
    const file = { ...input.file, md5: '0'.repeat(32) };
    const end = await lastValueFrom(copy({ input: { ...input, file } }));
    expect(end).toMatchObject({ type: 'FILE_FAILED', trouble: { error: 'ERR_WRONG_CHECKSUM' } });
    expect(await readdir(join(base, '9'))).toEqual([]);
  });

  it.each(['.part', '.blocks'])(
    'goes on when there is room again after %s met a full disk',
    async (suffix) => {
      // Given a disk that is full after two blocks
      let writes = 0;
      const full: FileSystem = {
        ...nodeFileSystem,
        open: async (path, options) => {
          const file = await nodeFileSystem.open(path, options);
          if (!path.endsWith(suffix)) return file;
          const write = file.write.bind(file);
          file.write = async (buffers, position) => {
            // The journal's header is a write as well.
            if (++writes <= (suffix === '.part' ? 2 : 3)) return write(buffers, position);
            await write([buffers[0]!.subarray(0, 9)], position);
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          };
          return file;
        },
      };
      const end = await lastValueFrom(copy({ sink: new DiskSink({ base, fileSystem: full }) }));
      const trouble = {
        error: 'ERR_DISK_INSUFFICIENT',
        operation: 'write checkpoint file',
        peer: input.primary,
      };
      expect(end).toMatchObject({ type: 'FILE_FAILED', trouble });
      // When there is room again
      const { source, reads } = sourceOf(content);
      expect(await lastValueFrom(copy({ source }))).toMatchObject({ type: 'FILE_VERIFIED' });
      expect(reads[0]).toBe(2 * blockBytes);
    },
  );

  it.each(['a\\b', 'x.part', 'x.blocks', 'n'.repeat(250)])('refuses the name %j', async (name) => {
    const opening = new DiskSink({ base }).open({ ...input, file: { ...input.file, name } });
    await expect(opening).rejects.toMatchObject({ trouble: { error: 'ERR_INVALID_PARAMETERS' } });
    expect(await readdir(base)).toEqual([]);
  });

  it('does not take a link for a finished file', async () => {
    await mkdir(join(base, '9'));
    await writeFile(join(base, 'elsewhere'), content);
    await symlink(join(base, 'elsewhere'), pathOf());
    const { source, reads } = sourceOf(content);
    await lastValueFrom(copy({ source }));
    expect(reads.length).toBe(5);
  });

  it('removes the copies of other checkpoints and nothing else', async () => {
    for (const name of ['7', '9', '11', 'notes']) await mkdir(join(base, name));
    expect(await removeOthers(base, 9)).toEqual([7, 11]);
    expect((await readdir(base)).toSorted()).toEqual(['9', 'notes']);
    expect(await removeOthers(join(base, 'missing'), 9)).toEqual([]);
  });
});
