/** The lines of a run as text, for pages that come later or are slow. Bounded for a live run. */
import type { RecordingLine } from '../../../runtime/observe/recording/lines.js';
import { foldLines } from './fold.js';
import type { ServerLimits } from './limits.js';

/** How far a page has got: first through the folded beginning, then through the lines since. */
export interface Reader {
  /** The beginning as it was when the page came; pages share it. */
  readonly folded: readonly string[];
  foldedAt: number;
  /** Number of the next line since the beginning of the run. */
  next: number;
}

export class Backlog {
  readonly #limits: Pick<ServerLimits, 'backlogLines' | 'backlogBytes'> | null;
  #folded: readonly string[] = [];
  #lines: string[] = [];
  #bytes = 0;
  /** Number of the first of `#lines`. */
  #first = 0;

  /** @param limits null: everything is kept */
  constructor(limits: Pick<ServerLimits, 'backlogLines' | 'backlogBytes'> | null) {
    this.#limits = limits;
  }

  append(line: RecordingLine): void {
    const text = JSON.stringify(line);
    this.#lines.push(text);
    this.#bytes += text.length;
    const limits = this.#limits;
    if (limits === null) return;
    if (this.#lines.length > limits.backlogLines || this.#bytes > limits.backlogBytes) this.#foldHalf();
  }

  reader(): Reader {
    return { folded: this.#folded, foldedAt: 0, next: this.#first };
  }

  /** Whether lines that the reader has not had were let go. */
  isLost(reader: Reader): boolean {
    return reader.next < this.#first;
  }

  /** The next lines of a reader, about so many bytes of them; none: it has had everything. */
  read(reader: Reader, bytes: number): string[] {
    const batch: string[] = [];
    let left = bytes;
    for (;;) {
      const text =
        reader.foldedAt < reader.folded.length
          ? reader.folded[reader.foldedAt]
          : this.#lines[reader.next - this.#first];
      if (text === undefined || (batch.length > 0 && text.length > left)) return batch;
      batch.push(text);
      left -= text.length;
      if (reader.foldedAt < reader.folded.length) reader.foldedAt += 1;
      else reader.next += 1;
    }
  }

  /** Half at a time, so that each line is folded a few times at most. */
  #foldHalf(): void {
    const half = Math.ceil(this.#lines.length / 2);
    const old = this.#lines.slice(0, half);
    const parsed = (texts: readonly string[]) => texts.map((text) => JSON.parse(text) as RecordingLine);
    this.#folded = foldLines(parsed(this.#folded), parsed(old)).map((line) => JSON.stringify(line));
    this.#lines = this.#lines.slice(half);
    this.#first += half;
    this.#bytes = this.#lines.reduce((sum, text) => sum + text.length, 0);
  }
}
