import { notYet } from './not-yet.js';
import type { ReadRowsOptions } from './rows.js';
import type { Table } from './table.js';

export interface LoadProgress {
  readonly phase: 'validating' | 'writing';
  readonly rows: number;
  /** Keys and values. */
  readonly bytes: number;
  /** Rows in the whole input; undefined while validating. */
  readonly totalRows: number | undefined;
}

export interface LoadOptions extends Partial<ReadRowsOptions> {
  readonly table: Table;
  /** A file to read; `.csv`, `.jsonl` and `.ndjson` decide the format when it is left out. */
  readonly path?: string;
  /** Or a stream, e.g. process.stdin: spooled to a temporary file first. Needs `format`. */
  readonly rows?: AsyncIterable<string | Uint8Array>;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface LoadReport {
  readonly rows: number;
  readonly bytes: number;
  readonly elapsedMs: number;
  /** In the writing phase. */
  readonly rowsPerSecond: number;
}

export function loadRows(options: LoadOptions): Promise<LoadReport> {
  throw notYet(options);
}
