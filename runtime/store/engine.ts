import { StoreError } from './errors.js';

/** One stored pair. Neither buffer may be changed by whoever holds it. */
export type KeyValue = readonly [key: Buffer, value: Buffer];

/** Small named numbers kept beside the data, e.g. `{ 'duplication.7': 4021 }` (a source decree). */
export type Marks = Readonly<Record<string, number>>;

/**
 * Everything one call of {@link Engine.apply} changes, at once or not at all.
 *
 * A key may appear once only, either in `puts` or in `deletes`.
 */
export interface EngineBatch {
  readonly puts: readonly KeyValue[];
  readonly deletes: readonly Buffer[];
  /** Highest decree contained in the batch; never lower than the engine's last applied decree. */
  readonly decree: number;
  /** Merged into the marks; a name that is not given keeps its number. */
  readonly marks?: Marks;
}

/** Bytewise order, both ends optional. With `reverse` the same pairs come from the upper end. */
export interface ScanRange {
  readonly gt?: Buffer;
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
  readonly reverse?: boolean;
  /** Most pairs to return. Default 1,000. */
  readonly limit?: number;
  /** Stop after the pair that reaches this many bytes of keys and values. Default 1 MiB. */
  readonly maxBytes?: number;
}

export const defaultScanLimit = 1_000;
export const defaultScanMaxBytes = 1024 * 1024;

/** What a checkpoint contains: every decree up to this one and none above. */
export interface EngineState {
  readonly decree: number;
  readonly marks: Marks;
}

/** The state of an engine at one moment, whatever is applied to it afterwards. */
export interface EngineSnapshot {
  /** The decree it was taken at, and the marks of that decree. */
  readonly state: EngineState;
  /** As {@link Engine.scan}. Rejects with `ERR_INVALID_STATE` once the snapshot or the engine is closed. */
  scan(range?: ScanRange): Promise<KeyValue[]>;
  /** Old values are kept as long as a snapshot needs them: close it. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * The state of one partition: ordered keys, and the decree up to which they are the result of the log.
 *
 * An engine need not survive a power failure by itself: the mutation log is the durable truth and everything
 * above the engine's decree is applied again on open. What it must guarantee is that a batch, its decree and
 * its marks are kept or lost together.
 *
 * All methods reject with `StoreError`. Calls of `apply` take effect in the order they were made.
 */
export interface Engine {
  /** Decree of the last batch; 0 for a new engine. */
  readonly lastAppliedDecree: number;
  readonly marks: Marks;
  apply(batch: EngineBatch): Promise<void>;
  /** Any key is allowed, the empty one too. `undefined` when there is no such key. */
  get(key: Buffer): Promise<Buffer | undefined>;
  /**
   * The first pairs of a range, all from one moment. Fewer than `limit` does not mean the end: go on with
   * `gt` set to the last key until the answer is empty.
   */
  scan(range?: ScanRange): Promise<KeyValue[]>;
  /** Between two batches, never within one. Costs nothing until values are replaced. */
  snapshot(): Promise<EngineSnapshot>;
  /**
   * Writes a copy into `directory`, which must not exist, from which an engine of the same kind can be
   * opened. Files and directory are on disk, not only in the cache, when this resolves. Batches applied
   * meanwhile wait; the copy contains exactly the returned state.
   */
  checkpoint(directory: string): Promise<EngineState>;
  /** Afterwards every call rejects with `ERR_INVALID_STATE`. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Opens the engine in a directory, creating it when missing. */
export type OpenEngine = (directory: string) => Promise<Engine>;

/** For implementations of {@link Engine.apply}: a decree that goes back would make replay apply mutations twice. */
export function checkDecree(batch: EngineBatch, state: EngineState, path: string): void {
  if (Number.isSafeInteger(batch.decree) && batch.decree >= state.decree) return;
  throw new StoreError('ERR_INVALID_PARAMETERS', {
    operation: 'apply a batch',
    path,
    detail: `decree ${batch.decree} after ${state.decree}`,
  });
}
