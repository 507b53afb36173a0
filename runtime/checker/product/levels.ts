/** How far states are from the start: they are numbered level by level. */
import { IntList } from './int-tables.js';

export class Levels {
  /** First state and depth of each level, in pairs. */
  readonly #levels = new IntList();

  begin(first: number, depth: number): void {
    this.#levels.push(first);
    this.#levels.push(depth);
  }

  /** @param parent the state it was found from; negative for a seed */
  depthOf(state: number, parent: number): number {
    const levels = this.#levels.data;
    let low = 0;
    let high = this.#levels.length / 2 - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (levels[middle * 2]! <= state) low = middle;
      else high = middle - 1;
    }
    // Found from the last level, when the exploration stopped before it was their turn.
    const isBeyond = parent >= levels[low * 2]!;
    return levels[low * 2 + 1]! + (isBeyond ? 1 : 0);
  }
}
