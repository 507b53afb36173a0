/**
 * Names for the transitions of a chart: the same in coverage, in recordings and in diagrams.
 *
 *   `<state id> <event>`, and `[n]` after it if the state has several for the event: `door.closed PUSH[1]`
 */
import type { AnyStateMachine } from 'xstate';

interface Node {
  readonly id: string;
  readonly states: Readonly<Record<string, Node>>;
  readonly transitions: ReadonlyMap<string, readonly object[]>;
  readonly always?: readonly object[];
}

/** The event's name of a transition that needs none. */
export const ALWAYS = 'always';

const known = new WeakMap<object, ReadonlyMap<object, string>>();

/**
 * The id of each transition of a machine, by xstate's own transition objects. What is not in it is the way
 * into an initial state.
 */
export function transitionIds(machine: AnyStateMachine): ReadonlyMap<object, string> {
  const root = machine.root as unknown as Node;
  const found = known.get(root);
  if (found !== undefined) return found;
  const ids = new Map<object, string>();
  const visit = (node: Node): void => {
    const always: [string, readonly object[]][] = node.always === undefined ? [] : [[ALWAYS, node.always]];
    for (const [event, list] of [...node.transitions, ...always]) {
      for (const [at, transition] of list.entries())
        ids.set(transition, transitionId(node.id, event, at, list));
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(root);
  known.set(root, ids);
  return ids;
}

/** The id of the transition at `at` of a state's list for an event. */
export function transitionId(state: string, event: string, at: number, list: readonly unknown[]): string {
  return `${state} ${event}${list.length > 1 ? `[${at}]` : ''}`;
}
