/** The events that nobody sends by hand: timers that fire, children that end or report. */
import type { EventObject } from 'xstate';
import { sourceName } from './position.js';
import type { Position, SnapshotView } from './stepper.js';

/** What a child may end with or report; the keys of `children` are its id or the name of its source. */
export interface ChildCases {
  /** Outputs of `xstate.done.actor.<id>`; `[]`: it never ends. */
  readonly output?: readonly unknown[];
  /** Errors of `xstate.error.actor.<id>`; `[]`: it never fails. Plain data serves best. */
  readonly error?: readonly unknown[];
  /** Snapshots of `xstate.snapshot.<id>`, for an invocation with `onSnapshot`. */
  readonly snapshot?: readonly unknown[];
}

export interface PossibleEvent {
  readonly event: EventObject;
  /** Id of the timer that fires with it. */
  readonly timer?: string;
}

/** Stands in for an error nobody described. */
export const UNNAMED_ERROR = Object.freeze({ name: 'Error', message: 'the child failed' });

/**
 * Without cases, a child ends (output undefined) and fails ({@link UNNAMED_ERROR}) where a transition of
 * the current state listens for it. Cases are tried wherever the child lives: an error nobody handles is
 * the end of the machine, and worth knowing.
 */
export function automaticEvents(
  { snapshot, timers, finished }: Position,
  cases: Readonly<Record<string, ChildCases>>,
): PossibleEvent[] {
  const events: PossibleEvent[] = timers.map(({ id, event }) => ({ event, timer: id }));
  for (const id of Object.keys(snapshot.children).sort()) {
    if (finished.includes(id)) continue;
    const child = snapshot.children[id];
    const given = cases[id] ?? (child === undefined ? undefined : cases[sourceName(child.src)]) ?? {};
    const when = (type: string, values: readonly unknown[] | undefined, unnamed: unknown, key: string) => {
      const tried = values ?? (listens(snapshot, type) ? [unnamed] : []);
      for (const value of tried) events.push({ event: { type, actorId: id, [key]: value } as EventObject });
    };
    when(`xstate.done.actor.${id}`, given.output, undefined, 'output');
    when(`xstate.error.actor.${id}`, given.error, UNNAMED_ERROR, 'error');
    for (const value of given.snapshot ?? []) {
      events.push({ event: { type: `xstate.snapshot.${id}`, snapshot: value } as EventObject });
    }
  }
  return events;
}

function listens(snapshot: SnapshotView, type: string): boolean {
  return snapshot._nodes.some((node) => node.transitions.has(type));
}

/** Every event type the active states name, without a payload: what is tried when no events are given. */
export function namedEvents(snapshot: SnapshotView): EventObject[] {
  const types = new Set<string>();
  for (const node of snapshot._nodes) {
    for (const type of node.ownEvents) {
      if (!type.startsWith('xstate.') && !type.includes('*')) types.add(type);
    }
  }
  return [...types].sort().map((type) => ({ type }));
}
