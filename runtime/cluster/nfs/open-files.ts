import type { Clock } from '../../../actors/clock.js';
import type { FileSystem, LogFile } from '../../store/file-system.js';

export interface OpenFilesOptions {
  /** Handles kept open. Reads under way at the same time may exceed it for as long as they last. */
  readonly maxOpen: number;
  /** A handle nobody used for this long is closed. */
  readonly idleMs: number;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
}

interface Entry {
  readonly path: string;
  readonly handle: Promise<LogFile>;
  users: number;
  timer: unknown;
}

/**
 * Handles of files that are read block by block, kept open between the blocks.
 *
 * @example
 * const bytes = await files.use(path, (handle) => readBlock(handle));
 */
export class OpenFiles {
  readonly #options: OpenFilesOptions;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(options: OpenFilesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Calls `read` with a handle that stays open until it has settled. A symbolic link is not followed. Rejects
   * with what opening or `read` rejected with.
   */
  async use<T>(path: string, read: (handle: LogFile) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('closed');
    const entry = this.#entries.get(path) ?? {
      path,
      handle: this.#options.fileSystem.open(path, { readOnly: true }),
      users: 0,
      timer: undefined,
    };
    this.#options.clock.clearTimeout(entry.timer);
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    entry.users++;
    try {
      const result = await read(await entry.handle);
      this.#leave(entry);
      return result;
    } catch (error) {
      // What failed once is opened anew next time: the file may have been replaced.
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
      this.#leave(entry);
      throw error;
    }
  }

  /** Closes all handles; those in use when their reads have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const idle = [...this.#entries.values()].filter(({ users }) => users === 0);
    this.#entries.clear();
    await Promise.all(idle.map((entry) => this.#shut(entry)));
  }

  #leave(entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (this.#entries.get(entry.path) !== entry) {
      void this.#shut(entry);
      return;
    }
    const { clock, idleMs } = this.#options;
    entry.timer = clock.setTimeout(() => this.#drop(entry), idleMs, 'idle file');
    for (const candidate of this.#entries.values()) {
      if (this.#entries.size <= this.#options.maxOpen) break;
      if (candidate.users === 0) this.#drop(candidate);
    }
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.path);
    void this.#shut(entry);
  }

  /** A handle that was only read from loses nothing when closing it fails. */
  async #shut(entry: Entry): Promise<void> {
    this.#options.clock.clearTimeout(entry.timer);
    await entry.handle.then((handle) => handle.close()).catch(() => undefined);
  }
}
