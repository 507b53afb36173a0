/** Counts different states in bounded memory: one bit for each, by hash. Two that share a bit count once. */

const BITS = 2 ** 30;

export class SeenStates {
  count = 0;
  readonly #bits = new Uint32Array(BITS / 32);

  get bytes(): number {
    return this.#bits.byteLength;
  }

  note(state: Int32Array): void {
    let hash = 0x811c9dc5;
    for (let at = 0; at < state.length; at++) {
      hash = Math.imul(hash ^ state[at]!, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    }
    const bit = (hash ^ (hash >>> 16)) >>> 2;
    const word = bit >>> 5;
    const mask = 1 << (bit & 31);
    const before = this.#bits[word]!;
    if ((before & mask) !== 0) return;
    this.#bits[word] = before | mask;
    this.count += 1;
  }
}
