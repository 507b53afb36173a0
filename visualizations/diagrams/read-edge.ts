/** A transition of a machine, with its event and its guard in words. */
import { planGuard } from '../../runtime/checker/paths/guards.js';
import type { DiagramEdge } from './chart-diagram.js';
import type { Implementations, TransitionView } from './machine-view.js';
import { type ActionPlace, readAction } from './read-actions.js';
import { functionText, valueTextOrNull } from './value-text.js';

export interface EdgePlace extends ActionPlace {
  readonly implementations: Implementations;
}

export function readEdge(transition: TransitionView, id: string, place: EdgePlace): DiagramEdge {
  return {
    id,
    source: transition.source.id,
    targets: (transition.target ?? []).map((target) => target.id),
    ...eventOf(transition, place),
    event: transition.eventType,
    guard: guardText(transition, place),
    actions: transition.actions.map((action) => readAction(action, place)),
    reenter: transition.reenter,
    description: transition.description ?? null,
    meta: transition.meta ?? null,
  };
}

/** Prefixes of XState's own events, and how the rest of the name is told. */
const OWN: readonly [string, DiagramEdge['kind'], (rest: string) => string][] = [
  ['xstate.done.state.', 'done', () => 'done'],
  ['xstate.done.actor.', 'done', (actor) => `done ${actorName(actor)}`],
  ['xstate.error.actor.', 'error', (actor) => `error ${actorName(actor)}`],
  ['xstate.snapshot.', 'snapshot', (actor) => `snapshot ${actorName(actor)}`],
];

function eventOf(
  { eventType, source, delay, target }: TransitionView,
  { implementations }: EdgePlace,
): Pick<DiagramEdge, 'kind' | 'label'> {
  if (eventType === '') return { kind: 'always', label: 'always' };
  if (eventType === '*') return { kind: 'wildcard', label: 'any event' };
  if (delay !== undefined)
    return { kind: 'after', label: `after ${delayText(delay, implementations.delays)}` };
  if (eventType === 'xstate.route') {
    return { kind: 'event', label: `route to ${(target ?? []).map((each) => `#${each.id}`).join(', ')}` };
  }
  for (const [prefix, kind, label] of OWN) {
    if (!eventType.startsWith(prefix)) continue;
    const rest = eventType.slice(prefix.length);
    // Done of another state than the source is an ordinary event under a long name.
    if (prefix === 'xstate.done.state.' && rest !== source.id) return { kind, label: `done ${rest}` };
    return { kind, label: label(rest) };
  }
  return { kind: eventType.endsWith('.*') ? 'wildcard' : 'event', label: eventType };
}

/** Actors without an id of their own get a long one from XState: `0.door.opening`. */
const actorName = (id: string): string => (id === '*' ? 'any actor' : id);

function delayText(delay: number | string, delays: Readonly<Record<string, unknown>>): string {
  if (typeof delay === 'number') return `${delay} ms`;
  const fixed = delays[delay];
  return typeof fixed === 'number' ? `${delay} (${fixed} ms)` : delay;
}

function guardText({ guard, eventType }: TransitionView, { implementations }: EdgePlace): string | null {
  if (guard === undefined) return null;
  const { text } = planGuard(guard, implementations.guards, {
    params: (params) => {
      const fixed = valueTextOrNull(params);
      return fixed === null ? '' : `(${fixed})`;
    },
    inline: (each) => functionText(each, ['guard']),
  });
  // XState's own half of a route's guard only repeats the target.
  return eventType === 'xstate.route' ? routeGuard(text) : text;
}

function routeGuard(text: string): string | null {
  const [, own] = /^and\(routeMatches, (.*)\)$/s.exec(text) ?? [];
  return own ?? (text === 'routeMatches' ? null : text);
}
