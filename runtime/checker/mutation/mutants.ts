/** Every mutant of a machine, in a fixed order. */
import type { AnyStateMachine } from 'xstate';
import { draftOf } from './draft.js';
import { type FieldsSeen, forgottenFields } from './fields.js';
import { type Mutant, mutantOf, type Operator, type Plan } from './mutant.js';
import { changedGuards, changedTargets, droppedActions, droppedTransitions } from './operators.js';

export interface MutantOptions {
  /** All by default. */
  readonly operators?: readonly Operator[];
  /** Which fields the machine makes, as `watched` has seen them; without it none is forgotten. */
  readonly fields?: FieldsSeen;
  /** Further mutants, of one's own. */
  readonly plans?: readonly Plan[];
}

/**
 * The machine that is given is not touched. Two edits with the same id do not happen: ids name a place.
 * @example
 * mutantsOf(door, { operators: ['drop-transition'] }).map(({ id }) => id)
 * // ['drop-transition door.closed OPEN', 'drop-transition door.open CLOSE']
 */
export function mutantsOf(machine: AnyStateMachine, options: MutantOptions = {}): readonly Mutant[] {
  const { operators, fields, plans = [] } = options;
  const draft = draftOf(machine);
  const all = [
    ...droppedTransitions(draft),
    ...changedGuards(draft),
    ...changedTargets(draft),
    ...droppedActions(draft),
    ...(fields === undefined ? [] : forgottenFields(draft, fields)),
    ...plans,
  ];
  const chosen = operators === undefined ? all : all.filter(({ operator }) => operators.includes(operator));
  return chosen.map((plan) => mutantOf(machine, plan));
}
