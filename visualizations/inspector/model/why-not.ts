/**
 * Why an actor moves or does not: each event that its active states could take at a moment, what would become
 * of it, and which guard, looking at which values, stands in the way. Charts that ship are evaluated; of
 * others only the structure is known.
 */

import type { RecordedEvent } from '../../../runtime/observe/recording/lines.js';
import { eventInWords } from './moments.js';
import type { RecordingIndex } from './recording-index.js';
import type { ActorKey, ActorState } from './types.js';
import { answer } from './why-not-answer.js';
import { type ShippedChart, shippedChart } from './why-not-chart.js';
import { labelsOf, possibleCases } from './why-not-events.js';
import { positionOf, type RecordedState } from './why-not-position.js';
import { structuralEvents } from './why-not-structure.js';
import type { EventAnswer, Outcome, Timer, WhyNot } from './why-not-types.js';

export type { Candidate, EventAnswer, Operand, Outcome, Timer, WhyNot } from './why-not-types.js';

/** How many of an actor's latest steps are searched for events that it really got, and for when a state began. */
const SEARCHED_STEPS = 400;

/**
 * @returns null if the actor does not live at that moment, or has no chart
 * @example whyNot(index, index.length - 1, 'east meta/duplication/1')?.events[0]?.outcome // 'taken'
 */
export function whyNot(index: RecordingIndex, moment: number, actor: ActorKey): WhyNot | null {
  const info = index.actor(actor);
  const state = index.at(moment).actors.get(actor);
  if (info?.chart == null || state?.alive !== true || state.state === null) return null;
  const base = { actor, chart: info.chart };
  const diagram = index.charts.get(info.chart);
  const chart = shippedChart(info.chart);
  const structural = (note: string): WhyNot => ({
    ...base,
    evaluated: false,
    note,
    timers: [],
    events: diagram === undefined ? [] : structuralEvents(diagram, state),
  });
  if (chart === null) return structural('cannot be evaluated: this chart does not ship with the inspector');
  if (diagram !== undefined && !chart.isLike(diagram)) {
    return structural('cannot be evaluated: the recording is of another version of this chart');
  }
  const recorded = { state: state.state, context: state.context, children: childrenOf(index, moment, actor) };
  try {
    return {
      ...base,
      evaluated: true,
      note: null,
      timers: timersOf(chart, index, moment, actor, state),
      events: answersOf(chart, recorded, latestEvents(index, moment, actor)),
    };
  } catch (error) {
    return structural(`cannot be evaluated: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The same without a recording.
 *
 * @throws Error if the chart has no such state
 */
export function answersOf(
  chart: ShippedChart,
  state: RecordedState,
  recorded: readonly RecordedEvent[],
): readonly EventAnswer[] {
  const position = positionOf(chart, state);
  const cases = possibleCases(chart, position, recorded);
  const labels = new Map<object, string>();
  for (const type of new Set(cases.map(({ event }) => event.type))) {
    const ofType = cases.filter(({ event }) => event.type === type);
    const told = labelsOf(ofType.map(({ event }) => event));
    for (const [at, each] of ofType.entries()) {
      const isOwn = each.origin === 'timer' || each.origin === 'child';
      labels.set(each, isOwn ? eventInWords(type) : (told[at] ?? ''));
    }
  }
  return cases
    .map((each) => answer(chart, position, each, labels.get(each) ?? ''))
    .sort((a, b) => RANK[a.outcome] - RANK[b.outcome]);
}

const RANK: Record<Outcome, number> = { taken: 0, refused: 1, unknown: 2, nothing: 3 };

/** Ids of living children, as their parent knows them. */
function childrenOf(index: RecordingIndex, moment: number, parent: ActorKey): readonly string[] {
  const { actors } = index.at(moment);
  return index.actors
    .filter((each) => each.parent === parent && actors.get(each.key)?.alive === true)
    .map(({ key }) => key.slice(parent.length + 1));
}

/** The latest event of each type that the actor got. */
function latestEvents(index: RecordingIndex, moment: number, actor: ActorKey): readonly RecordedEvent[] {
  const latest = new Map<string, RecordedEvent>();
  for (const at of backwards(index, moment, actor)) {
    const line = index.lines[at];
    if (line?.t === 'step' && !latest.has(line.event.type)) latest.set(line.event.type, line.event);
  }
  return [...latest.values()];
}

function timersOf(
  chart: ShippedChart,
  index: RecordingIndex,
  moment: number,
  actor: ActorKey,
  { active, context }: ActorState,
): readonly Timer[] {
  return active.flatMap((id) => {
    const after = chart.nodes.get(id)?.after ?? [];
    if (after.length === 0) return [];
    const sinceAt = activeSince(index, moment, actor, id);
    const byEvent = new Map(after.map((each) => [each.eventType, each]));
    return [...byEvent.values()].map(({ eventType, delay }) => ({
      label: eventInWords(eventType),
      state: id,
      delayMs: chart.delayMs(delay, context),
      sinceAt,
    }));
  });
}

/** Time since which a state has been active without a break; a transition to the state itself is one. */
function activeSince(index: RecordingIndex, moment: number, actor: ActorKey, state: string): number {
  const targets = new Map(
    (index.charts.get(actorChart(index, actor))?.edges ?? []).map((e) => [e.id, e.targets]),
  );
  let since = index.lines[moment]?.at ?? 0;
  for (const at of backwards(index, moment, actor)) {
    const line = index.lines[at]!;
    since = line.at;
    if (line.t !== 'step') break;
    if (line.edges.some((edge) => targets.get(edge)?.includes(state) === true)) break;
    // Without a state, the line left it as it was.
    if (line.state === undefined) continue;
    if (
      index
        .at(at - 1)
        .actors.get(actor)
        ?.active.includes(state) !== true
    )
      break;
  }
  return since;
}

const actorChart = (index: RecordingIndex, actor: ActorKey): string => index.actor(actor)?.chart ?? '';

/** The actor's moments up to one, latest first. */
function* backwards(index: RecordingIndex, moment: number, actor: ActorKey): Generator<number> {
  const moments = index.momentsOf(actor);
  let at = moments.findLastIndex((each) => each <= moment);
  for (let steps = 0; at >= 0 && steps < SEARCHED_STEPS; steps += 1, at -= 1) yield moments[at]!;
}
