import type { RecordingLine } from '../../../../runtime/observe/recording/lines.js';

/** Beyond it a frame would be late; the rest waits for the next. */
const MOST_LINES_A_FRAME = 4_000;
/** A tab in the background draws no frames, but goes on taking lines. */
const LATEST_MS = 500;

/** Hands lines on once per frame of the display, however they come in. */
export class FrameBatch {
  readonly #give: (lines: readonly RecordingLine[]) => void;
  #waiting: RecordingLine[] = [];
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(give: (lines: readonly RecordingLine[]) => void) {
    this.#give = give;
  }

  add(lines: readonly RecordingLine[]): void {
    for (const line of lines) this.#waiting.push(line);
    this.#await();
  }

  clear(): void {
    this.#waiting = [];
  }

  #await(): void {
    if (this.#frame !== null || this.#waiting.length === 0) return;
    this.#frame = requestAnimationFrame(() => this.#hand());
    this.#timer = setTimeout(() => this.#hand(), LATEST_MS);
  }

  #hand(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = null;
    const lines = this.#waiting.slice(0, MOST_LINES_A_FRAME);
    this.#waiting = this.#waiting.slice(MOST_LINES_A_FRAME);
    if (lines.length > 0) this.#give(lines);
    this.#await();
  }
}
