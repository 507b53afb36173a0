import { StoreError } from '../../store/index.js';

interface Line {
  last: Promise<unknown>;
  length: number;
}

/**
 * Lets work on the same thing happen one after the other, in the order it was asked for.
 *
 * @example
 * await turns.take(store, async () => store.write(request));
 */
export class Turns {
  readonly #maxLength: number;
  readonly #lines = new WeakMap<object, Line>();

  /** @param maxLength works on one thing at most, the running one included. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Resolves and rejects as `work` does. @throws StoreError `ERR_BUSY` when too many wait already. */
  async take<T>(thing: object, work: () => Promise<T>): Promise<T> {
    let line = this.#lines.get(thing);
    if (line === undefined) {
      line = { last: Promise.resolve(), length: 0 };
      this.#lines.set(thing, line);
    }
    if (line.length >= this.#maxLength) {
      throw new StoreError('ERR_BUSY', {
        operation: 'wait for a turn',
        detail: `${line.length} requests wait`,
      });
    }
    const mine = line;
    mine.length++;
    const result = mine.last.then(work).finally(() => {
      mine.length--;
    });
    mine.last = result.catch(() => undefined);
    return result;
  }
}
