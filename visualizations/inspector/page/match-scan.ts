import type { RecordingIndex } from '../model/recording-index.js';
import type { Filter } from '../model/types.js';
import type { Matches } from './store.js';

/** Finds the moments that pass a filter, some at a time: 100,000 at once would hold the page up. */
export class MatchScan {
  readonly #filter: Filter;
  readonly #moments: number[] = [];
  #scanned = 0;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  /** A new object each time, over the same list. */
  get matches(): Matches {
    return { moments: this.#moments, scanned: this.#scanned };
  }

  /** @returns whether there are moments that it has not looked at */
  goOn(index: RecordingIndex, most: number): boolean {
    const end = Math.min(index.length, this.#scanned + most);
    for (let moment = this.#scanned; moment < end; moment++) {
      if (index.passes(moment, this.#filter)) this.#moments.push(moment);
    }
    this.#scanned = end;
    return end < index.length;
  }
}
