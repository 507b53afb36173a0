/**
 * CSV as RFC 4180 writes it, parsed as it streams in.
 *
 * Works on bytes: none of the four that matter (comma, quote, CR, LF) occurs inside a character of UTF-8,
 * so a chunk may end anywhere. Lines end with LF or CRLF; the last one needs no end.
 */
import { badInput, tooLarge } from './utf8.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** Longest record, in bytes: far above what a server takes in one write. */
const MAX_RECORD_BYTES = 8 * 1024 * 1024;

/** One record. A blank line is no record. */
export interface CsvRecord {
  /** 1-based line on which it begins. */
  readonly line: number;
  readonly fields: readonly Buffer[];
}

type State = 'fieldStart' | 'unquoted' | 'quoted' | 'quoteInQuoted' | 'afterCr';

/**
 * @example
 * const parser = new CsvParser();
 * const records = [...parser.push(Buffer.from('a,"b ""c""",d')), ...parser.end()];
 */
export class CsvParser {
  #state: State = 'fieldStart';
  #line = 1;
  #recordLine = 1;
  #fields: Buffer[] = [];
  #parts: Buffer[] = [];
  #recordBytes = 0;
  #wasQuoted = false;

  /** The records that end in this chunk. BRIDLE_BAD_INPUT with the line for anything RFC 4180 forbids. */
  *push(chunk: Buffer): Generator<CsvRecord> {
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at] as number;
      switch (this.#state) {
        case 'fieldStart':
          if (byte === QUOTE) {
            this.#state = 'quoted';
            this.#wasQuoted = true;
            at++;
          } else this.#state = 'unquoted';
          break;
        case 'unquoted': {
          const from = at;
          while (at < chunk.length && !isSpecial(chunk[at] as number)) at++;
          this.#keep(chunk, from, at);
          if (at === chunk.length) break;
          const special = chunk[at++] as number;
          if (special === QUOTE) throw this.#bad('a quote inside a field that does not begin with one');
          const record = this.#endField(special);
          if (record !== undefined) yield record;
          break;
        }
        case 'quoted': {
          const quote = chunk.indexOf(QUOTE, at);
          const to = quote < 0 ? chunk.length : quote;
          this.#keep(chunk, at, to);
          for (let lf = chunk.indexOf(LF, at); lf >= 0 && lf < to; lf = chunk.indexOf(LF, lf + 1))
            this.#line++;
          at = quote < 0 ? to : to + 1;
          if (quote >= 0) this.#state = 'quoteInQuoted';
          break;
        }
        case 'quoteInQuoted': {
          at++;
          if (byte === QUOTE) {
            this.#keep(chunk, at - 1, at);
            this.#state = 'quoted';
            break;
          }
          if (byte !== COMMA && byte !== LF && byte !== CR) throw this.#bad('text behind a closing quote');
          const record = this.#endField(byte);
          if (record !== undefined) yield record;
          break;
        }
        case 'afterCr': {
          if (byte !== LF) throw this.#bad('a carriage return that no line feed follows');
          at++;
          const record = this.#endRecord();
          if (record !== undefined) yield record;
          break;
        }
      }
    }
  }

  /** The last record, when the input does not end with a line end. */
  *end(): Generator<CsvRecord> {
    if (this.#state === 'quoted') throw this.#bad('the closing quote is missing');
    if (this.#state === 'afterCr') throw this.#bad('a carriage return that no line feed follows');
    if (this.#state === 'fieldStart' && this.#fields.length === 0) return;
    const record = this.#endField(LF);
    if (record !== undefined) yield record;
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    if (to === from) return;
    this.#recordBytes += to - from;
    if (this.#recordBytes > MAX_RECORD_BYTES) {
      throw tooLarge(
        this.#recordLine,
        `a record of more than ${MAX_RECORD_BYTES} bytes, or a quote left open`,
      );
    }
    this.#parts.push(chunk.subarray(from, to));
  }

  #endField(separator: number): CsvRecord | undefined {
    // Copied, also when there is one part: a row must not keep its whole chunk alive.
    this.#fields.push(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#state = separator === CR ? 'afterCr' : 'fieldStart';
    return separator === LF ? this.#endRecord() : undefined;
  }

  #endRecord(): CsvRecord | undefined {
    const fields = this.#fields;
    const record = { line: this.#recordLine, fields };
    const blank = fields.length === 1 && fields[0]?.length === 0 && !this.#wasQuoted;
    this.#fields = [];
    this.#recordBytes = 0;
    this.#wasQuoted = false;
    this.#state = 'fieldStart';
    this.#line++;
    this.#recordLine = this.#line;
    return blank ? undefined : record;
  }

  #bad(what: string): Error {
    const text = Buffer.concat([
      ...this.#fields.flatMap((field) => [field, Buffer.from(',')]),
      ...this.#parts,
    ]);
    return badInput(this.#recordLine, what, text);
  }
}

function isSpecial(byte: number): boolean {
  return byte === COMMA || byte === LF || byte === CR || byte === QUOTE;
}
