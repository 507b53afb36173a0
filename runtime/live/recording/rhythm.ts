/**
 * How often a recording asks its servers. A question costs about as much as twenty lines, so it asks often while
 * little happens, and seldom while more happens than anybody follows with their eyes. All servers are asked at the
 * same time, for lines are told when the slowest has answered.
 */

/** Lines of all servers together. */
const BUSY_LINES_PER_SECOND = 100;
const BUSY_FACTOR = 5;
const WINDOW_MS = 1_000;

export class Rhythm {
  readonly #pollMs: number;
  readonly #nowMs: () => number;
  #windowBeganMs: number;
  #lines = 0;
  #wasBusy = false;

  /** @param pollMs between two questions while little happens, in milliseconds */
  constructor(pollMs: number, nowMs: () => number = Date.now) {
    this.#pollMs = pollMs;
    this.#nowMs = nowMs;
    this.#windowBeganMs = nowMs();
  }

  /** So many lines came. */
  came(lines: number): void {
    this.#look();
    this.#lines += lines;
  }

  get isBusy(): boolean {
    this.#look();
    return this.#wasBusy || this.#lines > (BUSY_LINES_PER_SECOND * WINDOW_MS) / 1_000;
  }

  /** Until the next question, in milliseconds: all who ask now or soon get the same moment. */
  get waitMs(): number {
    const periodMs = this.isBusy ? this.#pollMs * BUSY_FACTOR : this.#pollMs;
    return periodMs - (this.#nowMs() % periodMs);
  }

  #look(): void {
    const passedMs = this.#nowMs() - this.#windowBeganMs;
    if (passedMs < WINDOW_MS) return;
    this.#wasBusy = this.#lines * 1_000 > BUSY_LINES_PER_SECOND * passedMs;
    this.#windowBeganMs += passedMs;
    this.#lines = 0;
  }
}
