import { notYet } from './not-yet.js';
import type { Bytes, Table } from './table.js';

export interface WriterOptions {
  /** Rows in flight at most. Default 256. */
  readonly maxInFlightRows?: number;
  /** Bytes in flight at most. Default 8 MiB. */
  readonly maxInFlightBytes?: number;
  /** Deadline of each put. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface WritableRow {
  readonly hashKey: Bytes;
  readonly sortKey: Bytes;
  readonly value: Bytes;
  readonly ttlSeconds?: number;
}

export class BulkWriter {
  constructor(table: Table, options: WriterOptions = {}) {
    void [table, options];
  }
  /** Rows the cluster has confirmed. */
  get rowsWritten(): number {
    return 0;
  }
  /** Bytes of keys and values confirmed. */
  get bytesWritten(): number {
    return 0;
  }
  get rowsInFlight(): number {
    return 0;
  }
  /** Resolves when there is room for the next row; rejects with the first failure of any row. */
  write(row: WritableRow): Promise<void> {
    throw notYet(row);
  }
  /** Resolves when everything written so far is confirmed. */
  flush(): Promise<void> {
    throw notYet();
  }
}
