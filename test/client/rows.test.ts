import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvParser } from '../../runtime/client/csv.js';
import { BridleError, formatError, type ReadRowsOptions, readRows } from '../../runtime/client/index.js';

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Plain {
  line: number;
  key: string;
  value: string;
  ttl?: number;
}

async function read(text: string | Buffer, options: ReadRowsOptions, size = 3): Promise<Plain[]> {
  const rows: Plain[] = [];
  for await (const row of readRows(chunks(Buffer.from(text), size), options)) {
    const { line, hashKey, sortKey, value, ttlSeconds } = row;
    const ttl = ttlSeconds === undefined ? {} : { ttl: ttlSeconds };
    rows.push({ line, key: `${hashKey}|${sortKey}`, value: value.toString(), ...ttl });
  }
  return rows;
}

async function failure(text: string | Buffer, options: ReadRowsOptions): Promise<BridleError> {
  const error = await read(text, options, 1000).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(BridleError);
  return error as BridleError;
}

const csv: ReadRowsOptions = { format: 'csv' };
const jsonl: ReadRowsOptions = { format: 'jsonl' };

describe('CSV', () => {
  it('reads quotes, commas and line breaks inside fields, CRLF, BOM, and a last line without an end', async () => {
    const text =
      '\ufeffhash_key,sort_key,value,ttl_seconds\r\nä,"a,""b""","two\r\nlines",60\r\n\r\n日本,,😀,';
    for (const size of [1, 2, 5, 1000]) {
      expect(await read(text, csv, size)).toEqual([
        { line: 2, key: 'ä|a,"b"', value: 'two\r\nlines', ttl: 60 },
        { line: 5, key: '日本|', value: '😀' },
      ]);
    }
  });

  it('takes the columns it is told, or all others as JSON', async () => {
    const text = 'id,born,name\n7,1815,"Ada ""A"""\n';
    expect(await read(text, { ...csv, hashKey: 'id', value: 'name' })).toEqual([
      { line: 2, key: '7|', value: 'Ada "A"' },
    ]);
    expect(await read(text, { ...csv, hashKey: 'id', sortKey: 'born' })).toEqual([
      { line: 2, key: '7|1815', value: '{"name":"Ada \\"A\\""}' },
    ]);
  });

  it.each([
    ['hash_key,value\na,b\nc', 3, '1 field instead of 2 fields'],
    ['hash_key,value\na,b,c\n', 2, '3 fields instead of 2 fields'],
    ['hash_key,value\na,b\n"c,d\nmore\n', 3, 'the closing quote is missing'],
    ['hash_key,value\na,b"c\n', 2, 'a quote inside a field'],
    ['hash_key,value\n"a"b,c\n', 2, 'text behind a closing quote'],
    ['hash_key,value\na,b\rc,d\n', 2, 'a carriage return that no line feed follows'],
    ['hash_key,value\n"x\ny",b\n,c\n', 4, 'the hash key is empty'],
    ['hash_key,value,ttl_seconds\na,b,soon\n', 2, 'the time to live'],
    ['key,value\na,b\n', 1, 'the header has no column "hash_key" or "hashKey"'],
    ['value,value,hash_key\n', 1, 'column "value" comes twice'],
    ['', 1, 'the header line is missing'],
  ])('complains about $2 in line $1', async (text, line, what) => {
    const error = await failure(text, csv);
    expect(error.code).toBe('BRIDLE_BAD_INPUT');
    expect(error.hint).toContain(`line ${line}: ${what}`);
    expect(formatError(error)).toContain(`line ${line}`);
  });

  it('refuses bytes that are no UTF-8, and shows no more than 80 characters', async () => {
    const bad = Buffer.concat([Buffer.from('hash_key,value\na,'), Buffer.from([0xff, 0xfe])]);
    expect((await failure(bad, csv)).hint).toContain('line 2: not valid UTF-8');
    const long = await failure(`hash_key,value\n${'😀'.repeat(200)}\n`, csv);
    expect(long.hint).toMatch(/^line 2: 1 field [^:]+: (😀){80} …$/u);
  });

  it('reads back whatever a writer quotes, in chunks of any size', () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`CSV round trip: SEED=${seed}`);
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', 'ü', '😀') }),
    );
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 }));
    const eol = fc.constantFrom('\n', '\r\n');
    const size = fc.integer({ min: 1, max: 40 });
    const options = fc.tuple(table, eol, size, fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(options, ([rows, end, chunkSize, lastEnd, quoteAll]) => {
        const quote = (text: string) =>
          quoteAll || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        const lines = rows.map((row) => row.map(quote).join(','));
        const bytes = Buffer.from(lines.join(end) + (lastEnd && lines.length > 0 ? end : ''));
        const parser = new CsvParser();
        const records: string[][] = [];
        for (let at = 0; at < bytes.length; at += chunkSize) {
          for (const { fields } of parser.push(bytes.subarray(at, at + chunkSize))) {
            records.push(fields.map(String));
          }
        }
        for (const { fields } of parser.end()) records.push(fields.map(String));
        expect(records).toEqual(rows.map((row) => row.map((text) => Buffer.from(text).toString())));
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe('JSON Lines', () => {
  it('reads rows, blank lines, CRLF, BOM, and a last line without an end', async () => {
    const text =
      '\ufeff{"hashKey":"ä","sortKey":1,"value":"a\\n\\"b\\"","ttlSeconds":9}\r\n\r\n{"hashKey":"b","value":{"x":[1,null]}}';
    for (const size of [1, 4, 1000]) {
      expect(await read(text, jsonl, size)).toEqual([
        { line: 1, key: 'ä|1', value: 'a\n"b"', ttl: 9 },
        { line: 3, key: 'b|', value: '{"x":[1,null]}' },
      ]);
    }
  });

  it('keeps the rest of any object as its value', async () => {
    const text = '{"id":"7","at":5,"value":1,"name":"Ada"}\n';
    expect(await read(text, { ...jsonl, hashKey: 'id', sortKey: 'at' })).toEqual([
      { line: 1, key: '7|5', value: '{"value":1,"name":"Ada"}' },
    ]);
    expect(await read(text, { ...jsonl, hashKey: 'id', value: 'name' })).toEqual([
      { line: 1, key: '7|', value: 'Ada' },
    ]);
  });

  it.each([
    ['{"hashKey":"a","value":"b"}\n{"hashKey":', 2, 'not JSON'],
    ['\n[1]\n', 2, 'not a JSON object'],
    ['{"value":"b"}', 1, 'the field "hashKey" is missing'],
    ['{"hashKey":"a"}', 1, 'the field "value" is missing'],
    ['{"hashKey":"a","value":null}', 1, 'the field "value" is null'],
    ['{"hashKey":"","value":"b"}', 1, 'the hash key is empty'],
    ['{"hashKey":true,"value":"b"}', 1, '"hashKey" is neither a string nor a number'],
    ['{"hashKey":"\\ud800","value":"b"}', 1, '"hashKey" has half a character'],
    ['{"hashKey":12345678901234567890,"value":"b"}', 1, 'the number 12345678901234567890 would lose digits'],
    ['{"hashKey":"a","value":"b","ttlSeconds":0}', 1, 'the time to live'],
    [`{"hashKey":"${'k'.repeat(65_535)}","value":"b"}`, 1, 'a hash key of 65535 bytes'],
  ])('complains about $2 in line $1', async (text, line, what) => {
    const error = await failure(text, jsonl);
    expect(error.code).toBe('BRIDLE_BAD_INPUT');
    expect(error.hint).toContain(`line ${line}: ${what}`);
  });

  it('leaves long digits inside strings alone', async () => {
    const text = '{"hashKey":"12345678901234567890","value":"\\"98765432109876543210"}';
    expect((await read(text, jsonl))[0]?.value).toBe('"98765432109876543210');
  });

  it('takes a value of a megabyte and refuses one that no server takes', async () => {
    const row = (size: number) => JSON.stringify({ hashKey: 'a', value: 'x'.repeat(size) });
    expect((await read(row(1_000_000), jsonl, 65_536))[0]?.value.length).toBe(1_000_000);
    const error = await failure(`${row(1)}\n${row(1_048_576)}`, jsonl);
    expect(error.code).toBe('BRIDLE_VALUE_TOO_LARGE');
    expect(error.hint).toContain('line 2');
  });

  it('joins a character that two strings share', async () => {
    async function* halves() {
      yield '{"hashKey":"a","value":"\ud83d';
      yield '\ude00"}';
    }
    for await (const row of readRows(halves(), jsonl)) expect(row.value.toString()).toBe('😀');
  });
});
