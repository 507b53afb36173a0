/**
 * Steps, each of which begins when everything that the one before has set off is over: every promise that could
 * settle has, every `process.nextTick` has been called, and rejections that nobody heard have been reported.
 *
 * Node.js sees to all of that after each callback of `setImmediate`, also between two that were asked for in the
 * same turn of its event loop. So many are asked for at once: a turn for each step would cost more than most steps.
 */

/** Asked for at first, for who runs one or two steps; then twice as many each time. */
const FIRST_BATCH = 2;
const LARGEST_BATCH = 64;

/**
 * Calls `step` again and again until it returns false, and resolves then; rejects with what it throws. Before the
 * first step, too, all is let come to rest.
 *
 * @example
 * await eachAtRest(() => queue.shift()?.() !== undefined);
 */
export function eachAtRest(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    let left = 0;
    let batch = FIRST_BATCH;
    const run = (): void => {
      if (over) return;
      try {
        over = !step();
      } catch (error) {
        over = true;
        reject(error);
        return;
      }
      if (over) resolve();
      else if (left === 0) more();
    };
    // Among the promises, where the continuation of whoever awaited rest would be: what the step sets off keeps its
    // order, promises before ticks.
    const begin = (): void => {
      left -= 1;
      if (!over) void REST.then(run);
    };
    const more = (): void => {
      left = batch;
      for (let i = 0; i < left; i++) setImmediate(begin);
      batch = Math.min(LARGEST_BATCH, batch * 2);
    };
    more();
  });
}

const REST = Promise.resolve();
