/**
 * What copying a file needs from its host: somewhere to read blocks from, somewhere to put them.
 *
 * Neither side decides anything: order, read-ahead, rate and verification belong to `copyFile`.
 */
import type { FileCopyInput } from '../../machines/checkpointTransfer.js';
import type { Trouble } from '../../machines/messages.js';

/** Part of a file. Whoever gets it must not change it, and copies what it wants to keep. */
export interface Block {
  readonly data: Buffer;
  /** CRC-32 of `data` as the source computed it, unsigned; null from a source that computes none. */
  readonly crc32: number | null;
}

/** Reads the files of a checkpoint at its source. */
export interface FileSource {
  /**
   * The bytes `[offset, offset + sizeBytes)` of a file. Reading twice is harmless.
   *
   * Rejects with {@link CopyError}. An aborted signal makes it reject soon, with anything.
   */
  readBlock(input: FileCopyInput, offset: number, sizeBytes: number, signal: AbortSignal): Promise<Block>;
}

/** Keeps what was copied, also over restarts. */
export interface FileSink {
  /**
   * Opens the copy of one file. What an earlier try left behind is verified again first, block by block,
   * and cut off at the first that is not as it was written.
   *
   * A file is open once at a time: opening it again waits until the one before is closed.
   * Rejects with {@link CopyError}.
   */
  open(input: FileCopyInput): Promise<OpenSink>;
}

/** One file being written. All methods reject with {@link CopyError}. */
export interface OpenSink {
  /** Bytes from the start of the file that need not be copied again. */
  readonly verifiedBytes: number;
  /**
   * Appends a block; `offset` is where the one before ended and `crc32` that of `data`. Data first, then
   * its journal entry, so that a crash in between loses this block and no other.
   */
  write(offset: number, data: Buffer, crc32: number): Promise<void>;
  /**
   * Makes the file durable, and final if it is what was announced. Resolves with what is there: size in
   * bytes and MD5 as 32 lower-case hexadecimal digits. Repeating it is harmless.
   */
  finish(): Promise<{ readonly sizeBytes: number; readonly md5: string }>;
  /** Removes every trace of the file, so that the next try starts at its first byte. */
  discard(): Promise<void>;
  /** Releases the file; what was written stays. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * The only error of these ports.
 *
 * @example
 * throw new CopyError({ error: 'ERR_TIMEOUT', operation: 'RPC_NFS_COPY', peer: '10.0.0.7:34801' });
 */
export class CopyError extends Error {
  override readonly name = 'CopyError';
  readonly trouble: Trouble;

  constructor(trouble: Trouble, options?: { readonly cause?: unknown }) {
    const where = trouble.peer === undefined ? '' : ` at ${trouble.peer}`;
    const why = trouble.hint === undefined ? '' : ` (${trouble.hint})`;
    super(`${trouble.operation}${where}: ${trouble.error}${why}`, options);
    this.trouble = trouble;
  }
}
