import { ClassicLevel } from 'classic-level';
import {
  checkDecree,
  defaultScanLimit,
  defaultScanMaxBytes,
  type Engine,
  type EngineBatch,
  type EngineSnapshot,
  type EngineState,
  type KeyValue,
  type Marks,
  type ScanRange,
} from './engine.js';
import { StoreError } from './errors.js';
import { checkpointLevelDb } from './leveldb-checkpoint.js';

export interface ClassicLevelEngineOptions {
  /** Memory for recent writes before they become a table, in bytes. Default 8 MiB: a node has many partitions. */
  readonly writeBufferSizeBytes?: number;
}

type LevelSnapshot = ReturnType<ClassicLevel<Buffer, Buffer>['snapshot']>;

const mebibyte = 1024 * 1024;
const dataPrefix = 0x01;
/** Below every data key, because its first byte is. */
const stateKey = Buffer.from([0x00]);
const firstDataKey = Buffer.from([dataPrefix]);
const endOfData = Buffer.from([dataPrefix + 1]);
const pairsPerFetch = 512;

/**
 * The engine on LevelDB. A batch reaches the operating system but is not synced: it survives the end of the
 * process, not a power failure (the log repairs that).
 *
 * After a failed batch it refuses every further one until it is opened again, because LevelDB does not say
 * whether the failed one is in its log.
 *
 * @example
 * ```ts
 * const engine = await ClassicLevelEngine.open(directory);
 * await engine.apply({ puts: [[Buffer.from('k'), Buffer.from('v')]], deletes: [], decree: 1 });
 * ```
 */
export class ClassicLevelEngine implements Engine {
  readonly #db: ClassicLevel<Buffer, Buffer>;
  readonly #directory: string;
  #state: EngineState;
  #failure: StoreError | undefined;
  #closing: Promise<void> | undefined;
  /** End of the last batch or checkpoint: they run one after another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(db: ClassicLevel<Buffer, Buffer>, directory: string, state: EngineState) {
    this.#db = db;
    this.#directory = directory;
    this.#state = state;
  }

  /** @throws StoreError `ERR_LOCK_ALREADY_EXIST` when the directory is open elsewhere. */
  static async open(directory: string, options: ClassicLevelEngineOptions = {}): Promise<ClassicLevelEngine> {
    const db = new ClassicLevel<Buffer, Buffer>(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      // Speed before space: what is stored here is small, and a checkpoint is compressed in transit if at all.
      compression: false,
      writeBufferSize: options.writeBufferSizeBytes ?? 8 * mebibyte,
      cacheSize: 8 * mebibyte,
    });
    try {
      await db.open();
      const state = await db.get(stateKey);
      return new ClassicLevelEngine(
        db,
        directory,
        state === undefined ? { decree: 0, marks: {} } : decodeState(state),
      );
    } catch (error) {
      await db.close().catch(() => undefined);
      throw StoreError.from(error, 'open the engine', directory);
    }
  }

  get lastAppliedDecree(): number {
    return this.#state.decree;
  }

  get marks(): Marks {
    return this.#state.marks;
  }

  apply(batch: EngineBatch): Promise<void> {
    return this.#inTurn('apply a batch', async () => {
      if (this.#failure !== undefined) throw this.#failure;
      checkDecree(batch, this.#state, this.#directory);
      const state = { decree: batch.decree, marks: { ...this.#state.marks, ...batch.marks } };
      const operations: ({ type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer })[] = [];
      for (const [key, value] of batch.puts) operations.push({ type: 'put', key: dataKey(key), value });
      for (const key of batch.deletes) operations.push({ type: 'del', key: dataKey(key) });
      operations.push({ type: 'put', key: stateKey, value: Buffer.from(JSON.stringify(state)) });
      try {
        await this.#db.batch(operations);
      } catch (error) {
        this.#failure = StoreError.from(error, 'apply a batch', this.#directory);
        throw this.#failure;
      }
      this.#state = state;
    });
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#db.get(dataKey(key));
    } catch (error) {
      throw StoreError.from(error, 'read a key', this.#directory);
    }
  }

  scan(range: ScanRange = {}): Promise<KeyValue[]> {
    return this.#scan(range, undefined);
  }

  snapshot(): Promise<EngineSnapshot> {
    return this.#inTurn('take a snapshot', async () => {
      if (this.#failure !== undefined) throw this.#failure;
      // In turn, so no batch is half in: what LevelDB freezes is what the state says.
      const taken = this.#db.snapshot();
      return {
        state: this.#state,
        scan: (range = {}) => this.#scan(range, taken),
        close: () => taken.close(),
      };
    });
  }

  async #scan(range: ScanRange, snapshot: LevelSnapshot | undefined): Promise<KeyValue[]> {
    const limit = range.limit ?? defaultScanLimit;
    const maxBytes = range.maxBytes ?? defaultScanMaxBytes;
    const pairs: KeyValue[] = [];
    if (limit <= 0) return pairs;
    try {
      // One iterator is one snapshot, whatever is written while it is read.
      const iterator = this.#db.iterator({
        ...(range.gt !== undefined
          ? { gt: dataKey(range.gt) }
          : { gte: range.gte ? dataKey(range.gte) : firstDataKey }),
        ...(range.lte !== undefined
          ? { lte: dataKey(range.lte) }
          : { lt: range.lt ? dataKey(range.lt) : endOfData }),
        reverse: range.reverse ?? false,
        limit,
        highWaterMarkBytes: Math.min(maxBytes, 256 * 1024),
        fillCache: limit < 100,
        ...(snapshot === undefined ? {} : { snapshot }),
      });
      try {
        let bytes = 0;
        while (pairs.length < limit) {
          const fetched = await iterator.nextv(Math.min(limit - pairs.length, pairsPerFetch));
          if (fetched.length === 0) return pairs;
          for (const [key, value] of fetched) {
            pairs.push([key.subarray(1), value]);
            bytes += key.length - 1 + value.length;
            if (bytes >= maxBytes) return pairs;
          }
        }
        return pairs;
      } finally {
        await iterator.close();
      }
    } catch (error) {
      throw StoreError.from(error, 'scan', this.#directory);
    }
  }

  checkpoint(directory: string): Promise<EngineState> {
    return this.#inTurn('checkpoint the engine', async () => {
      if (this.#failure !== undefined) throw this.#failure;
      await checkpointLevelDb(this.#directory, directory);
      return this.#state;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(
      () => this.#db.close(),
      () => this.#db.close(),
    );
    return this.#closing;
  }

  #inTurn<T>(operation: string, work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      return Promise.reject(
        new StoreError('ERR_INVALID_STATE', {
          operation,
          path: this.#directory,
          detail: 'the engine is closed',
        }),
      );
    }
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function dataKey(key: Buffer): Buffer {
  const prefixed = Buffer.allocUnsafe(key.length + 1);
  prefixed[0] = dataPrefix;
  key.copy(prefixed, 1);
  return prefixed;
}

function decodeState(value: Buffer): EngineState {
  const state = JSON.parse(value.toString('utf8')) as EngineState;
  return { decree: state.decree, marks: state.marks };
}
