/**
 * A line on its way through a recording. Most lines go from a server's answer to a file as they are, but for
 * their time and the name of their process: those are never taken apart, unless somebody asks for objects.
 */
import type { RecordingLine, TimedLine } from '../../observe/recording/lines.js';

/** A line of a server, neither sent nor received, of which only the time has been read. */
export interface VerbatimLine {
  readonly t: 'verbatim';
  /** Microseconds since 1970. */
  readonly at: number;
  /** The line up to its time, its last field but one. */
  readonly head: string;
  readonly process: string;
}

/** What servers hand in. */
export type FetchedLine = TimedLine | VerbatimLine;

const STEP = '{"t":"step",';
const AT = ',"at":';

/**
 * Takes a server's line in.
 *
 * @param named what the server calls itself
 * @param process what the recording calls it
 * @throws SyntaxError for what is no JSON
 * @example fetchedLine('{"t":"step","actor":"a",…,"at":12,"process":"p"}', 'p', 'east meta').at // 12
 */
export function fetchedLine(text: string, named: string, process: string): FetchedLine {
  const found = verbatim(text, named, process);
  if (found !== null) return found;
  const line = JSON.parse(text) as TimedLine & { process?: string };
  line.process = process;
  return line;
}

/** Null for a line that has to be looked into, or that does not end as a recorder's lines do. */
function verbatim(text: string, named: string, process: string): VerbatimLine | null {
  if (!text.startsWith(STEP)) return null;
  const end = `,"process":${JSON.stringify(named)}}`;
  const cut = text.lastIndexOf(AT);
  if (cut < 0 || !text.endsWith(end)) return null;
  const at = Number(text.slice(cut + AT.length, -end.length));
  return Number.isFinite(at) ? { t: 'verbatim', at, head: text.slice(0, cut), process } : null;
}

/** As it is told: with the recording's time. Text and object are made when they are asked for. */
export class RunLine {
  #text: string | null;
  #line: RecordingLine | null;

  private constructor(text: string | null, line: RecordingLine | null) {
    this.#text = text;
    this.#line = line;
  }

  static of(line: RecordingLine): RunLine {
    return new RunLine(null, line);
  }

  /** Takes the line over. @param at microseconds since the recording began */
  static told(line: FetchedLine, at: number): RunLine {
    if (line.t !== 'verbatim') {
      (line as { at: number }).at = at;
      return new RunLine(null, line);
    }
    const { head, process } = line;
    return new RunLine(`${head}${AT}${at},"process":${JSON.stringify(process)}}`, null);
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.#line);
    return this.#text;
  }

  get line(): RecordingLine {
    this.#line ??= JSON.parse(this.text) as RecordingLine;
    return this.#line;
  }
}
