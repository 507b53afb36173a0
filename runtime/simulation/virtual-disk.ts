/**
 * A disk in memory. What was synced survives a power failure, what was not is lost: content after
 * `datasync`, names after `syncDirectory`, as the real one promises and no more.
 */
import type { DirectoryEntry, FileSystem, LogFile, MemoryMapImage, OpenOptions } from '../store/index.js';
import { DiskTree, diskError } from './disk-tree.js';
import type { Schedule } from './schedule.js';
import type { Fence } from './virtual-network.js';

export interface DiskOperation {
  readonly server: string;
  /** `write`, `datasync`, `rename` and so on, as the methods are called; `commit` of a metadata change. */
  readonly what: string;
  readonly path: string;
}

export interface VirtualDiskOptions {
  readonly schedule: Schedule;
  /** For each operation. */
  readonly latencyMs: number;
  /** An errno such as `ENOSPC` with which the operation fails; null: it does not. */
  readonly faultOf: (operation: DiskOperation) => string | null;
}

const FREE_BYTES = 1024 ** 4;

export class VirtualDisk {
  readonly #options: VirtualDiskOptions;
  readonly #tree = new DiskTree();
  readonly #maps = new Map<string, MemoryMapImage>();

  constructor(options: VirtualDiskOptions) {
    this.#options = options;
  }

  /** The disk as one run of a server sees it: after its death nothing is done for it any more. */
  of(fence: Fence): FileSystem {
    const tree = this.#tree;
    const io = <T>(what: string, path: string, work: () => T): Promise<T> =>
      this.#perform(fence, 'disk', what, path, work);
    return {
      open: (path: string, options: OpenOptions = {}) =>
        io('open', path, () => this.#fileOf(path, tree.openFile(path, options.create === true), io)),
      syncDirectory: (path) => io('syncDirectory', path, () => tree.syncDirectory(path)),
      makeDirectory: (path) => io('makeDirectory', path, () => tree.makeDirectory(path)),
      list: (path) => io<readonly DirectoryEntry[]>('list', path, () => tree.list(path)),
      stat: (path) => io('stat', path, () => tree.stat(path)),
      has: (path) => tree.has(path),
      rename: (from, to) => io('rename', from, () => tree.rename(from, to)),
      remove: (path) => io('remove', path, () => tree.remove(path)),
      link: (from, to) => io('link', to, () => tree.link(from, to)),
      copy: (from, to) => io('copy', to, () => tree.copy(from, to)),
      freeBytes: (path) => io('freeBytes', path, () => FREE_BYTES),
    };
  }

  /** What a metadata map in this directory has on disk; made when missing. */
  imageOf(directory: string): MemoryMapImage {
    const known = this.#maps.get(directory) ?? { entries: new Map(), revision: 0 };
    this.#maps.set(directory, known);
    return known;
  }

  /** Resolves when a change of these keys is durable. */
  commit(fence: Fence, keys: readonly string[]): Promise<void> {
    return this.#perform(fence, 'commit', 'commit', keys.join(' '), () => undefined);
  }

  /** Everything below a directory falls back to what is durable. */
  powerFailure(directory: string): void {
    this.#tree.powerFailure(directory);
  }

  #perform<T>(fence: Fence, kind: 'disk' | 'commit', what: string, path: string, work: () => T): Promise<T> {
    const { schedule, latencyMs, faultOf } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        if (fence.alive) reject(error);
      };
      const run = () => {
        if (!fence.alive) return;
        const errno = faultOf({ server: fence.server, what, path });
        if (errno !== null) return reject(diskError(errno, path));
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const label = kind === 'commit' ? path : `${what} ${path}`;
      schedule.add({ kind, server: fence.server, label, run, fail }, latencyMs);
    });
  }

  #fileOf(
    path: string,
    file: ReturnType<DiskTree['openFile']>,
    io: <T>(what: string, path: string, work: () => T) => Promise<T>,
  ): LogFile {
    return {
      write: (buffers, position) => io('write', path, () => file.write(Buffer.concat(buffers), position)),
      datasync: () => io('datasync', path, () => file.sync()),
      truncate: (sizeBytes) => io('truncate', path, () => file.truncate(sizeBytes)),
      read: (length, position) => io('read', path, () => file.read(length, position)),
      size: () => io('size', path, () => file.sizeBytes),
      close: () => io('close', path, () => undefined),
    };
  }
}
