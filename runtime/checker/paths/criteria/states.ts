/** Paths to states: the shortest to each, and all that visit no state twice. */
import type { Exploration } from '../exploration.js';
import { makePath, type Path } from '../path.js';
import { fewPaths, type LimitOptions, type Suite, wayToState } from '../suite.js';

export interface ShortestOptions extends LimitOptions {
  /** Also paths that another path begins with; default true: one path to every state. */
  readonly prefixes?: boolean;
}

/** A shortest path to every state; a state is value, context, history, children and timers. */
export function shortestPaths(exploration: Exploration, options: ShortestOptions = {}): Suite {
  const { states, edges, machine } = exploration;
  const { prefixes = true, limit = Number.POSITIVE_INFINITY } = options;
  const name = (state: number): string => `#${state} ${states[state]!.control}`;
  if (!prefixes) {
    const goals = states.map(({ index }) => ({ id: name(index), way: wayToState(exploration, index) }));
    const onTheWay = (way: { readonly edges: readonly number[]; readonly start: number }) => [
      name(way.start),
      ...way.edges.map((edge) => name(edges[edge]!.to)),
    ];
    return fewPaths(exploration, 'shortest', goals, onTheWay, [], options);
  }
  const paths = states.slice(0, limit).map(({ index }) => {
    const way = wayToState(exploration, index);
    return makePath(exploration, way.edges, [name(index)], way.start);
  });
  return {
    criterion: 'shortest',
    machine,
    paths,
    goals: { total: states.length, covered: paths.length },
    unmet: [],
    leftOut: states.length - paths.length,
  };
}

export interface SimpleOptions extends LimitOptions {
  /** Steps of the longest path; default 8. */
  readonly maxLength?: number;
  /** Only paths that cannot go on; default false: every one, also the empty path. */
  readonly maximal?: boolean;
}

/**
 * Paths that visit no state twice. Their number grows like nothing else, so both bounds are always on:
 * 1,000 paths of 8 steps by default. Beyond `limit` nothing is counted: `leftOut` is then at least 1.
 */
export function simplePaths(exploration: Exploration, options: SimpleOptions = {}): Suite {
  const { limit = 1_000, maxLength = 8, maximal = false } = options;
  const { starts, states, edges, machine } = exploration;
  const paths: Path[] = [];
  let beyond = 0;
  const visited = new Set<number>();
  const walk = (at: number, way: readonly number[], start: number): void => {
    if (beyond > 0) return;
    visited.add(at);
    const onward =
      way.length >= maxLength ? [] : states[at]!.out.filter((edge) => !visited.has(edges[edge]!.to));
    if (!maximal || onward.length === 0) {
      if (paths.length >= limit) beyond = 1;
      else paths.push(makePath(exploration, way, [`#${at} ${states[at]!.control}`], start));
    }
    for (const edge of onward) walk(edges[edge]!.to, [...way, edge], start);
    visited.delete(at);
  };
  for (const start of starts) walk(start.node, [], start.node);
  return {
    criterion: 'simple',
    machine,
    paths,
    goals: { total: paths.length + beyond, covered: paths.length },
    unmet: [],
    leftOut: beyond,
  };
}
