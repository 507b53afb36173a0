import { join } from 'node:path';
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
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { errnoOf, readFile, writeFile } from './files.js';

const stateFile = 'state.bin';

/**
 * The engine in memory, for simulations and small tests. Closing forgets everything that is not in a
 * checkpoint, so with it a partition is rebuilt from checkpoint and log on each open.
 */
export class MemoryEngine implements Engine {
  /** Keys as latin1 text: one character per byte, so text order is byte order. */
  readonly #values = new Map<string, Buffer>();
  /** Sorted when {@link MemoryEngine.scan} needs it; `undefined` after a key came or went. */
  #sorted: string[] | undefined;
  #state: EngineState = { decree: 0, marks: {} };
  #closed = false;
  readonly #fileSystem: FileSystem;

  private constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Loads the checkpoint in the directory; empty without a directory or without a checkpoint in it. */
  static async open(directory?: string, fileSystem: FileSystem = nodeFileSystem): Promise<MemoryEngine> {
    const engine = new MemoryEngine(fileSystem);
    if (directory === undefined) return engine;
    try {
      engine.#load(await readFile(join(directory, stateFile), fileSystem));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw StoreError.from(error, 'open the engine', directory);
    }
    return engine;
  }

  get lastAppliedDecree(): number {
    return this.#state.decree;
  }

  get marks(): Marks {
    return this.#state.marks;
  }

  async apply(batch: EngineBatch): Promise<void> {
    this.#checkOpen('apply a batch');
    checkDecree(batch, this.#state, 'memory');
    for (const [key, value] of batch.puts) {
      const text = key.toString('latin1');
      if (!this.#values.has(text)) this.#sorted = undefined;
      this.#values.set(text, value);
    }
    for (const key of batch.deletes) {
      if (this.#values.delete(key.toString('latin1'))) this.#sorted = undefined;
    }
    this.#state = { decree: batch.decree, marks: { ...this.#state.marks, ...batch.marks } };
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    this.#checkOpen('read a key');
    return this.#values.get(key.toString('latin1'));
  }

  async scan(range: ScanRange = {}): Promise<KeyValue[]> {
    this.#checkOpen('scan');
    this.#sorted ??= sortedKeys(this.#values);
    return scanSorted(this.#sorted, this.#values, range);
  }

  async snapshot(): Promise<EngineSnapshot> {
    this.#checkOpen('take a snapshot');
    const values = new Map(this.#values);
    const keys = sortedKeys(values);
    let closed = false;
    return {
      state: this.#state,
      scan: async (range = {}) => {
        this.#checkOpen('scan a snapshot');
        if (closed) throw closedError('scan a snapshot', 'the snapshot is closed');
        return scanSorted(keys, values, range);
      },
      close: async () => {
        closed = true;
        values.clear();
      },
    };
  }

  async checkpoint(directory: string): Promise<EngineState> {
    this.#checkOpen('checkpoint the engine');
    const state = this.#state;
    const header = Buffer.from(JSON.stringify(state));
    const parts = [lengthsOf(header.length, this.#values.size), header];
    for (const [text, value] of this.#values) {
      parts.push(lengthsOf(text.length, value.length), Buffer.from(text, 'latin1'), value);
    }
    try {
      await this.#fileSystem.makeDirectory(directory);
      await writeFile(join(directory, stateFile), Buffer.concat(parts), this.#fileSystem);
      await this.#fileSystem.syncDirectory(directory);
    } catch (error) {
      throw StoreError.from(error, 'checkpoint the engine', directory);
    }
    return state;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#values.clear();
    this.#sorted = undefined;
  }

  #load(bytes: Buffer): void {
    let at = 8 + bytes.readUInt32LE(0);
    this.#state = JSON.parse(bytes.subarray(8, at).toString('utf8')) as EngineState;
    for (let left = bytes.readUInt32LE(4); left > 0; left--) {
      const keyEnd = at + 8 + bytes.readUInt32LE(at);
      const valueEnd = keyEnd + bytes.readUInt32LE(at + 4);
      this.#values.set(bytes.toString('latin1', at + 8, keyEnd), bytes.subarray(keyEnd, valueEnd));
      at = valueEnd;
    }
  }

  #checkOpen(operation: string): void {
    if (!this.#closed) return;
    throw closedError(operation, 'the engine is closed');
  }
}

function closedError(operation: string, detail: string): StoreError {
  return new StoreError('ERR_INVALID_STATE', { operation, detail });
}

function lengthsOf(first: number, second: number): Buffer {
  const lengths = Buffer.allocUnsafe(8);
  lengths.writeUInt32LE(first, 0);
  lengths.writeUInt32LE(second, 4);
  return lengths;
}

/** Index of the first key that is `>= wanted`, or `> wanted` when `after` is set. */
function lowerBound(keys: readonly string[], wanted: string, after: boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const key = keys[middle]!;
    if (key < wanted || (after && key === wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedKeys(values: ReadonlyMap<string, Buffer>): string[] {
  return [...values.keys()].sort((a, b) => (a < b ? -1 : 1));
}

function scanSorted(
  keys: readonly string[],
  values: ReadonlyMap<string, Buffer>,
  range: ScanRange,
): KeyValue[] {
  const first = Math.max(
    range.gte === undefined ? 0 : lowerBound(keys, range.gte.toString('latin1'), false),
    range.gt === undefined ? 0 : lowerBound(keys, range.gt.toString('latin1'), true),
  );
  const end = Math.min(
    range.lt === undefined ? keys.length : lowerBound(keys, range.lt.toString('latin1'), false),
    range.lte === undefined ? keys.length : lowerBound(keys, range.lte.toString('latin1'), true),
  );
  const pairs: KeyValue[] = [];
  const limit = range.limit ?? defaultScanLimit;
  let bytesLeft = range.maxBytes ?? defaultScanMaxBytes;
  for (let i = 0; i < end - first && pairs.length < limit && (i === 0 || bytesLeft > 0); i++) {
    const text = keys[range.reverse === true ? end - 1 - i : first + i]!;
    const value = values.get(text)!;
    pairs.push([Buffer.from(text, 'latin1'), value]);
    bytesLeft -= text.length + value.length;
  }
  return pairs;
}
