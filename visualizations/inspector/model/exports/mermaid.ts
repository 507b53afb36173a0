/** The messages of a recording as a sequence diagram in Mermaid's language. */
import type { TimedLine } from '../../../../runtime/observe/recording/lines.js';
import { fateOf } from '../messages.js';
import { stateInWords } from '../moments.js';
import type { RecordingIndex } from '../recording-index.js';
import type { MessageInfo } from '../types.js';
import { momentsIn, rangeOf, type Selection } from './selection.js';

export interface MermaidOptions extends Selection {
  /** Arrows and notes; what comes after is left out, and the diagram says so. Default 300. */
  readonly limitLines?: number;
}

const LIMIT_LINES = 300;
/** Mermaid itself refuses more than 50,000. */
const LIMIT_CHARS = 45_000;
const LIMIT_TEXT_CHARS = 120;

/**
 * Solid arrows are requests, dashed ones replies; a cross is a message that was lost or refused, an open
 * arrow one that is still under way.
 *
 * @throws ExportError for moments that there are not
 */
export function exportMermaid(index: RecordingIndex, options: MermaidOptions = {}): string {
  const { limitLines = LIMIT_LINES } = options;
  const [from, to] = rangeOf(index, options);
  const moments = [...momentsIn(index, options)];
  const writer = new Writer(index, to);
  const lines: string[] = [];
  let chars = 0;
  let leftOut = 0;
  for (const moment of moments) {
    for (const line of writer.draw(moment)) {
      if (lines.length >= limitLines || chars + line.length > LIMIT_CHARS) leftOut += 1;
      else {
        lines.push(line);
        chars += line.length + 3;
      }
    }
  }
  if (leftOut > 0) lines.push(writer.noteToAll(`${leftOut} more are left out: choose a smaller part`));
  const title = `${index.header.title}, moments ${from} to ${to}`;
  return ['sequenceDiagram', `  title ${escaped(title)}`, ...writer.participants, ...lines]
    .map((line, at) => (at < 2 ? line : `  ${line}`))
    .join('\n')
    .concat('\n');
}

class Writer {
  readonly participants: readonly string[];
  readonly #index: RecordingIndex;
  readonly #last: number;
  readonly #names: ReadonlyMap<string, string>;

  constructor(index: RecordingIndex, last: number) {
    this.#index = index;
    this.#last = last;
    this.#names = new Map(index.processes.map(({ name }, at) => [name, `p${at}`]));
    this.participants = index.processes.map(({ name }, at) => `participant p${at} as ${escaped(name)}`);
  }

  draw(moment: number): readonly string[] {
    const line = this.#index.lines[moment] as TimedLine;
    switch (line.t) {
      case 'send': {
        const message = this.#index.messages.get(line.id) as MessageInfo;
        return fateOf(message, this.#last) === 'under way' ? [this.#arrow(message, ')', 'under way')] : [];
      }
      case 'receive': {
        const message = this.#index.messages.get(line.id);
        if (message === undefined) return [];
        if (line.fate !== undefined) return [this.#arrow(message, 'x', `${line.fate} by policy`)];
        const late = message.delayed ? 'delayed' : null;
        return [this.#arrow(message, '>>', line.copy ? 'a copy' : late)];
      }
      case 'lost': {
        const message = this.#index.messages.get(line.id);
        return message === undefined ? [] : [this.#arrow(message, 'x', `lost: ${line.why}`)];
      }
      case 'step':
        return line.state === undefined
          ? []
          : [this.#note(line.process, `${line.actor}: ${stateInWords(line.state)}`)];
      case 'process':
      case 'gap':
        return [this.#note(line.process, this.#index.moment(moment).summary)];
      case 'fault':
        return [this.noteToAll(line.what)];
      case 'verdict':
        return [this.noteToAll(this.#index.moment(moment).summary)];
      default:
        return [];
    }
  }

  noteToAll(text: string): string {
    const last = this.participants.length - 1;
    if (last < 0) return `%% ${escaped(text)}`;
    return `Note over ${last === 0 ? 'p0' : `p0,p${last}`}: ${escaped(text)}`;
  }

  #note(process: string, text: string): string {
    return `Note over ${this.#names.get(process)}: ${escaped(text)}`;
  }

  #arrow(message: MessageInfo, head: string, remark: string | null): string {
    const { from, to, what, kind, error } = message;
    const words = [kind, error, remark === null ? null : `(${remark})`].filter((word) => word !== null);
    const line = what === 'reply' ? '--' : '-';
    return `${this.#names.get(from)}${line}${head}${this.#names.get(to)}: ${escaped(words.join(' '))}`;
  }
}

/** Characters that mean something to Mermaid, as it writes them. */
function escaped(text: string): string {
  const short = text.length > LIMIT_TEXT_CHARS ? `${text.slice(0, LIMIT_TEXT_CHARS)}…` : text;
  return short
    .replace(/\s+/g, ' ')
    .replace(/[#;<>%{}"]/g, (character) => `#${character.codePointAt(0)};`)
    .trim();
}
