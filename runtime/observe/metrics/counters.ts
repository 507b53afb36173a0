/** Counters with labels and a bound: what a stranger can name must not grow a server's memory. */
import type { Metric } from './metric.js';
import type { Labels, Scrape } from './scrape.js';

const DEFAULT_LIMIT = 2_000;
/** Value of every label of what came after the limit. */
const OTHER = 'other';

/**
 * @example
 * const failures = new Counters();
 * failures.count({ table: 'users', error: 'ERR_TIMEOUT' });
 * failures.writeTo(scrape, METRICS.retries);
 */
export class Counters {
  readonly #limit: number;
  readonly #series = new Map<string, { readonly labels: Labels; value: number }>();

  /** @param limit series that are told apart; all others count as one */
  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  count(labels: Labels, by = 1): void {
    const known = this.#series.get(keyOf(labels));
    if (known !== undefined) known.value += by;
    else if (this.#series.size < this.#limit) this.#series.set(keyOf(labels), { labels, value: by });
    else this.#countOther(labels, by);
  }

  writeTo(scrape: Scrape, metric: Metric): void {
    for (const { labels, value } of this.#series.values()) scrape.add(metric, labels, value);
  }

  #countOther(labels: Labels, by: number): void {
    const other = Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]));
    const known = this.#series.get(keyOf(other));
    if (known === undefined) this.#series.set(keyOf(other), { labels: other, value: by });
    else known.value += by;
  }
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.values(labels));
