/** Delta debugging: takes away what a violation does not need, in ever smaller pieces, while it lasts. */

export interface MinimiseOptions<Item> {
  readonly items: readonly Item[];
  /** Whether the same goes wrong with only these. */
  readonly fails: (items: readonly Item[]) => Promise<boolean>;
  /** Asked before each try. */
  readonly isEnough: (tries: number) => boolean;
}

export interface Minimised<Item> {
  readonly items: readonly Item[];
  readonly tries: number;
  /** False: it ended before every single item had been tried. */
  readonly complete: boolean;
}

/**
 * @example
 * await minimise({ items: [1, 2, 3], fails: async (left) => left.includes(2), isEnough: () => false }) // items: [2]
 */
export async function minimise<Item>({
  items,
  fails,
  isEnough,
}: MinimiseOptions<Item>): Promise<Minimised<Item>> {
  let left = items;
  let tries = 0;
  // Most of the time nothing at all is needed but the latest few.
  for (let pieces = 2; left.length > 0; ) {
    const size = Math.ceil(left.length / pieces);
    let removed = false;
    for (let at = 0; at < left.length; ) {
      if (isEnough(tries)) return { items: left, tries, complete: false };
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      tries += 1;
      if (await fails(without)) {
        left = without;
        removed = true;
      } else at += size;
    }
    if (size === 1 && !removed) break;
    pieces = removed ? 2 : Math.min(pieces * 2, left.length);
  }
  return { items: left, tries, complete: true };
}
