/** How much happened where, in columns of the strip above the slider. */
import type { RecordingIndex } from '../../model/recording-index.js';

export interface Column {
  /** 0 to 1: moments per time, by logarithm; 1 is the busiest column. */
  readonly rate: number;
  /** 0 to 1: share of the column's moments that pass the filter. */
  readonly passing: number;
}

/**
 * @param passing moments that pass the filter, ascending; null: all
 * @param most number of columns
 */
export function densityOf(index: RecordingIndex, passing: readonly number[] | null, most: number): Column[] {
  const { lines, length } = index;
  const count = Math.min(most, length);
  const begin = (column: number): number => Math.floor((column * length) / count);
  const rates: number[] = [];
  const passed = new Array<number>(count).fill(0);
  for (let column = 0; column < count; column++) {
    const [from, to] = [begin(column), begin(column + 1)];
    const until = lines[Math.min(to, length - 1)]!.at;
    rates.push(Math.log1p(((to - from) * 1_000_000) / Math.max(1, until - lines[from]!.at)));
  }
  for (const moment of passing ?? []) {
    const column = Math.min(count - 1, Math.floor(((moment + 1) * count - 1) / length));
    passed[column] = passed[column]! + 1;
  }
  const busiest = Math.max(...rates, Number.MIN_VALUE);
  return rates.map((rate, column) => ({
    rate: rate / busiest,
    passing: passing === null ? 1 : passed[column]! / (begin(column + 1) - begin(column)),
  }));
}
