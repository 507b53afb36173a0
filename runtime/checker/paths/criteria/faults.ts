/** Faults: every kind struck in every control state that was reached, whether it is taken or ignored. */
import type { EventObject } from 'xstate';
import { PathsError } from '../errors.js';
import type { Exploration } from '../exploration.js';
import { fewPaths, type Goal, type LimitOptions, type Suite, type Way, wayOver } from '../suite.js';

/** An event with whatever payload it has. */
export type AnyEvent = EventObject & Readonly<Record<string, unknown>>;

/** Types of the events that are faults, or the name of the fault an event is (null: none). */
export type Faults = readonly string[] | ((event: AnyEvent) => string | null);

/**
 * Timers and children that fail are faults like any other if they are named:
 * `(event) => event.type.startsWith('xstate.error.') ? 'child failed' : null`.
 *
 * @throws PathsError USAGE if nothing in the exploration is such a fault
 */
export function faultStateCover(exploration: Exploration, faults: Faults, options: LimitOptions = {}): Suite {
  const { edges, states, machine } = exploration;
  const kindOf = typeof faults === 'function' ? faults : byType(faults);
  const ids = edges.map(({ event, from }) => {
    const kind = kindOf(event as AnyEvent);
    return kind === null ? null : `${kind} in ${states[from]!.control}`;
  });
  const goals = new Map<string, Goal>();
  for (const [at, id] of ids.entries()) {
    if (id !== null && !goals.has(id)) goals.set(id, { id, way: wayOver(exploration, at) });
  }
  if (goals.size === 0) {
    const wanted = typeof faults === 'function' ? 'a fault by this function' : `of ${faults.join(', ')}`;
    throw new PathsError('USAGE', `no event of this exploration is ${wanted}`, { machine });
  }
  const onTheWay = (way: Way): string[] =>
    way.edges.flatMap((edge) => {
      const id = ids[edge];
      return id === null || id === undefined ? [] : [id];
    });
  return fewPaths(exploration, 'faults', [...goals.values()], onTheWay, [], options);
}

function byType(types: readonly string[]): (event: AnyEvent) => string | null {
  const wanted = new Set(types);
  return ({ type }) => (wanted.has(type) ? type : null);
}
