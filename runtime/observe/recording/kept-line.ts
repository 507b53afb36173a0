/**
 * A line as a recorder keeps it: as text. It has to be made anyway, and thousands of objects that wait to be
 * fetched cost the garbage collector more than writing them out at once. Only who listens gets objects.
 */
import type { TimedLine } from './lines.js';

/** JSON of a line that carries rows, with and without them: not everybody who watches has asked for them. */
interface TextWithRows {
  readonly kept: string;
  readonly removed: string;
}

export type KeptLine = string | TextWithRows | TimedLine;
export type Values = 'kept' | 'removed';

export function asText(line: TimedLine): string | TextWithRows {
  const kept = JSON.stringify(line);
  if (line.t !== 'send' || line.content === undefined) return kept;
  return { kept, removed: JSON.stringify({ ...line, content: '<removed>' }) };
}

export function textOf(line: KeptLine, values: Values): string {
  if (typeof line === 'string') return line;
  if (!('t' in line)) return line[values];
  const text = asText(line);
  return typeof text === 'string' ? text : text[values];
}

export function lineOf(line: KeptLine): TimedLine {
  if (typeof line === 'string') return JSON.parse(line) as TimedLine;
  return 't' in line ? line : (JSON.parse(line.kept) as TimedLine);
}

/**
 * The same text in one piece. What is put together from many pieces is kept by V8 as a tree of them until somebody
 * looks into it, which is no better than an object.
 */
export function flat(text: string): string {
  return text.endsWith('}') ? text : `${text}}`;
}
