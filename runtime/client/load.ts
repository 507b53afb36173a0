/**
 * Loading a file into a table, in two phases: first every row is checked and nothing is written, then all
 * rows are written. So a mistake in the last line costs nothing, and what is loaded is never half a file
 * without a word about it.
 */
import { BridleError } from './errors.js';
import { type ReadRowsOptions, type RowFormat, readRowGroups } from './rows.js';
import { ReplayableInput } from './spool.js';
import type { Table } from './table.js';
import { BulkWriter } from './writer.js';

/** How far a load is: first the whole input is checked, then it is written. */
export interface LoadProgress {
  readonly phase: 'validating' | 'writing';
  /** Rows checked, or rows the cluster has confirmed. */
  readonly rows: number;
  /** Keys and values of these rows. */
  readonly bytes: number;
  /** Rows in the whole input; undefined while validating. */
  readonly totalRows: number | undefined;
}

/** What to load, and into which table. */
export interface LoadOptions extends Partial<ReadRowsOptions> {
  readonly table: Table;
  /** A file to read; `.csv`, `.jsonl` and `.ndjson` decide the format when it is left out. */
  readonly path?: string | undefined;
  /** Or a stream, e.g. process.stdin: kept in a temporary file until it is checked. Needs `format`. */
  readonly rows?: AsyncIterable<string | Uint8Array> | undefined;
  /** At most five times a second, and at the end of each phase. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Deadline of each put; see WriterOptions. */
  readonly timeoutMs?: number | undefined;
}

/** A load that has written every row. */
export interface LoadReport {
  readonly rows: number;
  /** Keys and values. */
  readonly bytes: number;
  /** Both phases. */
  readonly elapsedMs: number;
  /** In the writing phase. */
  readonly rowsPerSecond: number;
}

const PROGRESS_PERIOD_MS = 200;

/**
 * Loads rows; repeating it is harmless, since a row is written under its own key.
 *
 * BRIDLE_BAD_INPUT and BRIDLE_VALUE_TOO_LARGE name the line, and nothing was written. Any other failure
 * says how many rows are stored for certain.
 *
 * @example
 * const { rows } = await loadRows({ table: await cluster.table('users'), path: 'users.csv' });
 */
export async function loadRows(options: LoadOptions): Promise<LoadReport> {
  const startedMs = performance.now();
  const { path, signal, table } = options;
  const read = { ...options, format: formatOf(options) };
  await using input = await openInput(options);
  const values = { table: table.name, ...(path === undefined ? {} : { path }) };
  const total = await validate(input, read).catch((error: unknown) => {
    throw explain(error, 'Nothing was written to the table.', values);
  });
  const writingMs = performance.now();
  const { timeoutMs } = options;
  const writer = new BulkWriter(table, {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  const report = progressReporter(options, 'writing', total);
  try {
    for await (const group of readRowGroups(input.chunks(signal), read)) {
      for (const row of group) {
        await writer.write(row);
        report(writer.rowsWritten, writer.bytesWritten);
      }
    }
    await input.checkUnchanged();
    await writer.flush();
  } catch (error) {
    // What is still on its way may count yet.
    await writer.flush().catch(() => {});
    const stored = `${writer.rowsWritten} of ${total} rows are stored for certain`;
    throw explain(error, `${stored}. Loading the same input again is safe and completes it.`, values);
  }
  report(writer.rowsWritten, writer.bytesWritten, true);
  const endedMs = performance.now();
  return {
    rows: writer.rowsWritten,
    bytes: writer.bytesWritten,
    elapsedMs: Math.round(endedMs - startedMs),
    rowsPerSecond: Math.round((writer.rowsWritten * 1000) / Math.max(1, endedMs - writingMs)),
  };
}

/** The number of rows. */
async function validate(input: ReplayableInput, options: LoadOptions & ReadRowsOptions): Promise<number> {
  const report = progressReporter(options, 'validating', undefined);
  let rows = 0;
  let bytes = 0;
  for await (const group of readRowGroups(input.chunks(options.signal), options)) {
    for (const row of group) {
      rows++;
      bytes += row.hashKey.length + row.sortKey.length + row.value.length;
    }
    report(rows, bytes);
  }
  report(rows, bytes, true);
  return rows;
}

function openInput({ path, rows, signal }: LoadOptions): Promise<ReplayableInput> {
  if (path !== undefined && rows === undefined) return ReplayableInput.file(path, signal);
  if (rows !== undefined && path === undefined) return ReplayableInput.stream(rows, signal);
  throw BridleError.of('BRIDLE_USAGE', { operation: 'load', hint: 'give either a path or a stream of rows' });
}

const FORMAT_OF_SUFFIX: Readonly<Record<string, RowFormat>> = {
  csv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
};

function formatOf({ format, path }: LoadOptions): RowFormat {
  const suffix = path?.split('.').at(-1)?.toLowerCase() ?? '';
  const found = format ?? FORMAT_OF_SUFFIX[suffix];
  if (found !== undefined) return found;
  throw BridleError.of('BRIDLE_USAGE', {
    operation: 'load',
    hint: 'the format cannot be told from the name; say csv or jsonl (--format)',
    ...(path === undefined ? {} : { values: { path } }),
  });
}

function progressReporter(
  { onProgress }: LoadOptions,
  phase: LoadProgress['phase'],
  totalRows: number | undefined,
): (rows: number, bytes: number, last?: boolean) => void {
  let nextMs = performance.now() + PROGRESS_PERIOD_MS;
  return (rows, bytes, last = false) => {
    if (onProgress === undefined) return;
    const nowMs = performance.now();
    if (!last && nowMs < nextMs) return;
    nextMs = nowMs + PROGRESS_PERIOD_MS;
    onProgress({ phase, rows, bytes, totalRows });
  };
}

/** The same failure, with what it means for this load. */
function explain(error: unknown, consequence: string, values: Readonly<Record<string, string>>): BridleError {
  const { code, operation, peer, hint, cause } = BridleError.from(error);
  return BridleError.of(code, { operation, peer, hint, consequence, values, cause: cause ?? error });
}
