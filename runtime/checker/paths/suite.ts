/** A suite of paths that meets a criterion, and how few paths are found for it. */
import { type Exploration, wayTo } from './exploration.js';
import { makePath, type Path } from './path.js';

export interface Suite {
  readonly criterion: string;
  readonly machine: string;
  readonly paths: readonly Path[];
  /** What the criterion asks for within the exploration, and how much of it the paths cover. */
  readonly goals: { readonly total: number; readonly covered: number };
  /** Goals that no path can meet within the exploration, by name. */
  readonly unmet: readonly string[];
  /** Paths that were found and left out because of a limit. */
  readonly leftOut: number;
}

/** A run from a start: edges, and where it stands if there are none. */
export interface Way {
  readonly edges: readonly number[];
  readonly start: number;
}

/** Something to cover, and the shortest run that covers it. */
export interface Goal {
  readonly id: string;
  readonly way: Way;
}

export interface LimitOptions {
  /** At most so many paths; what is left out is counted. */
  readonly limit?: number;
}

/** The shortest run that ends with an edge. */
export function wayOver(exploration: Exploration, ...last: readonly number[]): Way {
  const edges = [...wayTo(exploration, exploration.edges[last[0]!]!.from), ...last];
  return { edges, start: exploration.edges[edges[0]!]!.from };
}

/** The shortest run to a state. */
export function wayToState(exploration: Exploration, state: number): Way {
  const edges = wayTo(exploration, state);
  return { edges, start: edges.length === 0 ? state : exploration.edges[edges[0]!]!.from };
}

/**
 * Few, short paths: of the shortest runs to each goal the longest are taken first, since they cover the
 * goals of their prefixes on the way; then every run is dropped whose goals the others cover.
 *
 * @param goals in the order they were found, each with its shortest run
 * @param onTheWay every goal that a run covers, in order, also those it was not made for
 */
export function fewPaths(
  exploration: Exploration,
  criterion: string,
  goals: readonly Goal[],
  onTheWay: (way: Way) => Iterable<string>,
  unmet: readonly string[],
  { limit = Number.POSITIVE_INFINITY }: LimitOptions = {},
): Suite {
  const wanted = new Set(goals.map(({ id }) => id));
  const open = new Set(wanted);
  const times = new Map<string, number>();
  const chosen: { readonly way: Way; readonly met: ReadonlySet<string> }[] = [];
  const longestFirst = goals
    .map((goal, at) => ({ ...goal, at }))
    .sort((a, b) => b.way.edges.length - a.way.edges.length || a.at - b.at);
  for (const { id, way } of longestFirst) {
    if (!open.has(id)) continue;
    const met = new Set<string>([id]);
    for (const other of onTheWay(way)) if (wanted.has(other)) met.add(other);
    for (const each of met) {
      open.delete(each);
      times.set(each, (times.get(each) ?? 0) + 1);
    }
    chosen.push({ way, met });
  }
  const needed = chosen.filter(({ met }) => {
    if ([...met].some((id) => times.get(id) === 1)) return true;
    for (const id of met) times.set(id, (times.get(id) ?? 0) - 1);
    return false;
  });
  needed.sort((a, b) => a.way.edges.length - b.way.edges.length);
  const seen = new Set<string>();
  const paths = needed.slice(0, limit).map(({ way, met }) => {
    const covers = [...met].filter((id) => !seen.has(id));
    for (const id of covers) seen.add(id);
    return makePath(exploration, way.edges, covers, way.start);
  });
  return {
    criterion,
    machine: exploration.machine,
    paths,
    goals: { total: wanted.size + unmet.length, covered: seen.size },
    unmet,
    leftOut: needed.length - paths.length,
  };
}
