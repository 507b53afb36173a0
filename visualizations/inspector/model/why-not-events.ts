/** The events that an actor could get in a state, with the payloads they might carry. */
import type { EventObject } from 'xstate';
import { ALWAYS } from '../../../actors/transitionIds.js';
import { automaticEvents, namedEvents } from '../../../runtime/checker/paths/automatic.js';
import type { Position } from '../../../runtime/checker/paths/stepper.js';
import type { Json, RecordedEvent } from '../../../runtime/observe/recording/lines.js';
import type { ShippedChart } from './why-not-chart.js';
import type { EventAnswer } from './why-not-types.js';

export interface PossibleCase {
  readonly event: EventObject;
  readonly origin: EventAnswer['origin'];
  readonly timer?: string;
}

/**
 * Examples of the chart's model, what this actor really got, its timers and children, and what it is named to
 * react to. A recorded event that equals an example is not listed again.
 */
export function possibleCases(
  chart: ShippedChart,
  position: Position,
  recorded: readonly RecordedEvent[],
): readonly PossibleCase[] {
  const { events, children = {} } = chart.model.options;
  const given = typeof events === 'function' ? events(position.snapshot as never) : (events ?? []);
  const cases: PossibleCase[] = [
    ...given.map((event: EventObject) => ({ event, origin: 'case' as const })),
    ...automaticEvents(position, children).map(({ event, timer }) =>
      timer === undefined ? { event, origin: 'child' as const } : { event, origin: 'timer' as const, timer },
    ),
  ];
  const texts = new Set(cases.map(({ event }) => textOf(event)));
  const types = new Set(cases.map(({ event }) => event.type));
  for (const event of recorded) {
    // Timers and children speak for themselves.
    if (event.type.startsWith('xstate.') || texts.has(textOf(event))) continue;
    types.add(event.type);
    cases.push({ event, origin: 'recorded' });
  }
  for (const event of namedEvents(position.snapshot)) {
    if (!types.has(event.type)) cases.push({ event, origin: 'named' });
  }
  const waitsAlways = position.snapshot._nodes.some(({ id }) => chart.sites(id, ALWAYS).length > 0);
  if (waitsAlways) cases.push({ event: { type: ALWAYS }, origin: 'always' });
  return cases;
}

const textOf = (event: EventObject): string =>
  JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));

const LIMIT_FACTS = 3;
const LIMIT_CHARACTERS = 40;

/**
 * For each event of one type, how it differs from what is usual among them: `error ERR_TIMEOUT`. Empty for
 * one that does not differ.
 */
export function labelsOf(events: readonly EventObject[]): readonly string[] {
  const facts = events.map((event) => new Map(leavesOf(event)));
  const usual = new Map<string, string>();
  for (const path of new Set(facts.flatMap((each) => [...each.keys()]))) {
    const counts = new Map<string, number>();
    for (const each of facts) {
      const value = each.get(path) ?? '';
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const most = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    usual.set(path, events.length === 1 ? '' : most[0]);
  }
  return facts.map((each) => {
    const different = [...each].filter(([path, value]) => usual.get(path) !== value);
    const told = different.slice(0, LIMIT_FACTS).map(([path, value]) => `${path} ${value}`);
    return told.join(', ') + (different.length > LIMIT_FACTS ? ' …' : '');
  });
}

/** Path and text of each plain value: `table.owner`, `east/users/7`. */
function* leavesOf(value: object, path = ''): Generator<[string, string]> {
  for (const [key, inner] of Object.entries(value) as [string, Json | undefined][]) {
    if (path === '' && key === 'type') continue;
    const own = path === '' ? key : `${path}.${key}`;
    if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0)
      yield* leavesOf(inner, own);
    else if (inner !== undefined)
      yield [own, shorten(typeof inner === 'string' ? inner : JSON.stringify(inner))];
  }
}

const shorten = (text: string): string =>
  text.length > LIMIT_CHARACTERS ? `${text.slice(0, LIMIT_CHARACTERS - 1)}…` : text;
