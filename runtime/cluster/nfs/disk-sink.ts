import { createHash, type Hash } from 'node:crypto';
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { CopyError, type FileSink, type OpenSink } from '../../../actors/ports/fileCopy.js';
import type { FileCopyInput } from '../../../machines/checkpointTransfer.js';
import { type FileSystem, type LogFile, nodeFileSystem } from '../../store/file-system.js';
import { errnoOf, makeDirectory, md5Of } from '../../store/files.js';
import {
  decodeJournal,
  encodeJournalEntry,
  encodeJournalHeader,
  journalHeaderBytes,
  journalRecordBytes,
} from './block-journal.js';
import { type CopyPaths, copyPathsOf, diskError } from './copy-paths.js';

export { copyDirectory, removeOthers } from './copy-paths.js';

export interface DiskSinkOptions {
  /** Directory for the copies of one partition; created when needed. */
  readonly base: string;
  /** Default: the disk. For tests of what happens when it fails. */
  readonly fileSystem?: FileSystem;
}

/** Files that are open, by their final path. A stopped copy may still be closing when the next one begins. */
const openFilesOf = new WeakMap<FileSystem, Map<string, Promise<void>>>();

/**
 * Keeps copied files in `<base>/<decree>/`: `<name>.part` with its journal `<name>.blocks` until it is verified,
 * then `<name>`.
 *
 * Nothing is synced per block. After a power failure the journal may know more than the disk has; that is why
 * every block it names is read again when the file is opened.
 *
 * @example
 * const sink = new DiskSink({ base: join(partitionDirectory, 'copying') });
 */
export class DiskSink implements FileSink {
  readonly #base: string;
  readonly #fileSystem: FileSystem;

  constructor({ base, fileSystem = nodeFileSystem }: DiskSinkOptions) {
    this.#base = resolve(base);
    this.#fileSystem = fileSystem;
  }

  async open(input: FileCopyInput): Promise<OpenSink> {
    const paths = copyPathsOf(this.#base, input);
    const release = await claim(paths.final, this.#fileSystem);
    try {
      await makeDirectory(paths.directory, this.#fileSystem);
      const md5 = await finalMd5(paths.final, input, this.#fileSystem);
      if (md5 !== undefined) {
        await removePartial(paths, this.#fileSystem);
        return new FinalFile(paths, this.#fileSystem, { sizeBytes: input.file.sizeBytes, md5 }, release);
      }
      return await PartialFile.open(paths, input, this.#fileSystem, release);
    } catch (error) {
      release();
      throw diskError(error, 'open checkpoint file', paths.final);
    }
  }
}

/** A file that an earlier try has finished. */
class FinalFile implements OpenSink {
  readonly verifiedBytes: number;
  readonly #paths: CopyPaths;
  readonly #fileSystem: FileSystem;
  readonly #found: { readonly sizeBytes: number; readonly md5: string };
  readonly #release: () => void;

  constructor(
    paths: CopyPaths,
    fileSystem: FileSystem,
    found: { sizeBytes: number; md5: string },
    release: () => void,
  ) {
    this.#fileSystem = fileSystem;
    this.verifiedBytes = found.sizeBytes;
    this.#paths = paths;
    this.#found = found;
    this.#release = release;
  }

  write(offset: number): Promise<void> {
    return Promise.reject(misplaced(offset, this.verifiedBytes));
  }

  finish() {
    return Promise.resolve(this.#found);
  }

  async discard(): Promise<void> {
    await removeAll(this.#paths, this.#fileSystem);
  }

  async close(): Promise<void> {
    this.#release();
  }
}

class PartialFile implements OpenSink {
  readonly verifiedBytes: number;
  readonly #paths: CopyPaths;
  readonly #input: FileCopyInput;
  readonly #fileSystem: FileSystem;
  readonly #release: () => void;
  readonly #data: LogFile;
  readonly #journal: LogFile;
  /** Of the bytes before `#sizeBytes`: hashing as they pass spares reading the file once more. */
  readonly #hash: Hash;
  #sizeBytes: number;
  #journalBytes: number;
  /** A write of which nobody knows how much is there: the next open finds out. */
  #failed = false;
  #closing: Promise<void> | undefined;
  #finished: { readonly sizeBytes: number; readonly md5: string } | undefined;

  private constructor(
    place: { paths: CopyPaths; input: FileCopyInput; fileSystem: FileSystem; release: () => void },
    files: { data: LogFile; journal: LogFile },
    verified: { sizeBytes: number; blocks: number; hash: Hash },
  ) {
    this.#paths = place.paths;
    this.#input = place.input;
    this.#fileSystem = place.fileSystem;
    this.#release = place.release;
    this.#data = files.data;
    this.#journal = files.journal;
    this.#hash = verified.hash;
    this.#sizeBytes = verified.sizeBytes;
    this.verifiedBytes = verified.sizeBytes;
    this.#journalBytes = journalHeaderBytes + verified.blocks * journalRecordBytes;
  }

  static async open(
    paths: CopyPaths,
    input: FileCopyInput,
    fileSystem: FileSystem,
    release: () => void,
  ): Promise<PartialFile> {
    const data = await fileSystem.open(paths.partial, { create: true });
    let journal: LogFile | undefined;
    try {
      journal = await fileSystem.open(paths.journal, { create: true });
      const verified = await verify(data, journal, input);
      // A source may announce anything; a disk that is filled up takes others down with it.
      const free = await fileSystem.freeBytes(paths.directory);
      if (input.file.sizeBytes - verified.sizeBytes > free) {
        const hint = `${input.file.name} has ${input.file.sizeBytes} bytes, ${free} are free`;
        throw new CopyError({ error: 'ERR_DISK_INSUFFICIENT', operation: 'open checkpoint file', hint });
      }
      await data.truncate(verified.sizeBytes);
      if (verified.blocks === 0) await journal.write([encodeJournalHeader(input)], 0);
      await journal.truncate(journalHeaderBytes + verified.blocks * journalRecordBytes);
      return new PartialFile({ paths, input, fileSystem, release }, { data, journal }, verified);
    } catch (error) {
      await data.close().catch(() => undefined);
      await journal?.close().catch(() => undefined);
      throw error;
    }
  }

  async write(offset: number, data: Buffer, checksum: number): Promise<void> {
    if (this.#failed || offset !== this.#sizeBytes) throw misplaced(offset, this.#sizeBytes);
    this.#failed = true;
    try {
      await this.#data.write([data], offset);
      const entry = encodeJournalEntry({ offset, sizeBytes: data.length, crc32: checksum });
      await this.#journal.write([entry], this.#journalBytes);
    } catch (error) {
      throw diskError(error, 'write checkpoint file', this.#paths.partial);
    }
    this.#failed = false;
    this.#hash.update(data);
    this.#sizeBytes += data.length;
    this.#journalBytes += journalRecordBytes;
  }

  async finish(): Promise<{ readonly sizeBytes: number; readonly md5: string }> {
    if (this.#finished !== undefined) return this.#finished;
    const found = { sizeBytes: this.#sizeBytes, md5: this.#hash.copy().digest('hex') };
    const { file } = this.#input;
    // Under its final name the file would be taken for verified after a crash, so it has to be right first.
    if (found.sizeBytes !== file.sizeBytes || (file.md5 !== '' && found.md5 !== file.md5.toLowerCase()))
      return found;
    try {
      await this.#data.datasync();
      await this.#fileSystem.rename(this.#paths.partial, this.#paths.final);
      await this.#fileSystem.remove(this.#paths.journal);
      await this.#fileSystem.syncDirectory(this.#paths.directory);
    } catch (error) {
      throw diskError(error, 'finish checkpoint file', this.#paths.final);
    }
    this.#finished = found;
    return found;
  }

  async discard(): Promise<void> {
    this.#failed = true;
    await removeAll(this.#paths, this.#fileSystem);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Everything that counts is verified anew when the file is opened again: a failing close changes nothing.
    await Promise.allSettled([this.#data.close(), this.#journal.close()]);
    this.#release();
  }
}

/** Reads the partial file block by block, as far as it is what the journal says. */
async function verify(data: LogFile, journal: LogFile, input: FileCopyInput) {
  const entries = decodeJournal(await journal.read(await journal.size(), 0), input);
  const hash = createHash('md5');
  let sizeBytes = 0;
  let blocks = 0;
  for (const entry of entries) {
    const block = await data.read(entry.sizeBytes, entry.offset);
    if (block.length !== entry.sizeBytes || crc32(block) !== entry.crc32) break;
    hash.update(block);
    sizeBytes += entry.sizeBytes;
    blocks++;
  }
  return { sizeBytes, blocks, hash };
}

/**
 * The digest of a finished file if it is the wanted one. Without a digest to compare with, a file of the right
 * size may be that of another server's checkpoint: it is copied again.
 */
async function finalMd5(
  path: string,
  { file }: FileCopyInput,
  fileSystem: FileSystem,
): Promise<string | undefined> {
  try {
    const { isFile, sizeBytes } = await fileSystem.stat(path);
    if (!isFile || sizeBytes !== file.sizeBytes || file.md5 === '') return undefined;
    const md5 = await md5Of(path, fileSystem);
    return md5 === file.md5.toLowerCase() ? md5 : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function removePartial({ partial, journal }: CopyPaths, fileSystem: FileSystem): Promise<void> {
  // The journal first: without it the partial file is worth nothing, the other way round would be a lie.
  await fileSystem.remove(journal);
  await fileSystem.remove(partial);
}

async function removeAll(paths: CopyPaths, fileSystem: FileSystem): Promise<void> {
  try {
    await removePartial(paths, fileSystem);
    await fileSystem.remove(paths.final);
  } catch (error) {
    throw diskError(error, 'discard checkpoint file', paths.final);
  }
}

/** Waits until nobody has the file open, and takes it. */
async function claim(path: string, fileSystem: FileSystem): Promise<() => void> {
  const openFiles = openFilesOf.get(fileSystem) ?? new Map<string, Promise<void>>();
  openFilesOf.set(fileSystem, openFiles);
  for (let held = openFiles.get(path); held !== undefined; held = openFiles.get(path)) await held;
  let free: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  openFiles.set(path, held);
  return () => {
    // Closing twice must not take the file from whoever has it by then.
    if (openFiles.get(path) === held) openFiles.delete(path);
    free();
  };
}

function misplaced(offset: number, expected: number): CopyError {
  const hint = `a block at ${offset}, the next one belongs at ${expected}`;
  return new CopyError({ error: 'ERR_INVALID_STATE', operation: 'write checkpoint file', hint });
}
