/** Reads recordings, piece by piece: works in a page as well. */
import type { HeaderLine, RecordingLine } from './lines.js';
import { parseHeader, parseLine, type UnknownLine } from './parse-line.js';
import { RecordingError } from './recording-error.js';

export { type Place, parseHeader, parseLine, type UnknownLine } from './parse-line.js';
export { RecordingError, type RecordingProblem } from './recording-error.js';
export { writeLine, writeRecording } from './write.js';

export interface Recording {
  readonly header: HeaderLine;
  readonly lines: readonly RecordingLine[];
  /** Lines of types that a newer writer knows, in the order of the file. */
  readonly unknown: readonly UnknownLine[];
  /** The last line, if its writer was interrupted in it: it is in none of the above. */
  readonly torn: { readonly line: number; readonly text: string } | null;
}

export interface ReadOptions {
  /** Name of the file, for errors. */
  readonly file?: string;
  /** After the header, blank ones included. Default 2,000,000: about as many as a process can hold. */
  readonly limitLines?: number;
  /** Unpacked. Default 1,000,000,000. */
  readonly limitBytes?: number;
}

const LIMIT_LINES = 2_000_000;
const LIMIT_BYTES = 1_000_000_000;
/** Writers bound what they write; a line this long is of something else. */
const LIMIT_LINE_CHARS = 16_000_000;
/** After so many lines or bytes others get their turn: a signal that ends the process, a page that is used. */
const PAUSE_LINES = 10_000;
const PAUSE_BYTES = 4_000_000;

/**
 * @throws RecordingError saying the file, the line, what is wrong and what to do; what `chunks` throws
 * @example const { header, lines } = await readRecording(createReadStream('run.jsonl'), { file: 'run.jsonl' });
 */
export async function readRecording(
  chunks: AsyncIterable<string | Uint8Array>,
  options: ReadOptions = {},
): Promise<Recording> {
  const { file = null, limitLines = LIMIT_LINES, limitBytes = LIMIT_BYTES } = options;
  let header: HeaderLine | null = null;
  let torn: Recording['torn'] = null;
  const lines: RecordingLine[] = [];
  const unknown: UnknownLine[] = [];
  const within = upTo(limitBytes, chunks, file);
  for await (const { text, number, ended } of textLines(within, file)) {
    if (number > limitLines + 1) throw tooManyLines(file, number, limitLines);
    if (number % PAUSE_LINES === 0) await pause();
    if (text.trim() === '') continue;
    if (header === null) {
      header = parseHeader(text, file);
      continue;
    }
    if (!ended && !isJson(text)) {
      torn = { line: number, text };
      break;
    }
    const line = parseLine(text, { file, line: number });
    if (line.t === 'unknown') unknown.push(line);
    else lines.push(line);
  }
  if (header === null) {
    throw new RecordingError('EMPTY', {
      file,
      what: 'there is nothing in it',
      advice: 'Whoever recorded it was stopped before the first line; record anew',
    });
  }
  return { header, lines, unknown, torn };
}

/** Pauses now and then as well. @throws RecordingError TOO_LARGE */
async function* upTo(
  limitBytes: number,
  chunks: AsyncIterable<string | Uint8Array>,
  file: string | null,
): AsyncGenerator<string | Uint8Array> {
  let bytes = 0;
  let sincePause = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    sincePause += chunk.length;
    if (bytes > limitBytes) throw tooLarge(file, limitBytes);
    if (sincePause > PAUSE_BYTES) {
      sincePause = 0;
      await pause();
    }
    yield chunk;
  }
}

const pause = (): Promise<void> => new Promise((goOn) => setTimeout(goOn, 0));

interface TextLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Whether a line break follows. */
  readonly ended: boolean;
}

async function* textLines(
  chunks: AsyncIterable<string | Uint8Array>,
  file: string | null,
): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let restChars = 0;
  let number = 0;
  for await (const chunk of chunks) {
    const parts = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      number += 1;
      yield { text: rest.join('') + part, number, ended: true };
      rest = [];
      restChars = 0;
    }
    rest.push(last);
    restChars += last.length;
    if (restChars > LIMIT_LINE_CHARS) throw tooLong(file, number + 1);
  }
  const text = rest.join('') + decoder.decode();
  if (text !== '') yield { text, number: number + 1, ended: false };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const CUT_IT = 'Cut it: the header and the lines around the place you look for are a recording as well';

function tooLong(file: string | null, line: number): RecordingError {
  return new RecordingError(line === 1 ? 'NOT_A_RECORDING' : 'LINE_TOO_LONG', {
    file,
    line,
    what: `more than ${LIMIT_LINE_CHARS.toLocaleString('en')} characters without a line break`,
    advice: 'Give a recording as it was written: one JSON object a line',
  });
}

function tooLarge(file: string | null, limit: number): RecordingError {
  return new RecordingError('TOO_LARGE', {
    file,
    what: `more than ${limit.toLocaleString('en')} bytes, unpacked, which are too many to show at once`,
    advice: CUT_IT,
  });
}

function tooManyLines(file: string | null, line: number, limit: number): RecordingError {
  return new RecordingError('TOO_MANY_LINES', {
    file,
    line,
    what: `more than ${limit.toLocaleString('en')} lines, which are too many to show at once`,
    advice: CUT_IT,
  });
}
