/** A machine with the events and inputs it is explored with: one value to hand around and to export. */
import type { AnyStateMachine } from 'xstate';
import type { Faults } from './criteria/faults.js';
import type { ExploreOptions } from './explore.js';

export interface PathModel<Machine extends AnyStateMachine = AnyStateMachine> {
  readonly machine: Machine;
  readonly options: ExploreOptions<Machine>;
  /** What counts as a fault; without it there is no fault cover. */
  readonly faults?: Faults;
}

/**
 * Ties events and inputs to the types of the machine, and lets `bridle paths --machine FILE.js#name`
 * find them.
 * @example
 * export const doorModel = pathModel({ machine: door, options: { events: [{ type: 'OPEN' }] } });
 */
export function pathModel<Machine extends AnyStateMachine>(model: PathModel<Machine>): PathModel {
  return model as unknown as PathModel;
}

/** Whether a module's export is a model rather than a machine. */
export function isPathModel(value: unknown): value is PathModel {
  const model = value as Partial<PathModel> | null;
  return (
    typeof model === 'object' &&
    model !== null &&
    isMachine(model.machine) &&
    typeof model.options === 'object'
  );
}

/** Whether a value is an XState v5 machine, of whatever copy of XState. */
export function isMachine(value: unknown): value is AnyStateMachine {
  const machine = value as { root?: unknown; transition?: unknown; provide?: unknown } | null;
  return (
    typeof machine === 'object' &&
    machine !== null &&
    typeof machine.transition === 'function' &&
    typeof machine.provide === 'function' &&
    machine.root !== undefined
  );
}
