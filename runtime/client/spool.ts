/** Input that can be read twice: a file as it is, anything else by way of a temporary file. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BridleError } from './errors.js';
import { byteChunks } from './utf8.js';

/** Reads the same bytes as often as it is asked, and notices when they are no longer the same. */
export class ReplayableInput implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #directory: string | undefined;
  #fingerprint: string | undefined;

  private constructor(handle: FileHandle, directory: string | undefined) {
    this.#handle = handle;
    this.#directory = directory;
  }

  /** BRIDLE_USAGE when it cannot be read. A pipe or a device is copied first. */
  static async file(path: string, signal: AbortSignal | undefined): Promise<ReplayableInput> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      throw unreadable(path, error);
    }
    try {
      const stats = await handle.stat();
      if (stats.isDirectory()) throw unreadable(path, new Error('it is a directory'));
      if (stats.isFile()) return new ReplayableInput(handle, undefined);
      const piped = await ReplayableInput.stream(handle.createReadStream({ autoClose: false }), signal);
      await handle.close();
      return piped;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Copies a stream to a private temporary file, deleted with {@link close}. */
  static async stream(
    stream: AsyncIterable<string | Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<ReplayableInput> {
    const directory = await mkdtemp(join(tmpdir(), 'bridle-load-'));
    let handle: FileHandle | undefined;
    try {
      handle = await open(join(directory, 'rows'), 'wx+', 0o600);
      for await (const chunk of byteChunks(stream)) {
        throwIfCanceled(signal);
        await handle.writeFile(chunk);
      }
      return new ReplayableInput(handle, directory);
    } catch (error) {
      await handle?.close();
      await rm(directory, { recursive: true, force: true });
      throw isNoSpace(error) ? noSpace(directory, error) : error;
    }
  }

  /** From the beginning. The second reading fails if the file has changed since the first. */
  async *chunks(signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    await this.checkUnchanged();
    const stream = this.#handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
    for await (const chunk of stream) {
      throwIfCanceled(signal);
      yield chunk as Buffer;
    }
  }

  /** BRIDLE_BAD_INPUT when the file is not the one that was read first. */
  async checkUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.#handle.stat();
    const now = `${size} bytes, ${mtimeMs}`;
    this.#fingerprint ??= now;
    if (this.#fingerprint === now) return;
    throw BridleError.of('BRIDLE_BAD_INPUT', {
      operation: 'read rows',
      hint: 'the file was changed while it was being loaded',
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw BridleError.of('ERR_THREAD_INTERRUPTED', { operation: 'load', hint: 'canceled by the caller' });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
};

function unreadable(path: string, error: unknown): BridleError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return BridleError.of('BRIDLE_USAGE', {
    operation: 'load',
    hint: `cannot read ${path}: ${reason}`,
    values: { path },
    cause: error,
  });
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function noSpace(directory: string, cause: unknown): BridleError {
  return BridleError.of('ERR_DISK_INSUFFICIENT', {
    operation: 'load',
    hint: `no space in ${directory} to keep the input until it is checked; set TMPDIR or load from a file`,
    consequence: 'Nothing was written to the table.',
    cause,
  });
}
