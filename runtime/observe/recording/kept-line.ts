/**
 * A line as a recorder keeps it. Of most there are only the facts until it is fetched: a server that makes the
 * text of a thousand lines in one go needs a fraction of the time that it takes between two pieces of its own
 * work, when nothing of it is in the processor's caches. Others are kept as text: thousands of objects cost the
 * garbage collector more than writing them out. Only who listens gets objects at once.
 */
import type { TimedLine } from './lines.js';

/** JSON of a line that carries rows, with and without them: not everybody who watches has asked for them. */
interface TextWithRows {
  readonly kept: string;
  readonly removed: string;
}

export type KeptLine = string | TextWithRows | LateLine | TimedLine;
export type Values = 'kept' | 'removed';

export function asText(line: TimedLine): string | TextWithRows {
  const kept = JSON.stringify(line);
  if (line.t !== 'send' || line.content === undefined) return kept;
  return { kept, removed: JSON.stringify({ ...line, content: '<removed>' }) };
}

/** JSON of a line without what the recorder adds and without its end. Must not throw. */
export type MakeText = () => string;

/** A line whose text is made when it is asked for, once. What its facts hold lives as long. */
export class LateLine {
  readonly #atUs: number;
  readonly #processJson: string;
  #make: MakeText | null;
  #text = '';

  constructor(make: MakeText, atUs: number, processJson: string) {
    this.#make = make;
    this.#atUs = atUs;
    this.#processJson = processJson;
  }

  get text(): string {
    if (this.#make !== null) {
      this.#text = flat(`${this.#make()},"at":${this.#atUs},"process":${this.#processJson}}`);
      this.#make = null;
    }
    return this.#text;
  }
}

export function textOf(line: KeptLine, values: Values): string {
  if (typeof line === 'string') return line;
  if (line instanceof LateLine) return line.text;
  if (!('t' in line)) return line[values];
  const text = asText(line);
  return typeof text === 'string' ? text : text[values];
}

export function lineOf(line: KeptLine): TimedLine {
  if (typeof line === 'string') return JSON.parse(line) as TimedLine;
  if (line instanceof LateLine) return JSON.parse(line.text) as TimedLine;
  return 't' in line ? line : (JSON.parse(line.kept) as TimedLine);
}

/**
 * The same text in one piece. What is put together from many pieces is kept by V8 as a tree of them until somebody
 * looks into it, which is no better than an object.
 */
function flat(text: string): string {
  return text.endsWith('}') ? text : `${text}}`;
}
