/** What a suite of paths covers of a machine, and what it could not have covered. */
import type { ChartTransition } from './chart.js';
import { guardGoals } from './criteria/guards.js';
import { pairsOf, transitionsOf } from './criteria/transitions.js';
import type { Bounds, Exploration } from './exploration.js';
import type { Path } from './path.js';

export interface CoverageRow {
  /** Times covered, by name; only what was covered. */
  readonly covered: Readonly<Record<string, number>>;
  /** The exploration reached it and the paths do not. */
  readonly notCovered: readonly string[];
  /** Nothing in the exploration reached it: unreachable, or beyond the bounds, inputs and events given. */
  readonly unreachable: readonly string[];
}

export const COVERAGE_KINDS = ['states', 'transitions', 'pairs', 'events', 'guards'] as const;
export type CoverageKind = (typeof COVERAGE_KINDS)[number];

export type Coverage = Readonly<Record<CoverageKind, CoverageRow>> & {
  readonly machine: string;
  readonly paths: number;
  readonly steps: number;
  readonly bounds: Bounds;
};

/** Times covered by id; a diagram paints these. */
export interface Overlay {
  readonly machine: string;
  readonly transitions: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
}

type Counts = Map<string, number>;
type Tally = Record<CoverageKind, Counts>;

/** @param paths of this exploration */
export function coverageOf(exploration: Exploration, paths: readonly Path[]): Coverage {
  const { chart, machine, bounds, starts } = exploration;
  const guards = guardNames(exploration);
  const covered = emptyTally();
  for (const path of paths) {
    const first = path.edges[0];
    const start =
      first === undefined
        ? starts.find(({ name }) => name === path.start.name)!.node
        : exploration.edges[first]!.from;
    tallyRun(exploration, guards, { edges: path.edges, start }, covered);
  }
  const reachable = reachableTally(exploration, guards);
  const transitions = chart.transitions.map(({ id }) => id);
  const row = (kind: CoverageKind, all: readonly string[]): CoverageRow => ({
    covered: Object.fromEntries([...covered[kind]].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    notCovered: [...reachable[kind].keys()].filter((id) => !covered[kind].has(id)).sort(),
    unreachable: all.filter((id) => !reachable[kind].has(id) && !covered[kind].has(id)),
  });
  return {
    machine,
    paths: paths.length,
    steps: paths.reduce((sum, path) => sum + path.steps.length, 0),
    bounds,
    states: row(
      'states',
      chart.states.filter(({ type }) => type !== 'history').map(({ id }) => id),
    ),
    transitions: row('transitions', transitions),
    pairs: row('pairs', []),
    events: row('events', [
      ...new Set(chart.transitions.map(({ event }) => event).filter((event) => !/^always$|\*/.test(event))),
    ]),
    guards: row(
      'guards',
      guardGoals(exploration).map(({ id }) => id),
    ),
  };
}

export function overlayOf({ machine, transitions, states }: Coverage): Overlay {
  return { machine, transitions: transitions.covered, states: states.covered };
}

const emptyTally = (): Tally => ({
  states: new Map(),
  transitions: new Map(),
  pairs: new Map(),
  events: new Map(),
  guards: new Map(),
});

const count = (counts: Counts, id: string): void => void counts.set(id, (counts.get(id) ?? 0) + 1);

function guardNames(exploration: Exploration): ReadonlyMap<number, readonly string[]> {
  const named = new Map<number, string[]>();
  for (const { id, metBy } of guardGoals(exploration)) {
    for (const at of metBy) named.set(at, [...(named.get(at) ?? []), id]);
  }
  return named;
}

function tallyRun(
  exploration: Exploration,
  guards: ReadonlyMap<number, readonly string[]>,
  way: { readonly edges: readonly number[]; readonly start: number },
  into: Tally,
): void {
  const { chart, states, edges, starts } = exploration;
  const name = (number: number): string => chart.transitions[number]!.id;
  const note = (state: number, taken: readonly number[], observed: readonly number[]): void => {
    for (const id of states[state]!.active) count(into.states, id);
    for (const number of taken) {
      count(into.transitions, name(number));
      countEvent(chart.transitions[number]!.event, into);
      passThrough(chart.transitions[number]!, states[state]!.active, into);
    }
    for (const at of observed) for (const id of guards.get(at) ?? []) count(into.guards, id);
  };
  const start = starts.find(({ node }) => node === way.start);
  note(way.start, start?.transitions ?? [], start?.guards ?? []);
  for (const at of way.edges) {
    const { to, transitions, guards: observed } = edges[at]!;
    note(to, transitions, observed);
  }
  for (const [first, second] of pairsOf(transitionsOf(exploration, way))) {
    count(into.pairs, `${name(first)} → ${name(second)}`);
  }
}

/** A state that is left within the step it is entered in is never at rest; its transitions tell of it. */
function passThrough({ source, event }: ChartTransition, active: readonly string[], into: Tally): void {
  if (event === 'always' && !active.includes(source)) count(into.states, source);
}

/** An event is covered when a transition takes it; to be ignored everywhere is not to be covered. */
function countEvent(event: string, into: Tally): void {
  if (event !== 'always' && !event.includes('*')) count(into.events, event);
}

/** What any path could cover; pairs only of neighbouring steps, since there is no end to longer ways. */
function reachableTally(exploration: Exploration, guards: ReadonlyMap<number, readonly string[]>): Tally {
  const { edges, states, starts, chart } = exploration;
  const into = emptyTally();
  const name = (number: number): string => chart.transitions[number]!.id;
  for (const { node } of starts) tallyRun(exploration, guards, { edges: [], start: node }, into);
  const met = new Set<string>();
  const follow = (before: readonly number[], at: number): void => {
    const key = `${before.join()}>${at}`;
    if (met.has(key)) return;
    met.add(key);
    for (const edge of states[at]!.out) {
      for (const [first, second] of pairsOf([before, edges[edge]!.transitions])) {
        count(into.pairs, `${name(first)} → ${name(second)}`);
      }
    }
  };
  for (const { node, transitions } of starts) follow(transitions, node);
  for (const { to, transitions, guards: observed } of edges) {
    for (const number of transitions) {
      count(into.transitions, name(number));
      countEvent(chart.transitions[number]!.event, into);
      passThrough(chart.transitions[number]!, states[to]!.active, into);
    }
    for (const at of observed) for (const id of guards.get(at) ?? []) count(into.guards, id);
    if (transitions.length > 0) follow(transitions, to);
  }
  for (const { active } of states) for (const id of active) into.states.set(id, 1);
  return into;
}
