/** The list of moments: which rows there are, and which of them are to be seen. */
import type { Matches } from '../store.js';

type Found = Pick<Matches, 'moments' | 'count'>;

/** The moment in a row. */
export function momentAt({ moments }: Found, row: number): number {
  return moments === null ? row : moments[row]!;
}

/** The row of a moment, or of the latest before it that has one; -1: none. */
export function rowOf({ moments, count }: Found, moment: number): number {
  if (moments === null) return Math.min(moment, count - 1);
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle]! <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export interface Window {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** Beyond those to be seen, so that scrolling finds them drawn. */
const BEYOND = 8;

/** Rows that are drawn of a list that is scrolled to `top`; pixels. */
export function windowOf(top: number, height: number, rowHeight: number, count: number): Window {
  const first = Math.max(0, Math.floor(top / rowHeight) - BEYOND);
  return { first, end: Math.min(count, Math.ceil((top + height) / rowHeight) + BEYOND) };
}

/** Where to scroll so that a row is seen: nowhere if it is; else to it, with some rows around. */
export function scrollFor(row: number, top: number, height: number, rowHeight: number): number {
  const begin = row * rowHeight;
  if (begin >= top && begin + rowHeight <= top + height) return top;
  return Math.max(0, begin - Math.max(0, (height - rowHeight) / 2));
}
