import { BehaviorSubject, type Observable } from 'rxjs';
import { type Clock, deferred, systemClock } from '../../actors/clock.js';
import { StoreError } from './errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { errnoOf } from './files.js';
import { encodeRecord, isEncodable, recordBytes } from './log-record.js';
import { createSegment, groupLimitBytes, type RecoveredLog, recoverLog } from './log-recovery.js';
import type { LogSegment, ReadBudget } from './log-segment.js';
import type { Mutation } from './mutation.js';

export interface MutationLogOptions {
  /** A segment is closed once it is this large, in bytes. Default 16 MiB. */
  readonly segmentSizeBytes?: number;
  /** Bytes that may wait to become durable. Default 32 MiB. */
  readonly maxQueuedBytes?: number;
  /** Decree of the first mutation when the directory is empty. Default 1. */
  readonly firstDecree?: number;
  readonly fileSystem?: FileSystem;
  /** Whose turn ends before a group is written. Default: the system's. */
  readonly clock?: Pick<Clock, 'defer'>;
}

export interface ReadLogOptions {
  /** The first mutation returned is the one after this decree. */
  readonly afterDecree: number;
  /** Stop after the mutation that reaches this many bytes. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Default 10,000. */
  readonly maxCount?: number;
  readonly signal?: AbortSignal;
}

export interface LogChunk {
  readonly mutations: readonly Mutation[];
  /** Decree of the last mutation returned; `afterDecree` when there is none. */
  readonly lastDecree: number;
}

interface Queued {
  readonly mutation: Mutation;
  readonly sizeBytes: number;
  /** Set on the last mutation of an append. */
  readonly waiter: { resolve(): void; reject(error: StoreError): void } | undefined;
}

/**
 * The durable history of one partition: consecutive mutations in a row of files `log.<first decree>`.
 *
 * ```text
 * append ─▶ queue ─▶ group: one write, one fdatasync ─▶ appends resolve, lastDecree moves, readers may see it
 * ```
 *
 * What fails, and what happens then:
 *
 * - A *write* fails (`ERR_DISK_INSUFFICIENT`, `ERR_DISK_IO_ERROR`): all waiting appends reject, the torn part is
 *   cut off before the next group is written, and the decrees are given out again. Once there is space, the log
 *   goes on.
 * - A *sync* fails: nobody can know any more which bytes are on the disk, and the kernel forgets the failure.
 *   The log rejects the waiting appends and every later one (`ERR_DISK_IO_ERROR`) until it is opened again;
 *   opening writes and syncs the last group once more. Reading goes on.
 * - The process or the machine stops: opening cuts what was not finished. An append that was not acknowledged
 *   may be there or not.
 *
 * @example
 * ```ts
 * const log = await MutationLog.open(directory);
 * await log.append([{ decree: log.nextDecree, timestampUs: 1n, code: 'RPC_RRDB_RRDB_PUT', message }]);
 * const { mutations } = await log.read({ afterDecree: 0 });
 * ```
 */
export class MutationLog {
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  readonly #clock: Pick<Clock, 'defer'>;
  readonly #segmentSizeBytes: number;
  readonly #maxQueuedBytes: number;
  readonly #segments: LogSegment[];
  readonly #appended: BehaviorSubject<number>;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #lastDecree: number;
  #nextDecree: number;
  #draining: Promise<void> | undefined;
  #roomWaiters: (() => void)[] = [];
  /** Bytes after the last durable record are to be cut off before anything is written. */
  #tornTail = false;
  /** Why nothing is accepted any more. */
  #sealed: StoreError | undefined;
  #collecting: Promise<unknown> = Promise.resolve();

  /** Timestamp of the last mutation in the current segment when the log was opened; 0 when there was none. */
  readonly recoveredTimestampUs: bigint;

  private constructor(directory: string, options: MutationLogOptions, recovered: RecoveredLog) {
    this.#directory = directory;
    this.#fileSystem = options.fileSystem ?? nodeFileSystem;
    this.#clock = options.clock ?? systemClock;
    this.#segmentSizeBytes = options.segmentSizeBytes ?? 16 * 1024 * 1024;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 32 * 1024 * 1024;
    this.#segments = recovered.segments;
    this.#lastDecree = recovered.lastDecree;
    this.#nextDecree = recovered.lastDecree + 1;
    this.recoveredTimestampUs = recovered.lastTimestampUs;
    this.#appended = new BehaviorSubject(recovered.lastDecree);
  }

  /**
   * Opens the log in a directory, creating it when missing. An unfinished tail is cut off.
   *
   * @throws LogCorruption when a mutation of the last segment that had been durable cannot be read.
   */
  static async open(directory: string, options: MutationLogOptions = {}): Promise<MutationLog> {
    try {
      const recovered = await recoverLog(
        directory,
        options.firstDecree ?? 1,
        options.fileSystem ?? nodeFileSystem,
      );
      return new MutationLog(directory, options, recovered);
    } catch (error) {
      throw StoreError.from(error, 'open log', directory);
    }
  }

  /** Oldest decree that can still be read; `lastDecree + 1` while the log is empty. */
  get firstDecree(): number {
    return this.#segments[0]!.firstDecree;
  }

  /** Last durable decree; `firstDecree - 1` while the log is empty. */
  get lastDecree(): number {
    return this.#lastDecree;
  }

  /** The decree the next append has to start with. Goes back when waiting appends fail. */
  get nextDecree(): number {
    return this.#nextDecree;
  }

  /** Bytes on disk. */
  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  /** The last durable decree: now, then after each group. Completes when the log is closed. */
  get appended$(): Observable<number> {
    return this.#appended.asObservable();
  }

  /**
   * Adds mutations at the end; resolves when they are durable. Callers need not wait for each other: everything
   * that is waiting shares one sync. When an append of several mutations fails, the first ones may be durable;
   * `lastDecree` says up to where.
   *
   * @throws StoreError `ERR_INVALID_PARAMETERS` when the decrees do not follow on `nextDecree`; `ERR_BUSY` when
   * too many bytes wait already (see {@link MutationLog.room}); a disk error as described at the class.
   */
  append(mutations: readonly Mutation[]): Promise<void> {
    const refusal = this.#refusalOf(mutations);
    if (refusal !== undefined) return Promise.reject(refusal);
    const last = mutations.length - 1;
    if (last < 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      for (let i = 0; i <= last; i++) {
        const mutation = mutations[i]!;
        const sizeBytes = recordBytes(mutation);
        this.#queuedBytes += sizeBytes;
        this.#queue.push({ mutation, sizeBytes, waiter: i === last ? { resolve, reject } : undefined });
      }
      this.#nextDecree += mutations.length;
      this.#draining ??= this.#drain();
    });
  }

  /** Why nothing is appended until the log is opened again: it was closed, or a sync failed. */
  get sealed(): StoreError | undefined {
    return this.#sealed;
  }

  /** Whether an append would be taken now, rather than refused with `ERR_BUSY`. */
  get hasRoom(): boolean {
    return this.#queuedBytes < this.#maxQueuedBytes;
  }

  /** Resolves when an append will not be refused with `ERR_BUSY` for now. */
  room(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /**
   * Reads durable mutations in order; also while others are appended. An empty answer means that there is
   * nothing after `afterDecree` yet.
   *
   * @throws StoreError `ERR_INCOMPLETE_DATA` when the decree after `afterDecree` was collected; LogCorruption;
   * the signal's reason when it is aborted.
   */
  async read(options: ReadLogOptions): Promise<LogChunk> {
    const { afterDecree, signal } = options;
    signal?.throwIfAborted();
    const mutations: Mutation[] = [];
    const budget: ReadBudget = {
      bytesLeft: options.maxBytes ?? 1024 * 1024,
      countLeft: options.maxCount ?? 10_000,
      upToDecree: this.#lastDecree,
      signal,
    };
    let next = afterDecree + 1;
    while (next <= budget.upToDecree && budget.bytesLeft > 0 && budget.countLeft > 0) {
      const index = this.#segments.findLastIndex((candidate) => candidate.firstDecree <= next);
      const segment = this.#segments[index];
      if (segment === undefined) throw this.#collectedError(next);
      const following = this.#segments[index + 1];
      try {
        const reached = await segment.read(next, budget, mutations);
        if (following !== undefined && reached < following.firstDecree && reached === next) {
          throw segment.corruption(segment.sizeBytes, next, 'the segment ends too early');
        }
        next = reached;
      } catch (error) {
        if (signal?.aborted === true) throw error;
        if (errnoOf(error) === 'ENOENT') throw this.#collectedError(next);
        // What stands before the damage is whole: hand it out, the next read reports the damage.
        if (mutations.length > 0) break;
        throw StoreError.from(error, 'read log', segment.path);
      }
    }
    return { mutations, lastDecree: mutations.at(-1)?.decree ?? afterDecree };
  }

  /** Last decree of the segment that holds a decree: where reading can go on when that segment is damaged. */
  lastDecreeOfSegment(decree: number): number {
    const following = this.#segments.find((segment) => segment.firstDecree > decree);
    return following === undefined ? this.#lastDecree : following.firstDecree - 1;
  }

  /** Bytes that {@link collect} would delete. */
  collectableBytes(upToDecree: number): number {
    let bytes = 0;
    for (let at = 0; at + 1 < this.#segments.length; at++) {
      if (this.#segments[at + 1]!.firstDecree - 1 > upToDecree) break;
      bytes += this.#segments[at]!.sizeBytes;
    }
    return bytes;
  }

  /**
   * Deletes the oldest segments whose every decree is `<= upToDecree`, never the current one. Returns how many.
   */
  collect(upToDecree: number): Promise<number> {
    const work = this.#collecting.then(async () => {
      let removed = 0;
      try {
        while (this.#segments.length > 1 && this.#segments[1]!.firstDecree - 1 <= upToDecree) {
          const segment = this.#segments[0]!;
          // Oldest first: whatever is left after a crash is a log without holes.
          await this.#fileSystem.remove(segment.path);
          this.#segments.shift();
          removed++;
        }
        if (removed > 0) await this.#fileSystem.syncDirectory(this.#directory);
      } catch (error) {
        throw StoreError.from(error, 'collect log', this.#directory);
      }
      return removed;
    });
    this.#collecting = work.catch(() => undefined);
    return work;
  }

  /** Waits for the appends under way, then closes. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#sealed ??= this.#stateError('the log is closed');
    await this.#draining;
    await this.#collecting;
    await this.#segments.at(-1)!.retire();
    this.#appended.complete();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Everything that can be appended in this turn of the event loop joins the group.
      await deferred(this.#clock);
      try {
        await this.#writeGroup();
      } catch (error) {
        this.#failWaiting(StoreError.from(error, 'append to log', this.#segments.at(-1)!.path));
      }
    }
    this.#draining = undefined;
  }

  async #writeGroup(): Promise<void> {
    await this.#repairTail();
    let segment = this.#segments.at(-1)!;
    const firstDecree = this.#lastDecree + 1;
    if (segment.sizeBytes >= this.#segmentSizeBytes && segment.firstDecree < firstDecree) {
      const created = await createSegment(this.#directory, firstDecree, this.#fileSystem);
      this.#segments.push(created);
      await segment.retire().catch(() => undefined);
      segment = created;
    }
    const { group, bytes } = this.#takeGroup(this.#segmentSizeBytes - segment.sizeBytes);
    const buffer = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    const offsets = group.map(({ mutation }) => {
      const start = at;
      at = encodeRecord(buffer, at, mutation, this.#lastDecree);
      return segment.sizeBytes + start;
    });
    const file = segment.file!;
    try {
      this.#tornTail = true;
      await file.write([buffer], segment.sizeBytes);
    } catch (error) {
      await this.#repairTail().catch(() => undefined);
      throw error;
    }
    try {
      await file.datasync();
    } catch (error) {
      await file.truncate(segment.sizeBytes).catch(() => undefined);
      throw this.#seal(error, segment.path);
    }
    this.#tornTail = false;
    for (const [i, { mutation }] of group.entries()) segment.note(mutation.decree, offsets[i]!);
    segment.sizeBytes += bytes;
    this.#lastDecree = group.at(-1)!.mutation.decree;
    this.#queue = this.#queue.slice(group.length);
    this.#release(bytes);
    for (const { waiter } of group) waiter?.resolve();
    this.#appended.next(this.#lastDecree);
  }

  /** The next records to write: as many as fit in the segment and under the group limit, at least one. */
  #takeGroup(segmentBytesLeft: number): { group: readonly Queued[]; bytes: number } {
    const most = Math.min(groupLimitBytes, segmentBytesLeft);
    let bytes = 0;
    let count = 0;
    for (const { sizeBytes } of this.#queue) {
      if (count > 0 && bytes + sizeBytes > most) break;
      bytes += sizeBytes;
      count++;
    }
    return { group: this.#queue.slice(0, count), bytes };
  }

  async #repairTail(): Promise<void> {
    if (!this.#tornTail) return;
    const segment = this.#segments.at(-1)!;
    await segment.file!.truncate(segment.sizeBytes);
    try {
      await segment.file!.datasync();
    } catch (error) {
      throw this.#seal(error, segment.path);
    }
    this.#tornTail = false;
  }

  #seal(cause: unknown, path: string): StoreError {
    this.#sealed = new StoreError('ERR_DISK_IO_ERROR', {
      operation: 'sync log',
      path,
      detail: 'what is on the disk is unknown now; nothing is accepted until the log is opened again',
      cause,
    });
    return this.#sealed;
  }

  #failWaiting(error: StoreError): void {
    const failed = this.#queue;
    this.#queue = [];
    this.#nextDecree = this.#lastDecree + 1;
    this.#release(this.#queuedBytes);
    for (const { waiter } of failed) waiter?.reject(error);
  }

  #release(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (!this.hasRoom) return;
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #refusalOf(mutations: readonly Mutation[]): StoreError | undefined {
    if (this.#sealed !== undefined) return this.#sealed;
    for (const [i, mutation] of mutations.entries()) {
      const expected = this.#nextDecree + i;
      if (mutation.decree !== expected) {
        return this.#parameterError(`decree ${mutation.decree} where ${expected} has to follow`);
      }
      if (!isEncodable(mutation)) return this.#parameterError(`mutation ${expected} does not fit the format`);
    }
    if (this.hasRoom) return undefined;
    return new StoreError('ERR_BUSY', {
      operation: 'append to log',
      path: this.#directory,
      detail: `${this.#queuedBytes} bytes wait already`,
    });
  }

  #parameterError(detail: string): StoreError {
    return new StoreError('ERR_INVALID_PARAMETERS', {
      operation: 'append to log',
      path: this.#directory,
      detail,
    });
  }

  #stateError(detail: string): StoreError {
    return new StoreError('ERR_INVALID_STATE', { operation: 'append to log', path: this.#directory, detail });
  }

  #collectedError(decree: number): StoreError {
    return new StoreError('ERR_INCOMPLETE_DATA', {
      operation: 'read log',
      path: this.#directory,
      detail: `decree ${decree} is not in the log any more, which starts with ${this.firstDecree}`,
    });
  }
}
