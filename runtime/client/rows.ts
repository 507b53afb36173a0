/** Rows of a file, JSON Lines or CSV, checked one by one; every complaint names the line. */
import { isUtf8 } from 'node:buffer';
import { MAX_HASH_KEY_BYTES } from '../pegasus/key.js';
import { CsvParser, type CsvRecord } from './csv.js';
import { hasLoneSurrogate, type JsonObject, type Line, LineSplitter, parseObject } from './jsonl.js';
import { MAX_ROW_BYTES } from './table.js';
import { badInput, byteChunks, tooLarge } from './utf8.js';

/** JSON Lines, or CSV with a header line. */
export type RowFormat = 'jsonl' | 'csv';

/**
 * Without a field name, JSON Lines have `hashKey`, `sortKey` (may be absent), `value` and perhaps
 * `ttlSeconds`; CSV has the columns `hash_key`, `sort_key`, `value`, `ttl_seconds` or the names above.
 *
 * With `hashKey` or `sortKey` named and `value` not, everything else in the object (in the record) is the
 * value, as the text of a JSON object.
 */
export interface ReadRowsOptions {
  readonly format: RowFormat;
  /** Field or column that holds the hash key. */
  readonly hashKey?: string | undefined;
  readonly sortKey?: string | undefined;
  readonly value?: string | undefined;
}

/** One row of a file, checked: it can be written as it is. */
export interface InputRow {
  /** 1-based line the row begins on. */
  readonly line: number;
  readonly hashKey: Buffer;
  readonly sortKey: Buffer;
  readonly value: Buffer;
  readonly ttlSeconds: number | undefined;
}

/** Some 30 years; an expiry is a signed number of seconds since 2016. */
const MAX_TTL_SECONDS = 1_000_000_000;
const EMPTY = Buffer.alloc(0);

/**
 * Reads rows as the stream delivers them. Rejects at the first bad one with BRIDLE_BAD_INPUT or
 * BRIDLE_VALUE_TOO_LARGE: line number, what is wrong, the first 80 characters.
 *
 * @example
 * for await (const row of readRows(createReadStream('users.csv'), { format: 'csv' })) count++;
 */
export async function* readRows(
  stream: AsyncIterable<string | Uint8Array>,
  options: ReadRowsOptions,
): AsyncGenerator<InputRow> {
  for await (const rows of readRowGroups(stream, options)) yield* rows;
}

/**
 * As {@link readRows}, the rows of one chunk together: a promise per chunk instead of one per row. Each
 * group has to be read to its end before the next is asked for.
 */
export async function* readRowGroups(
  stream: AsyncIterable<string | Uint8Array>,
  options: ReadRowsOptions,
): AsyncGenerator<Iterable<InputRow>> {
  const parser = options.format === 'csv' ? new CsvRows(options) : new JsonRows(options);
  for await (const chunk of byteChunks(stream)) yield parser.push(chunk);
  yield parser.end();
}

class JsonRows {
  readonly #lines = new LineSplitter();
  readonly #options: ReadRowsOptions;

  constructor(options: ReadRowsOptions) {
    this.#options = options;
  }

  *push(chunk: Buffer): Generator<InputRow> {
    for (const line of this.#lines.push(chunk)) yield fromObject(line, this.#options);
  }

  *end(): Generator<InputRow> {
    for (const line of this.#lines.end()) yield fromObject(line, this.#options);
  }
}

class CsvRows {
  readonly #parser = new CsvParser();
  readonly #options: ReadRowsOptions;
  #columns: Columns | undefined;

  constructor(options: ReadRowsOptions) {
    this.#options = options;
  }

  *push(chunk: Buffer): Generator<InputRow> {
    yield* this.#rows(this.#parser.push(chunk));
  }

  *end(): Generator<InputRow> {
    yield* this.#rows(this.#parser.end());
    if (this.#columns === undefined) throw badInput(1, 'the header line is missing', '');
  }

  *#rows(records: Iterable<CsvRecord>): Generator<InputRow> {
    for (const record of records) {
      if (this.#columns === undefined) this.#columns = readHeader(record, this.#options);
      else yield fromRecord(record, this.#columns);
    }
  }
}

/** Which column is what; an index of -1 means there is none. */
interface Columns {
  readonly names: readonly string[];
  readonly hashKey: number;
  readonly sortKey: number;
  /** -1: the columns in `rest` as a JSON object. */
  readonly value: number;
  readonly ttl: number;
  readonly rest: readonly number[];
}

function readHeader(record: CsvRecord, options: ReadRowsOptions): Columns {
  const text = Buffer.concat(record.fields.flatMap((field) => [field, Buffer.from(',')])).subarray(0, -1);
  if (!isUtf8(text)) throw badInput(record.line, 'not valid UTF-8', text);
  const names = record.fields.map((field) => field.toString('utf8').trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw badInput(record.line, `column "${twice}" comes twice`, text);
  const find = (candidates: readonly string[], needed: boolean): number => {
    const at = names.findIndex((name) => candidates.includes(name));
    if (at >= 0 || !needed) return at;
    throw badInput(record.line, `the header has no column "${candidates.join('" or "')}"`, text);
  };
  const chosen = isChosen(options);
  const hashKey = find(options.hashKey === undefined ? ['hash_key', 'hashKey'] : [options.hashKey], true);
  const sortKey = find(
    options.sortKey === undefined ? ['sort_key', 'sortKey'] : [options.sortKey],
    options.sortKey !== undefined,
  );
  const wholeRecord = chosen && options.value === undefined;
  const value = wholeRecord ? -1 : find([options.value ?? 'value'], true);
  const ttl = chosen ? -1 : find(['ttl_seconds', 'ttlSeconds'], false);
  const rest = wholeRecord ? [...names.keys()].filter((at) => at !== hashKey && at !== sortKey) : [];
  return { names, hashKey, sortKey, value, ttl, rest };
}

/** Naming a key means: this is some object of mine, not a row written for this purpose. */
function isChosen(options: ReadRowsOptions): boolean {
  return options.hashKey !== undefined || options.sortKey !== undefined;
}

function fromRecord({ line, fields }: CsvRecord, columns: Columns): InputRow {
  const shown = () => Buffer.concat(fields.flatMap((field) => [field, Buffer.from(',')])).subarray(0, -1);
  if (fields.length !== columns.names.length) {
    const wanted = `${columns.names.length} fields, as the header has`;
    throw badInput(
      line,
      `${fields.length} field${fields.length === 1 ? '' : 's'} instead of ${wanted}`,
      shown(),
    );
  }
  if (!fields.every((field) => isUtf8(field))) throw badInput(line, 'not valid UTF-8', shown());
  const at = (index: number): Buffer => fields[index] ?? EMPTY;
  const rest = () => columns.rest.map((index) => [columns.names[index], at(index).toString('utf8')]);
  const value =
    columns.value >= 0 ? at(columns.value) : Buffer.from(JSON.stringify(Object.fromEntries(rest())));
  const ttlText = at(columns.ttl).toString('utf8').trim();
  const ttlSeconds = ttlText === '' ? undefined : checkTtl(Number(ttlText), line, shown);
  return checkRow(
    { line, hashKey: at(columns.hashKey), sortKey: at(columns.sortKey), value, ttlSeconds },
    shown,
  );
}

function fromObject(from: Line, options: ReadRowsOptions): InputRow {
  const object = parseObject(from);
  const { line, text } = from;
  const shown = () => text;
  const chosen = isChosen(options);
  const hashField = options.hashKey ?? 'hashKey';
  const sortField = options.sortKey ?? (chosen ? undefined : 'sortKey');
  const hashKey = keyField(object, hashField, from, true);
  const sortKey =
    sortField === undefined ? EMPTY : keyField(object, sortField, from, options.sortKey !== undefined);
  let value: Buffer;
  if (chosen && options.value === undefined) {
    const rest = Object.entries(object).filter(([name]) => name !== hashField && name !== sortField);
    value = Buffer.from(JSON.stringify(Object.fromEntries(rest)));
  } else {
    value = valueField(object, options.value ?? 'value', from);
  }
  const ttl = chosen || !Object.hasOwn(object, 'ttlSeconds') ? undefined : object.ttlSeconds;
  const ttlSeconds = ttl === undefined || ttl === null ? undefined : checkTtl(ttl, line, shown);
  return checkRow({ line, hashKey, sortKey, value, ttlSeconds }, shown);
}

/** Keys are strings; numbers become their decimal text. */
function keyField(object: JsonObject, name: string, { line, text }: Line, needed: boolean): Buffer {
  const key = Object.hasOwn(object, name) ? object[name] : undefined;
  if (key === undefined && !needed) return EMPTY;
  if (key === undefined) throw badInput(line, `the field "${name}" is missing`, text);
  if (typeof key === 'string' && hasLoneSurrogate(key)) {
    throw badInput(line, `"${name}" has half a character`, text);
  }
  if (typeof key === 'string' || typeof key === 'number') return Buffer.from(String(key));
  throw badInput(line, `"${name}" is neither a string nor a number`, text);
}

/** A string as it is, anything else as JSON text. */
function valueField(object: JsonObject, name: string, { line, text }: Line): Buffer {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (value === undefined || value === null) {
    throw badInput(line, `the field "${name}" is ${value === null ? 'null' : 'missing'}`, text);
  }
  if (typeof value !== 'string') return Buffer.from(JSON.stringify(value));
  if (hasLoneSurrogate(value)) throw badInput(line, `"${name}" has half a character`, text);
  return Buffer.from(value);
}

function checkTtl(ttl: unknown, line: number, shown: () => string | Uint8Array): number {
  if (typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 1 && ttl <= MAX_TTL_SECONDS) return ttl;
  throw badInput(line, `the time to live is not a whole number from 1 to ${MAX_TTL_SECONDS}`, shown());
}

/** What a server would refuse, or abort on. */
function checkRow(row: InputRow, shown: () => string | Uint8Array): InputRow {
  const { line, hashKey, sortKey, value } = row;
  if (hashKey.length === 0) throw badInput(line, 'the hash key is empty', shown());
  if (hashKey.length > MAX_HASH_KEY_BYTES) {
    const what = `a hash key of ${hashKey.length} bytes, more than ${MAX_HASH_KEY_BYTES}`;
    throw badInput(line, what, shown());
  }
  const size = 2 + hashKey.length + sortKey.length + value.length;
  if (size <= MAX_ROW_BYTES) return row;
  throw tooLarge(line, `keys and value of ${size} bytes; a server takes ${MAX_ROW_BYTES} in one write`);
}
