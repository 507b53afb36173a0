import { constants, existsSync } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open as openFile,
  readdir,
  rename,
  rm,
  statfs,
} from 'node:fs/promises';

/** An open file. Offsets and lengths are bytes; errors are Node's own, with their errno `code`. */
export interface LogFile {
  /** Writes all buffers at a position, or rejects; after a rejection any part of them may be there. */
  write(buffers: readonly Buffer[], position: number): Promise<void>;
  /** Resolves when everything written so far would survive a power failure. */
  datasync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** Reads up to `length` bytes; fewer only at the end of the file. */
  read(length: number, position: number): Promise<Buffer>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A symbolic link in the place of the file is not followed: opening fails with `ELOOP`. */
export interface OpenOptions {
  /** Creates the file when it is missing. */
  readonly create?: boolean;
  /** For reading only. */
  readonly readOnly?: boolean;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly isFile: boolean;
}

/**
 * The disk under everything but LevelDB, so that tests can make it fail and a simulation can replace it.
 * Errors are Node's own, with their errno `code`. Content is durable after `datasync`, names after
 * `syncDirectory`.
 */
export interface FileSystem {
  /** Opens for reading and writing unless told otherwise. */
  open(path: string, options?: OpenOptions): Promise<LogFile>;
  /** Makes names created, renamed or removed in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** With its parents; the first one that was made, `undefined` when all were there. */
  makeDirectory(path: string): Promise<string | undefined>;
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  /** A symbolic link is not followed. */
  stat(path: string): Promise<{ readonly isFile: boolean; readonly sizeBytes: number }>;
  /** Whether something is there, without waiting. */
  has(path: string): boolean;
  /** Replaces what has the name already. */
  rename(from: string, to: string): Promise<void>;
  /** With everything inside; what is missing is fine. */
  remove(path: string): Promise<void>;
  /** A hard link. Only for files that nobody changes any more. */
  link(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  freeBytes(directory: string): Promise<number>;
}

/** The real thing. */
export const nodeFileSystem: FileSystem = {
  async open(path, options = {}) {
    const flags =
      options.readOnly === true
        ? // What turns out to be a pipe must not hold up whoever opens it.
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
        : constants.O_RDWR | constants.O_NOFOLLOW | (options.create === true ? constants.O_CREAT : 0);
    return new NodeLogFile(await openFile(path, flags));
  },
  syncDirectory,
  makeDirectory: (path) => mkdir(path, { recursive: true }),
  list: async (directory) =>
    (await readdir(directory, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      isFile: entry.isFile(),
    })),
  stat: async (path) => {
    const found = await lstat(path);
    return { isFile: found.isFile(), sizeBytes: found.size };
  },
  has: existsSync,
  rename,
  // A file that is still being written may appear in a directory that is being deleted.
  remove: (path) => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  link,
  copy: (from, to) => copyFile(from, to, constants.COPYFILE_FICLONE),
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
};

async function syncDirectory(path: string): Promise<void> {
  const handle = await openFile(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// Linux takes at most 1,024 buffers in one call.
const maxBuffersPerCall = 1_024;

class NodeLogFile implements LogFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    let at = position;
    for (let i = 0; i < buffers.length; i += maxBuffersPerCall) {
      const group = buffers.slice(i, i + maxBuffersPerCall);
      const wanted = group.reduce((sum, buffer) => sum + buffer.length, 0);
      const { bytesWritten } = await this.#handle.writev(group, at);
      // A short write is rare (a full disk, mostly): the second attempt gets either the rest or the reason.
      if (bytesWritten < wanted) {
        const rest = Buffer.concat(group).subarray(bytesWritten);
        const second = await this.#handle.write(rest, 0, rest.length, at + bytesWritten);
        if (second.bytesWritten < rest.length) {
          throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
        }
      }
      at += wanted;
    }
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes);
  }

  async read(length: number, position: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
