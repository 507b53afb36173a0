/** Paths over transitions: each one, and each pair of neighbours. */
import type { Exploration } from '../exploration.js';
import { fewPaths, type Goal, type LimitOptions, type Suite, type Way, wayOver } from '../suite.js';

/** Which transitions a run takes, step by step; the start's own come first. */
export function* transitionsOf(exploration: Exploration, way: Way): Generator<readonly number[]> {
  const start = exploration.starts.find(({ node }) => node === way.start);
  yield start?.transitions ?? [];
  for (const edge of way.edges) yield exploration.edges[edge]!.transitions;
}

/** Every reachable transition, each at the end of a shortest path or on the way of another. */
export function transitionCover(exploration: Exploration, options: LimitOptions = {}): Suite {
  const { chart, edges, starts } = exploration;
  const name = (number: number): string => chart.transitions[number]!.id;
  const goals = new Map<number, Goal>();
  const add = (number: number, way: () => Way): void => {
    if (!goals.has(number)) goals.set(number, { id: name(number), way: way() });
  };
  for (const { transitions, node } of starts) {
    for (const number of transitions) add(number, () => ({ edges: [], start: node }));
  }
  // Edges are in breadth-first order: the first with a transition has the shortest path to it.
  for (const { index, transitions } of edges) {
    for (const number of transitions) add(number, () => wayOver(exploration, index));
  }
  const unmet = chart.transitions.flatMap(({ id }, number) => (goals.has(number) ? [] : [id]));
  const onTheWay = (way: Way): string[] => [...transitionsOf(exploration, way)].flat().map(name);
  return fewPaths(exploration, 'transition', [...goals.values()], onTheWay, unmet, options);
}

/**
 * The pairs of a run: transitions that follow each other within a step, and each transition of a step
 * with each of the step before. A step that ignores its event separates nothing: it is not looked at.
 */
export function* pairsOf(steps: Iterable<readonly number[]>): Generator<readonly [number, number]> {
  let before: readonly number[] = [];
  for (const taken of steps) {
    if (taken.length === 0) continue;
    for (const second of taken) for (const first of before) yield [first, second];
    for (let at = 1; at < taken.length; at++) yield [taken[at - 1]!, taken[at]!];
    before = taken;
  }
}

/** Every pair of transitions that can follow each other. The stronger cover, and the longer suite. */
export function transitionPairCover(exploration: Exploration, options: LimitOptions = {}): Suite {
  const { chart, edges, states, starts } = exploration;
  const name = ([first, second]: readonly [number, number]): string =>
    `${chart.transitions[first]!.id} → ${chart.transitions[second]!.id}`;
  const goals = new Map<string, Goal>();
  const add = (pair: readonly [number, number], way: () => Way): void => {
    const id = name(pair);
    if (!goals.has(id)) goals.set(id, { id, way: way() });
  };
  const met = new Set<string>();
  const follow = (before: readonly number[], at: number, over: (edge: number) => Way): void => {
    // The same transitions into the same state have the same pairs ahead, and the first way is shortest.
    const key = `${before.join()}>${at}`;
    if (met.has(key)) return;
    met.add(key);
    for (const edge of states[at]!.out) {
      for (const pair of pairsOf([before, edges[edge]!.transitions])) add(pair, () => over(edge));
    }
  };
  for (const { transitions, node } of starts) {
    for (const pair of pairsOf([transitions])) add(pair, () => ({ edges: [], start: node }));
    follow(transitions, node, (edge) => ({ edges: [edge], start: node }));
  }
  for (const { index, transitions, to } of edges) {
    if (transitions.length > 0) follow(transitions, to, (edge) => wayOver(exploration, index, edge));
  }
  const onTheWay = (way: Way): string[] => [...pairsOf(transitionsOf(exploration, way))].map(name);
  return fewPaths(exploration, 'pairs', [...goals.values()], onTheWay, [], options);
}
