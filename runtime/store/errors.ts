/**
 * What can go wrong with stored data, as a closed list of codes.
 *
 * The names are Pegasus' own, so an error that leaves the store can travel in a response unchanged.
 */
export type StoreErrorCode =
  /** The disk refused a read or a write. The operation had no effect that will be kept. */
  | 'ERR_DISK_IO_ERROR'
  /** No space or quota left. Free some space and repeat the operation. */
  | 'ERR_DISK_INSUFFICIENT'
  | 'ERR_PATH_NOT_FOUND'
  | 'ERR_PATH_ALREADY_EXIST'
  /** Another process, or another part of this one, has the directory open. */
  | 'ERR_LOCK_ALREADY_EXIST'
  /** Compare-and-set lost: the entry changed since it was read. */
  | 'ERR_VERSION_OUTDATED'
  /** Stored bytes are not what was written. */
  | 'ERR_CORRUPTION'
  /** A file does not have the size or the checksum its manifest gives. */
  | 'ERR_WRONG_CHECKSUM'
  /** Decrees that were asked for, or are needed, are no longer (or not yet) there. */
  | 'ERR_INCOMPLETE_DATA'
  /** Log, engine and checkpoints contradict each other. */
  | 'ERR_INCONSISTENT_STATE'
  /** A bounded queue is full. Wait for earlier work to end, then repeat. */
  | 'ERR_BUSY'
  /** The store was closed, or stopped itself after a failure it cannot repair while open. */
  | 'ERR_INVALID_STATE'
  | 'ERR_INVALID_PARAMETERS'
  | 'ERR_FILE_OPERATION_FAILED';

/**
 * The only error class that leaves the store, apart from its subclass {@link LogCorruption}.
 *
 * @example
 * ```ts
 * try { await store.write({ code: 'RPC_RRDB_RRDB_PUT', message }); }
 * catch (error) { if (error instanceof StoreError && error.code === 'ERR_DISK_INSUFFICIENT') pauseWrites(); }
 * ```
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: StoreErrorCode;
  /** What was being done, as a short verb phrase: `append to log`. */
  readonly operation: string;
  /** The file or directory concerned; empty when there is none. */
  readonly path: string;

  constructor(
    code: StoreErrorCode,
    about: {
      readonly operation: string;
      readonly path?: string;
      readonly detail?: string;
      readonly cause?: unknown;
    },
  ) {
    const path = about.path ?? '';
    const where = path === '' ? '' : ` (${path})`;
    const why = about.detail === undefined ? '' : `: ${about.detail}`;
    super(
      `${code}: ${about.operation}${where}${why}`,
      about.cause === undefined ? {} : { cause: about.cause },
    );
    this.code = code;
    this.operation = about.operation;
    this.path = path;
  }

  /**
   * Turns anything thrown by the file system or by LevelDB into a `StoreError`; a `StoreError` is returned
   * as it is.
   */
  static from(cause: unknown, operation: string, path = ''): StoreError {
    if (cause instanceof StoreError) return cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    return new StoreError(codeOf(cause), { operation, path, detail, cause });
  }
}

/**
 * A record that was durable once cannot be read back any more. Nothing after it is served: the replica has
 * to be rebuilt from a checkpoint or from another copy.
 */
export class LogCorruption extends StoreError {
  override readonly name = 'LogCorruption';
  /** File name of the segment, e.g. `log.1025`. */
  readonly segment: string;
  /** Byte offset of the bad record in that file. */
  readonly offset: number;
  /** The decree that should have been there. */
  readonly decree: number;

  constructor(about: { path: string; segment: string; offset: number; decree: number; detail: string }) {
    super('ERR_CORRUPTION', {
      operation: 'read log',
      path: about.path,
      detail: `decree ${about.decree} at byte ${about.offset} of ${about.segment}: ${about.detail}`,
    });
    this.segment = about.segment;
    this.offset = about.offset;
    this.decree = about.decree;
  }
}

const codeByErrno: Readonly<Record<string, StoreErrorCode>> = {
  ENOSPC: 'ERR_DISK_INSUFFICIENT',
  EDQUOT: 'ERR_DISK_INSUFFICIENT',
  EFBIG: 'ERR_DISK_INSUFFICIENT',
  EIO: 'ERR_DISK_IO_ERROR',
  EROFS: 'ERR_DISK_IO_ERROR',
  ENXIO: 'ERR_DISK_IO_ERROR',
  ENOENT: 'ERR_PATH_NOT_FOUND',
  ENOTDIR: 'ERR_PATH_NOT_FOUND',
  EEXIST: 'ERR_PATH_ALREADY_EXIST',
  ENOTEMPTY: 'ERR_PATH_ALREADY_EXIST',
  LEVEL_LOCKED: 'ERR_LOCK_ALREADY_EXIST',
  LEVEL_CORRUPTION: 'ERR_CORRUPTION',
  LEVEL_DATABASE_NOT_OPEN: 'ERR_INVALID_STATE',
  LEVEL_IO_ERROR: 'ERR_DISK_IO_ERROR',
};

function codeOf(thrown: unknown): StoreErrorCode {
  // LevelDB hands the errno on only as text inside the message, and often as the cause of another error.
  for (let at: unknown = thrown, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (/no space left|file too large|disk quota exceeded/i.test(at.message)) return 'ERR_DISK_INSUFFICIENT';
    const code = (at as NodeJS.ErrnoException).code;
    const mapped = code === undefined ? undefined : codeByErrno[code];
    if (mapped !== undefined && !(code === 'LEVEL_DATABASE_NOT_OPEN' && at.cause instanceof Error))
      return mapped;
  }
  return 'ERR_FILE_OPERATION_FAILED';
}
