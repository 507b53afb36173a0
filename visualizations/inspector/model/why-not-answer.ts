/** Asks a chart what it would do with an event, and each of its guards what it says and why. */
import type { EventObject } from 'xstate';
import { ALWAYS } from '../../../actors/transitionIds.js';
import {
  type ConditionValues,
  evaluateGuard,
  type GuardPlan,
} from '../../../runtime/checker/paths/guards.js';
import type { Position, Step } from '../../../runtime/checker/paths/stepper.js';
import type { Json } from '../../../runtime/observe/recording/lines.js';
import { stateInWords } from './moments.js';
import type { ShippedChart, Site } from './why-not-chart.js';
import type { PossibleCase } from './why-not-events.js';
import { Reads } from './why-not-operands.js';
import { plainCopy } from './why-not-position.js';
import type { Candidate, EventAnswer, Outcome } from './why-not-types.js';

/** What a guard says, with what it looked at. */
interface Said {
  readonly value: boolean;
  readonly operands: Candidate['operands'];
  readonly more: number;
  readonly words: string;
}

type Taken = Pick<EventAnswer, 'leadsTo' | 'effects' | 'problem'> & { readonly edges: ReadonlySet<string> };

export function answer(
  chart: ShippedChart,
  position: Position,
  possible: PossibleCase,
  label: string,
): EventAnswer {
  const { event, origin } = possible;
  const isKnown = origin !== 'named';
  const taken = origin === 'always' || !isKnown ? NOTHING_TAKEN : take(chart, position, possible);
  const copy = plainCopy(event) as EventObject & Record<string, Json>;
  const transitions = candidates(chart, position, copy, isKnown, taken.edges);
  const { type, ...payload } = copy;
  return {
    type,
    label,
    payload,
    origin,
    outcome: isKnown ? outcomeOf(transitions) : 'unknown',
    transitions,
    leadsTo: taken.leadsTo,
    effects: taken.effects,
    problem: taken.problem,
  };
}

const NOTHING_TAKEN: Taken = { edges: new Set(), leadsTo: null, effects: [], problem: null };

function take(chart: ShippedChart, position: Position, { event, timer }: PossibleCase): Taken {
  let step: Step;
  try {
    step = chart.stepper.take(position, event, timer);
  } catch (error) {
    return { ...NOTHING_TAKEN, problem: error instanceof Error ? error.message : String(error) };
  }
  const { transitions } = chart.stepper.instrumented.chart;
  const edges = new Set(step.transitions.map((at) => transitions[at]!.id));
  if (edges.size === 0) return NOTHING_TAKEN;
  const { snapshot } = step.position;
  return {
    edges,
    leadsTo: stateInWords(snapshot.value as Parameters<typeof stateInWords>[0]),
    effects: step.effects.map(({ kind, name, to }) => ({ kind, name, ...(to === undefined ? {} : { to }) })),
    problem: snapshot.status === 'error' ? `the chart fails: ${String(snapshot.error)}` : null,
  };
}

function outcomeOf(transitions: readonly Candidate[]): Outcome {
  if (transitions.some(({ taken }) => taken)) return 'taken';
  return transitions.length > 0 ? 'refused' : 'nothing';
}

/**
 * Inner states are asked before those around them, which are asked only if nothing inside of them took the
 * event; regions are asked independently of one another.
 */
function candidates(
  chart: ShippedChart,
  { snapshot }: Position,
  event: EventObject,
  isKnown: boolean,
  taken: ReadonlySet<string>,
): readonly Candidate[] {
  const active = [...snapshot._nodes].sort((a, b) => b.path.length - a.path.length || a.order - b.order);
  const found: Candidate[] = [];
  const chosen: Site[] = [];
  for (const { id, path } of active) {
    const inner = chosen.find(({ source }) => isInside(chart.nodes.get(source)?.path ?? [], path));
    let earlier: Site | undefined = inner;
    for (const site of chart.sites(id, event.type)) {
      if (earlier !== undefined) {
        found.push(
          candidate(
            site,
            null,
            false,
            `not asked: ${earlier === inner ? 'an inner state' : 'an earlier transition'} takes it (${earlier.edge})`,
          ),
        );
        continue;
      }
      if (!isKnown) {
        found.push(
          candidate(site, null, false, 'depends on what the event says, of which there is no example'),
        );
        continue;
      }
      const said = site.guard === null ? null : ask(site.guard, snapshot, event);
      if (said?.value === false) {
        found.push(candidate(site, said, false, said.words));
        continue;
      }
      earlier = site;
      chosen.push(site);
      const isTaken = event.type === ALWAYS || taken.has(site.edge);
      const why = said === null ? 'nothing stands in its way' : said.words;
      found.push(
        candidate(site, said, isTaken, isTaken ? why : `${why}, but it gives way to another region’s`),
      );
    }
  }
  return found;
}

const isInside = (path: readonly string[], outer: readonly string[]): boolean =>
  path.length > outer.length && outer.every((key, at) => key === path[at]);

function candidate(site: Site, said: Said | null, taken: boolean, reason: string): Candidate {
  return {
    edge: site.edge,
    source: site.source,
    targets: site.targets,
    guard: site.guard?.text ?? null,
    said: said?.value ?? null,
    taken,
    operands: said?.operands ?? [],
    moreOperands: said?.more ?? 0,
    reason,
  };
}

function ask(guard: GuardPlan, snapshot: Position['snapshot'], event: EventObject): Said {
  const reads = new Reads();
  const args = {
    context: reads.watch('context', snapshot.context as object),
    event: reads.watch('event', event),
  };
  const values: ConditionValues = guard.conditions.map(() => null);
  const value = evaluateGuard(guard.tree, snapshot, args, values);
  const { list, more } = reads.operands();
  // The type is why the guard is asked at all.
  const operands = list.filter(({ path }) => path !== 'event.type');
  return { value, operands, more, words: inWords(guard, value, values) };
}

/** `verdict(is:absent) does not hold`; of several conditions also what each of them says. */
function inWords({ text, conditions }: GuardPlan, value: boolean, values: ConditionValues): string {
  const verdict = `${text} ${value ? 'holds' : 'does not hold'}`;
  if (conditions.length < 2) return verdict;
  const asked = conditions.flatMap((name, at) =>
    values[at] === null ? [] : [`${name} ${values[at] ? 'holds' : 'does not'}`],
  );
  return `${verdict}: ${asked.join(', ')}`;
}
