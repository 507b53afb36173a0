/** What a process says about itself: memory, processor time, and how late its event loop is. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { METRICS } from './catalogue.js';
import type { Scrape } from './scrape.js';

/** How long the event loop's delays are remembered at least; at most twice as long. */
const WINDOW_MS = 60_000;
const RESOLUTION_MS = 10;
/** `quantile` is kept for summaries, which these are not. */
const STATS = [
  ['p50', 50],
  ['p99', 99],
  ['max', 100],
] as const;

/**
 * Measures as long as it lives. Several who scrape see the same: a scrape does not begin a new measurement.
 *
 * @example
 * const self = new ProcessMetrics();
 * self.writeTo(scrape);
 */
export class ProcessMetrics {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #beganMs = performance.now();
  #before: readonly number[] = STATS.map(() => 0);

  constructor() {
    this.#histogram.enable();
  }

  writeTo(scrape: Scrape): void {
    const { user, system } = process.cpuUsage();
    scrape.set(METRICS.processCpuSeconds, {}, (user + system) / 1e6);
    scrape.set(METRICS.processResidentMemory, {}, process.memoryUsage.rss());
    scrape.set(METRICS.processStart, {}, Math.round(Date.now() / 1000 - process.uptime()));
    const now = STATS.map(([, percentile]) => this.#delaySeconds(percentile));
    for (const [at, [stat]] of STATS.entries()) {
      const worse = Math.max(now[at] ?? 0, this.#before[at] ?? 0);
      scrape.set(METRICS.eventLoopLag, { stat }, worse);
    }
    if (performance.now() - this.#beganMs < WINDOW_MS) return;
    this.#before = now;
    this.#histogram.reset();
    this.#beganMs = performance.now();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** The histogram measures its own timer, which is never early: what it adds is not delay. */
  #delaySeconds(percentile: number): number {
    if (this.#histogram.count === 0) return 0;
    const ns = percentile === 100 ? this.#histogram.max : this.#histogram.percentile(percentile);
    return Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);
  }
}
