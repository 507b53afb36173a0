import { constants } from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';

/** An open log segment. Offsets and lengths are bytes; errors are Node's own, with their errno `code`. */
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

/**
 * The file operations of the log whose failure must be survived, so tests can make them fail. Everything else
 * calls `node:fs` directly.
 */
export interface FileSystem {
  /** Opens for reading and writing; creates the file when `create` is set. */
  open(path: string, options?: { readonly create?: boolean }): Promise<LogFile>;
  /** Makes names created, renamed or removed in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

/** The real thing. */
export const nodeFileSystem: FileSystem = {
  async open(path, options = {}) {
    const flags = constants.O_RDWR | (options.create === true ? constants.O_CREAT : 0);
    return new NodeLogFile(await openFile(path, flags));
  },
  syncDirectory,
};

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
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
