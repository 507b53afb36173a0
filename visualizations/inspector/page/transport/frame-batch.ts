import type { RecordingLine } from '../../../../runtime/observe/recording/lines.js';
import { atNextFrame } from '../next-frame.js';
import { forMs } from '../slices.js';

const PORTION_LINES = 200;
/** Beyond it a frame would be late; the rest waits for the next. */
const MOST_MS_A_FRAME = 8;
/** So far behind, frames may be late: what waits takes memory. */
const MOST_WAITING = 50_000;

/** Hands lines on once per frame of the display, however they come in. */
export class FrameBatch {
  readonly #take: (lines: readonly RecordingLine[]) => void;
  readonly #told: () => void;
  #waiting: RecordingLine[] = [];
  #handed = 0;
  #cancel: (() => void) | null = null;

  /**
   * @param take lines, several times a frame
   * @param told that these were all for this frame
   */
  constructor(take: (lines: readonly RecordingLine[]) => void, told: () => void) {
    this.#take = take;
    this.#told = told;
  }

  add(lines: readonly RecordingLine[]): void {
    for (const line of lines) this.#waiting.push(line);
    this.#await();
  }

  clear(): void {
    this.#waiting = [];
    this.#handed = 0;
  }

  get #left(): number {
    return this.#waiting.length - this.#handed;
  }

  #await(): void {
    if (this.#cancel === null && this.#left > 0) this.#cancel = atNextFrame(() => this.#hand());
  }

  #hand(): void {
    this.#cancel = null;
    const inTime = document.hidden ? () => true : forMs(MOST_MS_A_FRAME);
    do {
      const from = this.#handed;
      this.#handed = Math.min(this.#waiting.length, from + PORTION_LINES);
      this.#take(this.#waiting.slice(from, this.#handed));
    } while (this.#left > 0 && (inTime() || this.#left > MOST_WAITING));
    if (this.#left === 0) this.clear();
    this.#told();
    this.#await();
  }
}
