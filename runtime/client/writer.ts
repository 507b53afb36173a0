/** Many puts at once, bounded, with the order of writes to one key kept. */
import { setMaxListeners } from 'node:events';
import { encodeRawKey } from '../pegasus/key.js';
import { BridleError } from './errors.js';
import type { Bytes, Table } from './table.js';

export interface WriterOptions {
  /** Rows in flight at most. Default 256. */
  readonly maxInFlightRows?: number;
  /** Deadline of each put, long enough for a server to come back. Default 30 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface WritableRow {
  readonly hashKey: Bytes;
  readonly sortKey: Bytes;
  readonly value: Bytes;
  readonly ttlSeconds?: number | undefined;
}

const DEFAULT_MAX_ROWS = 256;
/** Keys and values in flight at most; one larger row still goes alone. */
const MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Writes rows with many puts in flight. Two writes of one key are never in flight together, so the last
 * one given is the one that stays.
 *
 * The first failure ends it: `write` and `flush` reject with it from then on, and nothing more is sent.
 * Repeating rows that are stored already is harmless.
 *
 * @example
 * const writer = new BulkWriter(table);
 * for (const row of rows) await writer.write(row);
 * await writer.flush();
 */
export class BulkWriter {
  readonly #table: Table;
  readonly #maxRows: number;
  readonly #timeoutMs: number;
  readonly #abort = new AbortController();
  /** The newest write of each key that is in flight. */
  readonly #newest = new Map<string, Promise<void>>();
  #rowsInFlight = 0;
  #bytesInFlight = 0;
  #rowsWritten = 0;
  #bytesWritten = 0;
  #failure: BridleError | undefined;
  #waiters: (() => void)[] = [];

  constructor(table: Table, options: WriterOptions = {}) {
    this.#table = table;
    this.#maxRows = options.maxInFlightRows ?? DEFAULT_MAX_ROWS;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    // Every put in flight listens.
    setMaxListeners(0, this.#abort.signal);
    const { signal } = options;
    if (signal?.aborted === true) this.#cancel();
    else signal?.addEventListener('abort', () => this.#cancel(), { once: true, signal: this.#abort.signal });
  }

  /** Rows the cluster has confirmed. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  /** Bytes of keys and values confirmed. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get rowsInFlight(): number {
    return this.#rowsInFlight;
  }

  /** Resolves when the row is on its way, which takes as long as there is no room. Rejects with BridleError. */
  async write(row: WritableRow): Promise<void> {
    const hashKey = Buffer.from(row.hashKey);
    const sortKey = Buffer.from(row.sortKey);
    const value = Buffer.from(row.value);
    const size = hashKey.length + sortKey.length + value.length;
    while (this.#failure === undefined && this.#isFull(size)) await this.#nextChange();
    if (this.#failure !== undefined) throw this.#failure;
    let key: string;
    try {
      key = encodeRawKey(hashKey, sortKey).toString('latin1');
    } catch (error) {
      throw BridleError.from(error);
    }
    this.#rowsInFlight++;
    this.#bytesInFlight += size;
    const send = () => this.#put(hashKey, sortKey, value, row.ttlSeconds);
    const before = this.#newest.get(key);
    const written = (before === undefined ? send() : before.then(send)).then((stored) => {
      this.#rowsInFlight--;
      this.#bytesInFlight -= size;
      if (stored) {
        this.#rowsWritten++;
        this.#bytesWritten += size;
      }
      if (this.#newest.get(key) === written) this.#newest.delete(key);
      this.#notify();
    });
    this.#newest.set(key, written);
  }

  /** Resolves when every row so far is confirmed. On failure it rejects once nothing is in flight any more. */
  async flush(): Promise<void> {
    while (this.#rowsInFlight > 0) await this.#nextChange();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #isFull(size: number): boolean {
    if (this.#rowsInFlight === 0) return false;
    return this.#rowsInFlight >= this.#maxRows || this.#bytesInFlight + size > MAX_IN_FLIGHT_BYTES;
  }

  /** Never rejects: the failure is kept for whoever writes or flushes next. */
  async #put(
    hashKey: Buffer,
    sortKey: Buffer,
    value: Buffer,
    ttlSeconds: number | undefined,
  ): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    try {
      const { signal } = this.#abort;
      await this.#table.put(hashKey, sortKey, value, { ttlSeconds, timeoutMs: this.#timeoutMs, signal });
      return true;
    } catch (error) {
      this.#fail(BridleError.from(error));
      return false;
    }
  }

  #cancel(): void {
    this.#fail(
      BridleError.of('ERR_THREAD_INTERRUPTED', { operation: 'write rows', hint: 'canceled by the caller' }),
    );
  }

  /** What is on its way is not waited for: it fails at once and may be stored or not. */
  #fail(failure: BridleError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#abort.abort();
    this.#notify();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  #notify(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
