/** Tables of small integers in typed arrays: what keeps a step of the packed explorer cheap. */

/** A list of 32-bit integers that grows. Read `data` anew after every `push`. */
export class IntList {
  data: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): number {
    if (this.length === this.data.length) {
      const grown = new Int32Array(this.data.length * 2);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length] = value;
    return this.length++;
  }
}

export const MISSING = -1;

/** Pairs of integers, neither of them negative, to integers ≥ 0. */
export class PairMap {
  #slots = new Int32Array(3 * 64).fill(MISSING);
  #mask = 63;
  #size = 0;

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** @returns MISSING if the pair is not there */
  get(a: number, b: number): number {
    const slots = this.#slots;
    let slot = pairHash(a, b) & this.#mask;
    for (;;) {
      const at = slot * 3;
      const first = slots[at]!;
      if (first === a && slots[at + 1] === b) return slots[at + 2]!;
      if (first === MISSING) return MISSING;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** The pair must not be there yet. */
  add(a: number, b: number, value: number): void {
    if (this.#size * 2 > this.#mask) this.#grow();
    this.#put(a, b, value);
    this.#size += 1;
  }

  #put(a: number, b: number, value: number): void {
    const slots = this.#slots;
    let slot = pairHash(a, b) & this.#mask;
    while (slots[slot * 3] !== MISSING) slot = (slot + 1) & this.#mask;
    slots[slot * 3] = a;
    slots[slot * 3 + 1] = b;
    slots[slot * 3 + 2] = value;
  }

  #grow(): void {
    const before = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * 3).fill(MISSING);
    for (let at = 0; at < before.length; at += 3) {
      if (before[at] !== MISSING) this.#put(before[at]!, before[at + 1]!, before[at + 2]!);
    }
  }
}

export function pairHash(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
