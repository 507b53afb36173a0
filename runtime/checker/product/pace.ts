/** Lets the event loop have its turn, hears the signal, reports progress. */
import { setImmediate } from 'node:timers/promises';
import type { CheckOptions, CheckProgress } from './result.js';

const SLICE_MS = 60;
const REPORT_MS = 250;

export type Counts = Pick<CheckProgress, 'states' | 'transitions' | 'queue' | 'depth'>;

export class Pace {
  readonly startedMs = performance.now();
  phase: CheckProgress['phase'] = 'exploring';
  readonly #options: Pick<CheckOptions, 'signal' | 'onProgress'>;
  #sliceEndMs = this.startedMs + SLICE_MS;
  #reportedMs = this.startedMs;

  constructor(options: Pick<CheckOptions, 'signal' | 'onProgress'>) {
    this.#options = options;
  }

  get isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  get seconds(): number {
    return (performance.now() - this.startedMs) / 1000;
  }

  /** Whether it is time to `breathe`. */
  get isDue(): boolean {
    return performance.now() >= this.#sliceEndMs;
  }

  async breathe(counts: () => Counts): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#reportedMs >= REPORT_MS && this.#options.onProgress !== undefined) {
      this.#reportedMs = nowMs;
      const found = counts();
      const statesPerSecond = Math.round(found.states / Math.max(this.seconds, 0.001));
      this.#options.onProgress({ phase: this.phase, ...found, statesPerSecond });
    }
    await setImmediate();
    this.#sliceEndMs = performance.now() + SLICE_MS;
  }
}
