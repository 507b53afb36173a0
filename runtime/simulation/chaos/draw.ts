/** Drawing from a seed. Each part of a run has a stream of its own: what one draws does not move the others. */
import { seededRandom } from '../random.js';

export class Draw {
  readonly #seed: number;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#random = seededRandom(mixed(this.#seed));
  }

  /** A stream of its own; the same name gives the same stream. */
  fork(name: string): Draw {
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return new Draw(mixed(hash));
  }

  /** In [0, 1). */
  unit(): number {
    return this.#random();
  }

  /** A whole number, both ends included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }

  /** So many different ones, or all that there are. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items];
    const found: Item[] = [];
    while (found.length < count && left.length > 0) {
      found.push(...left.splice(this.int(0, left.length - 1), 1));
    }
    return found;
  }

  /** As many small values as large ones: most of what goes wrong does so within milliseconds of something. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.#random());
  }
}

function mixed(seed: number): number {
  let hash = seed | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
