const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How long to wait before an attempt, the first being 1. @example backoffMs(3) // 1000 */
export function backoffMs(attempt: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
}
