import type { Observable } from 'rxjs';
import { type Clock, deferred, systemClock } from '../../actors/clock.js';
import { type ApplyMutation, applyMutations } from './applier.js';
import type { CheckpointManifest } from './checkpoint-manifest.js';
import { type CheckpointInfo, CheckpointStore } from './checkpoint-store.js';
import { ClassicLevelEngine } from './classic-level-engine.js';
import type { Engine, EngineSnapshot, KeyValue, Marks, OpenEngine, ScanRange } from './engine.js';
import { currentBootId, PartitionEngine } from './engine-recovery.js';
import { StoreError } from './errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { makeDirectory, settleNames } from './files.js';
import type { Mutation } from './mutation.js';
import { type LogChunk, MutationLog, type MutationLogOptions, type ReadLogOptions } from './mutation-log.js';
import { installedDecree, installPartition, partitionPaths } from './partition-install.js';

export interface PartitionStoreOptions<Result> {
  readonly directory: string;
  readonly apply: ApplyMutation<Result>;
  /** Default: LevelDB. */
  readonly openEngine?: OpenEngine;
  readonly logOptions?: Omit<MutationLogOptions, 'firstDecree'>;
  /** Default: the disk, and the system's clock. */
  readonly fileSystem?: FileSystem;
  readonly clock?: Pick<Clock, 'defer' | 'epochMs'>;
  /** Microseconds since 1970, for writes that bring no timestamp. Default: the clock. */
  readonly nowUs?: () => bigint;
  /** Identifies the boot of the machine; for tests of what happens after a power failure. */
  readonly bootId?: string;
}

export interface WriteRequest {
  readonly code: string;
  /** Must not be changed any more. */
  readonly message: Buffer;
  /** Default: now, but always after the write before. */
  readonly timestampUs?: bigint;
}

export interface Written<Result> {
  readonly decree: number;
  readonly result: Result | undefined;
}

interface Waiting<Result> {
  readonly request: WriteRequest;
  resolve(written: Written<Result>): void;
  reject(error: unknown): void;
}

interface Durable<Result> {
  readonly mutation: Mutation;
  readonly waiting: Waiting<Result>;
}

/** Mutations that become one engine batch. */
const maxBatchMutations = 1_024;
const maxBatchBytes = 4 * 1024 * 1024;

/**
 * One partition on one node: a log that is durable, an engine that holds what the log means, checkpoints.
 *
 * ```text
 * write ─▶ next decree ─▶ log (one sync for all that wait) ─▶ apply ─▶ engine (one batch) ─▶ resolved
 *                            └─▶ appended$, readLog                       └─▶ get, scan, checkpoint
 * ```
 *
 * What is durable: a write that resolved, from then on and through any crash. A write that rejected with a disk
 * error of the log changed nothing. A write that was under way when the process died, or that rejected because
 * the *engine* failed, is either in the log, and applied on the next open, or not there at all.
 *
 * After a failure of the engine the store refuses writes with `ERR_INVALID_STATE` until it is opened again.
 *
 * @example
 * ```ts
 * const store = await PartitionStore.open({
 *   directory,
 *   apply: ({ message }) => ({ puts: [[message.subarray(0, 8), message.subarray(8)]] }),
 * });
 * const { decree } = await store.write({ code: 'RPC_RRDB_RRDB_PUT', message });
 * ```
 */
export class PartitionStore<Result = unknown> {
  readonly checkpoints: CheckpointStore;
  readonly #directory: string;
  readonly #apply: ApplyMutation<Result>;
  readonly #nowUs: () => bigint;
  readonly #clock: Pick<Clock, 'defer' | 'epochMs'>;
  readonly #log: MutationLog;
  readonly #engine: Engine;
  readonly #partitionEngine: PartitionEngine;
  /** Writes without a decree yet: the log is full. */
  #waiting: Waiting<Result>[] = [];
  #waitingForRoom = false;
  /** Writes that are in the log and not in the engine. */
  #durable: Durable<Result>[] = [];
  #applying: Promise<void> | undefined;
  #checkpointing: Promise<CheckpointInfo> | undefined;
  #closing: Promise<void> | undefined;
  /** The engine failed: nothing after the last committed decree may be applied before the next open. */
  #failure: StoreError | undefined;
  #lastTimestampUs: bigint;

  private constructor(
    options: PartitionStoreOptions<Result>,
    parts: {
      log: MutationLog;
      engine: Engine;
      checkpoints: CheckpointStore;
      partitionEngine: PartitionEngine;
    },
  ) {
    this.#directory = options.directory;
    this.#apply = options.apply;
    this.#clock = options.clock ?? systemClock;
    this.#nowUs = options.nowUs ?? (() => BigInt(this.#clock.epochMs()) * 1_000n);
    this.#log = parts.log;
    this.#engine = parts.engine;
    this.#partitionEngine = parts.partitionEngine;
    this.checkpoints = parts.checkpoints;
    this.#lastTimestampUs = parts.log.recoveredTimestampUs;
  }

  /**
   * Opens a partition, creating it when the directory is empty or missing, and applies what the log has beyond
   * the engine.
   *
   * @throws StoreError `ERR_LOCK_ALREADY_EXIST` when it is open elsewhere; LogCorruption; `ERR_INCOMPLETE_DATA`
   * when neither the engine nor a checkpoint reaches up to the log; `ERR_INCONSISTENT_STATE` when the engine
   * contains decrees that the log has lost.
   */
  static async open<Result>(options: PartitionStoreOptions<Result>): Promise<PartitionStore<Result>> {
    const { directory, fileSystem = nodeFileSystem, clock = systemClock } = options;
    const openEngine = options.openEngine ?? ((path: string) => ClassicLevelEngine.open(path));
    const bootId = options.bootId ?? (await currentBootId());
    const partitionEngine = new PartitionEngine(directory, openEngine, bootId, fileSystem);
    let log: MutationLog | undefined;
    let engine: Engine | undefined;
    try {
      await makeDirectory(directory, fileSystem);
      await settleNames(directory, fileSystem);
      // The engine comes first: its lock keeps a second opener away from the log.
      engine = await partitionEngine.openTrusted();
      const checkpoints = await CheckpointStore.open(partitionPaths.checkpoints(directory), fileSystem);
      log = await MutationLog.open(partitionPaths.log(directory), {
        fileSystem,
        clock,
        ...options.logOptions,
      });
      if (engine === undefined || engine.lastAppliedDecree + 1 < log.firstDecree) {
        checkReach(checkpoints.latest()?.decree ?? 0, log, directory);
        await engine?.close();
        engine = undefined;
        engine = await partitionEngine.rebuild(checkpoints);
        checkReach(engine.lastAppliedDecree, log, directory);
      }
      if (engine.lastAppliedDecree > log.lastDecree) {
        throw new StoreError('ERR_INCONSISTENT_STATE', {
          operation: 'open partition',
          path: directory,
          detail: `the engine contains decree ${engine.lastAppliedDecree}, but the log ends with ${log.lastDecree}`,
        });
      }
      await partitionEngine.markOpen();
      // Not in the checkpoint's files, which were made by somebody else: so whenever the engine is new.
      const installed = await installedDecree(directory, fileSystem);
      if (installed !== undefined && engine.marks.installed !== installed) {
        await engine.apply({ puts: [], deletes: [], decree: engine.lastAppliedDecree, marks: { installed } });
      }
      await replay(log, engine, options.apply);
      return new PartitionStore(options, { log, engine, checkpoints, partitionEngine });
    } catch (error) {
      await log?.close().catch(() => undefined);
      await engine?.close().catch(() => undefined);
      throw StoreError.from(error, 'open partition', directory);
    }
  }

  /**
   * Makes a new partition directory from the files of a received checkpoint. `open` then starts at the
   * manifest's decree: the next write gets the one after it, and the mark `installed` tells where that was.
   *
   * Sizes and checksums are verified first, and the directory appears at once, complete. Repeating the call,
   * also after a crash at any point of it and after the partition has moved on, changes nothing. The received
   * files may be deleted afterwards. `notes` are small files of the caller's that appear with it, by name.
   *
   * @throws StoreError `ERR_WRONG_CHECKSUM`; `ERR_CORRUPTION` for a manifest that is not one;
   * `ERR_PATH_ALREADY_EXIST` when something else is in the directory.
   */
  static install(
    directory: string,
    filesDirectory: string,
    manifest: CheckpointManifest,
    fileSystem: FileSystem = nodeFileSystem,
    notes?: ReadonlyMap<string, string>,
  ): Promise<void> {
    return installPartition(directory, filesDirectory, manifest, fileSystem, notes);
  }

  /** Last decree that is applied, thus visible to `get` and `scan`. */
  get lastCommittedDecree(): number {
    return this.#engine.lastAppliedDecree;
  }

  /** Last decree in the log; at or a little above the committed one. */
  get lastDurableDecree(): number {
    return this.#log.lastDecree;
  }

  /** Oldest decree that `readLog` can return; one above the durable decree while the log is empty. */
  get minDecreeInLog(): number {
    return this.#log.firstDecree;
  }

  get logSizeBytes(): number {
    return this.#log.sizeBytes;
  }

  /** Why it takes no writes until it is opened again; undefined while it works, or once it is closed. */
  get failure(): StoreError | undefined {
    return this.#closing === undefined ? (this.#failure ?? this.#log.sealed) : undefined;
  }

  get marks(): Marks {
    return this.#engine.marks;
  }

  /** The last durable decree: now, then whenever it grows. Completes on close. */
  get appended$(): Observable<number> {
    return this.#log.appended$;
  }

  /**
   * Gives the mutation the next decree; resolves when it is durable and applied, so that a read made then sees
   * it. Decrees follow the order of the calls. While too many bytes wait for the disk, the promise takes longer:
   * that is the backpressure.
   *
   * @throws what `apply` throws for the mutation (which is then durable, without effect); StoreError as
   * described at the class.
   */
  write(request: WriteRequest): Promise<Written<Result>> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#admit();
    });
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#engine.get(key);
  }

  scan(range?: ScanRange): Promise<KeyValue[]> {
    return this.#engine.scan(range);
  }

  /** What is applied at this moment; see {@link Engine.snapshot}. */
  snapshot(): Promise<EngineSnapshot> {
    return this.#engine.snapshot();
  }

  /** See {@link MutationLog.read}. Mutations may be returned a moment before they are applied here. */
  readLog(options: ReadLogOptions): Promise<LogChunk> {
    return this.#log.read(options);
  }

  /** See {@link MutationLog.lastDecreeOfSegment}. */
  lastDecreeOfSegment(decree: number): number {
    return this.#log.lastDecreeOfSegment(decree);
  }

  /**
   * Makes a durable checkpoint of what is applied, or returns the latest one when nothing was applied since.
   * A call made while one is being made gets that one, which may lack the writes of the last moments.
   */
  checkpoint(): Promise<CheckpointInfo> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#checkpointing ??= this.#makeCheckpoint().finally(() => {
      this.#checkpointing = undefined;
    });
    return this.#checkpointing;
  }

  /**
   * Deletes log segments up to a decree, but nothing above the latest checkpoint: the engine is not synced, so
   * after a power failure it is built again from that checkpoint and the log. Returns how many segments.
   */
  async collectLog(upToDecree: number): Promise<number> {
    return this.#log.collect(Math.min(upToDecree, this.checkpoints.latest()?.decree ?? 0));
  }

  /** Bytes that {@link collectLog} would delete. */
  collectableLogBytes(upToDecree: number): number {
    return this.#log.collectableBytes(Math.min(upToDecree, this.checkpoints.latest()?.decree ?? 0));
  }

  /** Finishes the writes under way, then closes. Later writes reject with `ERR_INVALID_STATE`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#log.hasRoom) {
      const waiting = this.#waiting.shift()!;
      const { code, message, timestampUs } = waiting.request;
      const mutation: Mutation = {
        decree: this.#log.nextDecree,
        timestampUs: timestampUs ?? this.#tick(),
        code,
        message,
      };
      this.#log.append([mutation]).then(
        () => {
          this.#durable.push({ mutation, waiting });
          this.#applying ??= this.#applyDurable();
        },
        (error: unknown) => waiting.reject(error),
      );
    }
    if (this.#waiting.length === 0 || this.#waitingForRoom) return;
    this.#waitingForRoom = true;
    void this.#log.room().then(() => {
      this.#waitingForRoom = false;
      this.#admit();
    });
  }

  #tick(): bigint {
    const nowUs = this.#nowUs();
    this.#lastTimestampUs = nowUs > this.#lastTimestampUs ? nowUs : this.#lastTimestampUs + 1n;
    return this.#lastTimestampUs;
  }

  async #applyDurable(): Promise<void> {
    // The log resolves a whole group at once; wait until all of it has arrived here.
    await deferred(this.#clock);
    while (this.#durable.length > 0) {
      const batch = this.#nextBatch();
      try {
        if (this.#failure !== undefined) throw this.#failure;
        const outcomes = await applyMutations(
          this.#engine,
          this.#apply,
          batch.map(({ mutation }) => mutation),
        );
        for (const [i, { mutation, waiting }] of batch.entries()) {
          const outcome = outcomes[i]!;
          if ('error' in outcome) waiting.reject(outcome.error);
          else waiting.resolve({ decree: mutation.decree, result: outcome.result });
        }
      } catch (error) {
        this.#failure ??= new StoreError('ERR_INVALID_STATE', {
          operation: 'apply mutations',
          path: this.#directory,
          detail: 'the engine failed; what is in the log will be applied when the partition is opened again',
          cause: error,
        });
        for (const { waiting } of batch) waiting.reject(this.#failure);
      }
    }
    this.#applying = undefined;
  }

  #refusal(): StoreError | undefined {
    if (this.#failure === undefined) return this.#closing === undefined ? undefined : this.#closedError();
    const { cause } = this.#failure;
    if (!(cause instanceof StoreError) || cause.code !== 'ERR_DISK_INSUFFICIENT') return this.#failure;
    // Unlike the writes that met the failure, this one is not in the log: say what an operator can change.
    return new StoreError(cause.code, { operation: 'use partition', path: this.#directory, cause });
  }

  #closedError(): StoreError {
    return new StoreError('ERR_INVALID_STATE', {
      operation: 'use partition',
      path: this.#directory,
      detail: 'it is closed',
    });
  }

  #nextBatch(): Durable<Result>[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#durable.length && count < maxBatchMutations && bytes < maxBatchBytes) {
      bytes += this.#durable[count]!.mutation.message.length;
      count++;
    }
    return this.#durable.splice(0, count);
  }

  async #makeCheckpoint(): Promise<CheckpointInfo> {
    const latest = this.checkpoints.latest();
    if (latest?.decree === this.#engine.lastAppliedDecree) return latest;
    return this.checkpoints.create((directory) => this.#engine.checkpoint(directory));
  }

  async #close(): Promise<void> {
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closedError());
    try {
      await this.#log.close();
      // The last group's appends resolve in microtasks, after which their writes wait to be applied.
      await deferred(this.#clock);
      await this.#applying;
      await this.#checkpointing?.catch(() => undefined);
      if (this.#failure !== undefined) await this.#engine.close();
      else await this.#partitionEngine.closeCleanly(this.#engine);
    } catch (error) {
      throw StoreError.from(error, 'close partition', this.#directory);
    }
  }
}

/** Recovery needs every decree between the state it starts from and the log. */
function checkReach(decree: number, log: MutationLog, directory: string): void {
  if (decree + 1 >= log.firstDecree) return;
  throw new StoreError('ERR_INCOMPLETE_DATA', {
    operation: 'open partition',
    path: directory,
    detail: `the log starts with decree ${log.firstDecree}, but there is no state beyond decree ${decree}`,
  });
}

async function replay<Result>(log: MutationLog, engine: Engine, apply: ApplyMutation<Result>): Promise<void> {
  for (;;) {
    const afterDecree = engine.lastAppliedDecree;
    const { mutations } = await log.read({
      afterDecree,
      maxBytes: maxBatchBytes,
      maxCount: maxBatchMutations,
    });
    if (mutations.length === 0) return;
    await applyMutations(engine, apply, mutations);
  }
}
