/** A binary heap: what comes first is found in constant time, added and taken in logarithmic time. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #before: (a: Item, b: Item) => boolean;

  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  first(): Item | undefined {
    return this.#items[0];
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** In no particular order. */
  items(): readonly Item[] {
    return this.#items;
  }

  add(item: Item): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#before(item, items[above] as Item)) break;
      items[at] = items[above] as Item;
      at = above;
    }
    items[at] = item;
  }

  take(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: Item): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      const right = below + 1;
      if (right < items.length && this.#before(items[right] as Item, items[below] as Item)) below = right;
      if (!this.#before(items[below] as Item, item)) break;
      items[at] = items[below] as Item;
      at = below;
    }
    items[at] = item;
  }
}
