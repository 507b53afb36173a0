import { notYet } from './not-yet.js';

export type RowFormat = 'jsonl' | 'csv';

export interface ReadRowsOptions {
  readonly format: RowFormat;
  /** Field or column that holds the hash key. */
  readonly hashKey?: string;
  readonly sortKey?: string;
  readonly value?: string;
}

/** One row of a file, checked. */
export interface InputRow {
  /** 1-based line the row begins on. */
  readonly line: number;
  readonly hashKey: Buffer;
  readonly sortKey: Buffer;
  readonly value: Buffer;
  readonly ttlSeconds: number | undefined;
}

export function readRows(
  stream: AsyncIterable<string | Uint8Array>,
  options: ReadRowsOptions,
): AsyncIterable<InputRow> {
  throw notYet(stream, options);
}
