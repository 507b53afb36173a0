import { describe, expect, it } from 'vitest';
import { momentAt, rowOf, scrollFor, windowOf } from '../../../visualizations/inspector/page/moments/rows.js';

const all = { moments: null, count: 100_000 };
const some = { moments: [3, 10, 11, 400], count: 4 };

describe('rows of the list of moments', () => {
  it('given no filter, then each moment has the row of its number', () => {
    expect(momentAt(all, 4_711)).toBe(4_711);
    expect(rowOf(all, 4_711)).toBe(4_711);
  });

  it('given a filter, then a moment that does not pass belongs to the last one before it that does', () => {
    expect([2, 3, 9, 10, 11, 399, 400, 9_999].map((moment) => rowOf(some, moment))).toEqual([
      -1, 0, 0, 1, 2, 2, 3, 3,
    ]);
    expect(momentAt(some, 3)).toBe(400);
  });

  it('given 100,000 rows, wherever it is scrolled to, then a screenful of rows is drawn', () => {
    for (const top of [0, 1_900_000, 3_799_000]) {
      const { first, end } = windowOf(top, 600, 38, all.count);
      expect(end - first).toBeLessThan(40);
      expect(first * 38).toBeLessThanOrEqual(top);
      expect(end * 38).toBeGreaterThanOrEqual(Math.min(top + 600, all.count * 38));
    }
  });

  it('given a row that is seen, then nothing is scrolled; else it comes to the middle', () => {
    expect(scrollFor(5, 100, 600, 38)).toBe(100);
    const top = scrollFor(1_000, 100, 600, 38);
    expect(top).toBeLessThan(1_000 * 38);
    expect(top + 600).toBeGreaterThan(1_001 * 38);
    expect(scrollFor(0, 100, 600, 38)).toBe(0);
  });
});
