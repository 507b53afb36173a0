import type { ApplyMutation } from '../../runtime/store/index.js';

const counter = Buffer.from('counter');

/** Counts mutations: equal to the decree if and only if each was applied exactly once. */
export const applyCounter: ApplyMutation<number> = async ({ decree }, reader) => {
  const count = Number((await reader.get(counter))?.toString() ?? '0') + 1;
  return {
    puts: [
      [counter, Buffer.from(String(count))],
      [Buffer.from(`d${decree}`), Buffer.from('1')],
    ],
    result: count,
  };
};
