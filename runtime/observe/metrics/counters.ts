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
  readonly #series = new Map<string, Series>();

  /** @param limit series that are told apart; all others count as one */
  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  count(labels: Labels, by = 1): void {
    this.of(labels).value += by;
  }

  /** What counts for these labels, for who counts often and keeps it. */
  of(labels: Labels): Counter {
    const key = keyOf(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    return this.#series.size < this.#limit ? this.#begin(key, labels) : this.#other(labels);
  }

  writeTo(scrape: Scrape, metric: Metric): void {
    for (const { labels, value } of this.#series.values()) scrape.add(metric, labels, value);
  }

  #other(labels: Labels): Counter {
    const other = Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]));
    const key = keyOf(other);
    return this.#series.get(key) ?? this.#begin(key, other);
  }

  #begin(key: string, labels: Labels): Counter {
    const series: Series = { labels, value: 0 };
    this.#series.set(key, series);
    return series;
  }
}

/** One series; whoever counts adds to it. */
export interface Counter {
  value: number;
}

interface Series extends Counter {
  readonly labels: Labels;
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.values(labels));
