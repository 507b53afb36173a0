/** What goes to standard output and standard error: for people lined up, for programs JSON. */
import type { Writable } from 'node:stream';
import { type BridleError, formatError, printable } from '../client/index.js';

export { formatBytes, formatMs } from '../observe/words.js';

/**
 * Columns that line up; the last one is not padded.
 *
 * @example
 * formatTable(['TABLE', 'STATUS'], [['users', 'DS_LOG']]) // 'TABLE  STATUS\nusers  DS_LOG'
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, at) => (at === header.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One fact per row, labels lined up. */
export function formatFacts(facts: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  return facts.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`.trimEnd()).join('\n');
}

/** @example plural(1, 'row') // '1 row' */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export interface OutputStreams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Where a command says what it has to say. */
export class Output {
  readonly #streams: OutputStreams;
  readonly json: boolean;

  constructor(json: boolean, streams: OutputStreams = process) {
    this.json = json;
    this.#streams = streams;
  }

  /** The result: one JSON line for programs, or text for people. */
  result(value: unknown, text: string | (() => string)): void {
    this.line(this.json ? JSON.stringify(value) : typeof text === 'string' ? text : text());
  }

  /** One line, whatever the mode. */
  line(text: string): void {
    this.#streams.stdout.write(`${text}\n`);
  }

  /** For people who watch; not part of the result. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  error(error: BridleError): void {
    const { code, hint = '', consequence } = error;
    // Whoever pressed Ctrl-C knows the cause; what is left to say is what it leaves behind.
    const text =
      code === 'ERR_THREAD_INTERRUPTED'
        ? formatFacts([
            ['interrupted', hint],
            ['', consequence],
          ])
        : formatError(error);
    this.note(text);
    if (this.json) this.line(JSON.stringify({ error }));
  }
}
