/**
 * Moments as rows of a drawing, from the top down: each the same height, or further apart the more time has
 * passed between them. Only what passes the filter has a row.
 */
import type { RecordingIndex } from '../../model/recording-index.js';

export const ROW_PX = 22;
const MOST_GAP_PX = 88;
const GAP_PX = 12;
const GAP_FROM_US = 10_000;

export type Scale = 'moments' | 'clock';

export class Rows {
  readonly #moments: readonly number[] | null;
  readonly count: number;
  /** Top of each row, and below the last; only where rows are not evenly apart. */
  readonly #tops: Float64Array | null;

  /** @param moments ascending; null: all of them */
  constructor(index: RecordingIndex, moments: readonly number[] | null, count: number, scale: Scale) {
    this.#moments = moments;
    this.count = count;
    this.#tops = scale === 'clock' ? this.#byClock(index) : null;
  }

  get height(): number {
    return this.top(this.count);
  }

  moment(row: number): number {
    return this.#moments === null ? row : this.#moments[row]!;
  }

  /** Upper edge of a row. */
  top(row: number): number {
    return this.#tops === null ? row * ROW_PX : this.#tops[row]!;
  }

  /** The first row at or after a moment; `count`: there is none. */
  rowFrom(moment: number): number {
    if (this.#moments === null) return Math.max(0, Math.min(moment, this.count));
    return firstFrom(0, this.count, (row) => this.#moments![row]! >= moment);
  }

  has(moment: number): boolean {
    const row = this.rowFrom(moment);
    return row < this.count && this.moment(row) === moment;
  }

  /** Middle of a moment's row; of one without a row, the border between its neighbours. */
  y(moment: number): number {
    const row = this.rowFrom(moment);
    return this.top(row) + (row < this.count && this.moment(row) === moment ? ROW_PX / 2 : 0);
  }

  /** The row that contains a height. */
  rowAt(y: number): number {
    if (this.#tops === null) return Math.max(0, Math.min(this.count, Math.floor(y / ROW_PX)));
    return Math.max(0, firstFrom(0, this.count, (row) => this.#tops![row]! > y) - 1);
  }

  #byClock(index: RecordingIndex): Float64Array {
    const tops = new Float64Array(this.count + 1);
    let y = 0;
    let before = 0;
    for (let row = 0; row < this.count; row++) {
      const { at } = index.lines[this.moment(row)]!;
      const gap = row === 0 ? 0 : GAP_PX * Math.log2(1 + Math.max(0, at - before) / GAP_FROM_US);
      before = at;
      y += Math.min(MOST_GAP_PX, gap);
      tops[row] = y;
      y += ROW_PX;
    }
    tops[this.count] = y;
    return tops;
  }
}

/** The first number of a range for which something holds, once it holds for all after it; else the end. */
export function firstFrom(from: number, to: number, holds: (at: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
