/** Moments that pass a filter, found once and kept up as the recording grows. */
import type { TimedLine } from '../../../runtime/observe/recording/lines.js';
import { filterOf } from './filter.js';
import type { Surroundings } from './moments.js';
import type { Filter } from './types.js';

const ALWAYS = (): boolean => true;

export class Matches {
  readonly filter: Filter;
  readonly found: number[] = [];
  #looked = 0;

  constructor(filter: Filter) {
    this.filter = filter;
  }

  isOf(filter: Filter): boolean {
    return filter === this.filter || JSON.stringify(filter) === JSON.stringify(this.filter);
  }

  /** Number of lines that were looked at. */
  get looked(): number {
    return this.#looked;
  }

  /** Looks at the lines that it has not looked at, as long as it may. */
  extend(lines: readonly TimedLine[], around: Surroundings, goOn: () => boolean = ALWAYS): this {
    if (this.#looked === lines.length) return this;
    const passes = filterOf(this.filter, around);
    for (; this.#looked < lines.length && goOn(); this.#looked += 1) {
      if (passes(lines[this.#looked] as TimedLine)) this.found.push(this.#looked);
    }
    return this;
  }

  /** The nearest match that is known in a direction from a moment, which need not be a match itself. */
  next(index: number, direction: 1 | -1): number | null {
    const place = direction === 1 ? this.#firstAfter(index) : this.#firstAfter(index - 1) - 1;
    return this.found[place] ?? null;
  }

  #firstAfter(index: number): number {
    let [low, high] = [0, this.found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.found[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
