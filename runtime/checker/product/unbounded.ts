/** Tells states that never end from many states: looks for what grows along one long way. */
import { type Found, growingField } from '../paths/growth.js';
import { ProductError } from './errors.js';
import type { Explorer } from './explorer.js';
import type { Tables } from './tables.js';
import { pathTo } from './trace.js';

/** Growth in so many states of a process in a row counts, when a limit of states or memory was reached … */
const WINDOW_AT_LIMIT = { states: 32, memory: 12 };
/** … and before it, at levels of this depth and its multiples. */
const WINDOW = 512;

/**
 * A heuristic: a counter that is allowed to go far looks the same until it stops.
 *
 * @throws ProductError UNBOUNDED naming process, state and field
 */
export function assertNothingGrows(tables: Tables, explorer: Explorer, isSymmetric: boolean): void {
  // With symmetry the states of a path are representatives, and processes change places along it.
  if (isSymmetric) return;
  const { bound } = explorer;
  const limit = bound === 'states' || bound === 'memory' ? bound : null;
  if (limit === null && (explorer.depth === 0 || explorer.depth % (2 * WINDOW) !== 0)) return;
  const window = limit === null ? WINDOW : WINDOW_AT_LIMIT[limit];
  const path = pathTo(explorer, explorer.size - 1).map((state) => {
    const fields = new Int32Array(tables.fields);
    explorer.read(state, fields);
    return fields;
  });
  tables.model.processes.forEach((process, index) => {
    let last: Found | null = null;
    let before = -1;
    for (const fields of path) {
      if (fields[index] === before) continue;
      before = fields[index]!;
      const context = tables.locals[index]![before];
      last = { value: process.describe(context), context, from: last };
    }
    if (last !== null) refuseGrowth(last, window, process.name);
  });
  const levels = neverLowerAgain(path.map((fields) => tables.networks[fields[tables.processCount]!]!.length));
  if (levels.length < window) return;
  const place = { process: 'network', field: 'length' };
  throw new ProductError('UNBOUNDED', `${levels.at(-1)} messages are on their way, and more and more`, place);
}

/** The levels that a sequence leaves behind for good, from the lowest on. */
function neverLowerAgain(sequence: readonly number[]): number[] {
  const levels: number[] = [];
  for (const level of sequence.toReversed()) if (level < (levels.at(-1) ?? Infinity)) levels.push(level);
  return levels.reverse();
}

function refuseGrowth(last: Found, window: number, process: string): void {
  const field = growingField(last, window)?.replace(/^context\.?/, '');
  if (field === undefined) return;
  const place = { process, ...(last.value === '' ? {} : { state: last.value }), field: field || 'state' };
  throw new ProductError('UNBOUNDED', `it grew ${window} times in a row, so the states may never end`, place);
}
