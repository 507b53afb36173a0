/** Puts two sequences beside each other so that as much as possible is the same. */

/** Indices that belong together; null: nothing there does. */
export type Aligned = readonly [number | null, number | null];

/** Cells of the table that is filled in for the middle; beyond it, what is between is not matched. */
const LIMIT_CELLS = 4_000_000;

/** @example align(['a', 'b', 'd'], ['a', 'c', 'd']) // [[0, 0], [1, null], [null, 1], [2, 2]] */
export function align(a: readonly string[], b: readonly string[]): readonly Aligned[] {
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > begin && endB > begin && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const found: Aligned[] = [];
  for (let at = 0; at < begin; at += 1) found.push([at, at]);
  found.push(
    ...middle(a.slice(begin, endA), b.slice(begin, endB)).map(
      ([x, y]): Aligned => [x === null ? null : x + begin, y === null ? null : y + begin],
    ),
  );
  for (let at = 0; endA + at < a.length; at += 1) found.push([endA + at, endB + at]);
  return found;
}

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): readonly Aligned[] {
  const alone: Aligned[] = [
    ...a.map((_, at): Aligned => [at, null]),
    ...b.map((_, at): Aligned => [null, at]),
  ];
  if (a.length === 0 || b.length === 0 || a.length * b.length > LIMIT_CELLS) return alone;
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let x = a.length - 1; x >= 0; x -= 1) {
    for (let y = b.length - 1; y >= 0; y -= 1) {
      common[x * width + y] =
        a[x] === b[y]
          ? (common[(x + 1) * width + y + 1] ?? 0) + 1
          : Math.max(common[(x + 1) * width + y] ?? 0, common[x * width + y + 1] ?? 0);
    }
  }
  const found: Aligned[] = [];
  let [x, y] = [0, 0];
  while (x < a.length || y < b.length) {
    const below = common[(x + 1) * width + y] ?? 0;
    const beside = common[x * width + y + 1] ?? 0;
    if (x < a.length && y < b.length && a[x] === b[y]) found.push([x++, y++]);
    else if (y >= b.length || (x < a.length && below >= beside)) found.push([x++, null]);
    else found.push([null, y++]);
  }
  return found;
}
