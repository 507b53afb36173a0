/**
 * A disk in memory. What was synced survives a power failure, what was not is lost: content after
 * `datasync`, names after `syncDirectory`, as the real one promises and no more.
 */
import type { DirectoryEntry, FileSystem, LogFile, MemoryMapImage, OpenOptions } from '../store/index.js';
import { type DiskFile, DiskTree, diskError, type Survival } from './disk-tree.js';
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
  readonly troubles: () => DiskTroubles;
}

/** What else a disk does besides failing; everything left out: nothing of it. */
export interface DiskTroubles {
  /** How much longer an operation takes that begins now. */
  readonly delayMs?: (operation: DiskOperation) => number;
  /** Called when an operation is done and nobody has heard of it: whoever dies now never does. */
  readonly onDone?: (operation: DiskOperation) => void;
  /** How much of a write that fails is there all the same, from 0 to 1. */
  readonly partWritten?: (operation: DiskOperation) => number;
  /** What a read finds instead. */
  readonly read?: (operation: DiskOperation, bytes: Buffer) => Buffer;
  /** Free bytes of a server's disk. */
  readonly freeBytes?: (server: string) => number | undefined;
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
        io('open', path, () => this.#fileOf(fence, path, tree.openFile(path, options.create === true))),
      syncDirectory: (path) => io('syncDirectory', path, () => tree.syncDirectory(path)),
      makeDirectory: (path) => io('makeDirectory', path, () => tree.makeDirectory(path)),
      list: (path) => io<readonly DirectoryEntry[]>('list', path, () => tree.list(path)),
      stat: (path) => io('stat', path, () => tree.stat(path)),
      has: (path) => tree.has(path),
      rename: (from, to) => io('rename', from, () => tree.rename(from, to)),
      remove: (path) => io('remove', path, () => tree.remove(path)),
      link: (from, to) => io('link', to, () => tree.link(from, to)),
      copy: (from, to) => io('copy', to, () => tree.copy(from, to)),
      freeBytes: (path) =>
        io('freeBytes', path, () => this.#options.troubles().freeBytes?.(fence.server) ?? FREE_BYTES),
    };
  }

  /** What a metadata map in this directory has on disk; made when missing. */
  imageOf(directory: string): MemoryMapImage {
    const known = this.#maps.get(directory);
    if (known !== undefined) return known;
    const made: MemoryMapImage = { entries: new Map(), revision: 0 };
    this.#maps.set(directory, made);
    return made;
  }

  /** Resolves when a change of these keys is durable. */
  commit(fence: Fence, keys: readonly string[]): Promise<void> {
    return this.#perform(fence, 'commit', 'commit', keys.join(' '), () => undefined);
  }

  /** Everything below a directory falls back to what is durable, or to something between. */
  powerFailure(directory: string, survives?: Survival): void {
    this.#tree.powerFailure(directory, survives);
  }

  /** Every file below a directory as it is now. */
  files(directory: string): [path: string, file: DiskFile][] {
    return this.#tree.files(directory);
  }

  #perform<T>(
    fence: Fence,
    kind: 'disk' | 'commit',
    what: string,
    path: string,
    work: () => T,
    failed?: (operation: DiskOperation) => void,
  ): Promise<T> {
    const { schedule, latencyMs, faultOf, troubles } = this.#options;
    const operation: DiskOperation = { server: fence.server, what, path };
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        if (fence.alive) reject(error);
      };
      const run = () => {
        if (!fence.alive) return;
        const errno = faultOf(operation);
        // A rule may have ended the server instead.
        if (!fence.alive) return;
        if (errno !== null) {
          failed?.(operation);
          return reject(diskError(errno, path));
        }
        try {
          const value = work();
          troubles().onDone?.(operation);
          resolve(value);
        } catch (error) {
          reject(error);
        }
      };
      const label = kind === 'commit' ? path : `${what} ${path}`;
      const delayMs = latencyMs + (troubles().delayMs?.(operation) ?? 0);
      schedule.add({ kind, server: fence.server, label, run, fail }, delayMs);
    });
  }

  #fileOf(fence: Fence, path: string, file: DiskFile): LogFile {
    const { troubles } = this.#options;
    const io = <T>(what: string, at: string, work: () => T): Promise<T> =>
      this.#perform(fence, 'disk', what, at, work);
    return {
      write: (buffers, position) => {
        const bytes = Buffer.concat(buffers);
        const writePart = (operation: DiskOperation) => {
          const part = Math.floor(bytes.length * (troubles().partWritten?.(operation) ?? 0));
          if (part > 0) file.write(bytes.subarray(0, part), position);
        };
        return this.#perform(fence, 'disk', 'write', path, () => file.write(bytes, position), writePart);
      },
      datasync: () => io('datasync', path, () => file.sync()),
      truncate: (sizeBytes) => io('truncate', path, () => file.truncate(sizeBytes)),
      read: (length, position) =>
        io('read', path, () => {
          const bytes = file.read(length, position);
          return troubles().read?.({ server: fence.server, what: 'read', path }, bytes) ?? bytes;
        }),
      size: () => io('size', path, () => file.sizeBytes),
      close: () => io('close', path, () => undefined),
    };
  }
}
