/** JSON Lines: one JSON object per line, with what JSON.parse would silently change refused. */
import { isUtf8 } from 'node:buffer';
import { badInput, tooLarge } from './utf8.js';

/** Longest line, in bytes: a value that a server takes, written with every byte escaped, fits. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** A line with its 1-based number; blank lines are left out. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

/** Cuts chunks into lines. Lines end with LF or CRLF; the last one needs no end. */
export class LineSplitter {
  #line = 1;
  #parts: Buffer[] = [];
  #size = 0;

  /** The lines that end in this chunk. BRIDLE_BAD_INPUT for one that is not UTF-8. */
  *push(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let lf = chunk.indexOf(LF); lf >= 0; lf = chunk.indexOf(LF, from)) {
      this.#parts.push(chunk.subarray(from, lf));
      from = lf + 1;
      yield* this.end();
    }
    if (from < chunk.length) this.#parts.push(chunk.subarray(from));
    this.#size += chunk.length - from;
    if (this.#size > MAX_LINE_BYTES)
      throw tooLarge(this.#line, `a line of more than ${MAX_LINE_BYTES} bytes`);
  }

  /** The last line, when the input does not end with a line end. */
  *end(): Generator<Line> {
    const line = this.#line++;
    const text = decode(line, this.#parts);
    this.#parts = [];
    this.#size = 0;
    if (text !== '') yield { line, text };
  }
}

function decode(line: number, parts: readonly Buffer[]): string {
  let bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  if (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1);
  if (!isUtf8(bytes)) throw badInput(line, 'not valid UTF-8', bytes);
  const text = bytes.toString('utf8');
  return text.trim() === '' ? '' : text;
}

export type JsonObject = { readonly [field: string]: unknown };

/** BRIDLE_BAD_INPUT unless the line is one JSON object whose numbers survive being read. */
export function parseObject({ line, text }: Line): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badInput(line, `not JSON (${error instanceof Error ? reason(error) : error})`, text);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badInput(line, 'not a JSON object', text);
  }
  const lost = lossyInteger(text);
  if (lost !== undefined) {
    throw badInput(line, `the number ${lost} would lose digits; write it as a string`, text);
  }
  return value as JsonObject;
}

/** The parser quotes the whole text; the error shows it anyway. */
function reason(error: Error): string {
  return error.message.replace(/,? ?"[\s\S]*$/, '').replace(/ in JSON$/, '');
}

/** The first whole number outside of strings that a double cannot hold. */
function lossyInteger(text: string): string | undefined {
  // Nearly no line has a number this long, so nearly no line pays for the look.
  if (!/\d{16}/.test(text)) return undefined;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g)) {
    if (/^-?\d{16,}$/.test(token) && BigInt(token) !== BigInt(Number(token))) return token;
  }
  return undefined;
}

/** Half a character, as `"\\ud800"` writes it: it has no UTF-8. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
