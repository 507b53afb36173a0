/** What an exploration has found: the states of a machine and the steps between them. */
import type { EventObject } from 'xstate';
import type { Chart, GuardObservation } from './chart.js';
import type { Effect } from './effect.js';

export interface StateFound {
  readonly index: number;
  /** Active leaf states, e.g. `asking.looking`. */
  readonly control: string;
  /** Ids of all active state nodes. */
  readonly active: readonly string[];
  readonly value: unknown;
  readonly context: unknown;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly output: unknown;
  /** Ids of children that are running. */
  readonly children: readonly string[];
  /** Ids of timers that are running. */
  readonly timers: readonly string[];
  /** Steps from a start, the fewest there are. */
  readonly depth: number;
  /** The first edge that led here, −1 for a start. */
  readonly via: number;
  /** Edges that leave, in the order they were tried. */
  readonly out: readonly number[];
}

export interface Edge {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly event: EventObject;
  /** Id of the timer that fires. */
  readonly timer: string | undefined;
  /** Indices into `chart.transitions`; empty: the event was ignored. */
  readonly transitions: readonly number[];
  /** Indices into `observations`. */
  readonly guards: readonly number[];
  readonly effects: readonly Effect[];
}

/** Where runs begin: one for each input. */
export interface Start {
  readonly name: string;
  readonly input: unknown;
  readonly node: number;
  readonly transitions: readonly number[];
  readonly guards: readonly number[];
  readonly effects: readonly Effect[];
}

/** How far an exploration went. */
export interface Bounds {
  readonly maxStates: number;
  readonly maxDepth: number;
  /** Which bound was met; null: everything reachable with these events was found. */
  readonly reached: 'maxStates' | 'maxDepth' | null;
  /** Steps that lead beyond the bound. */
  readonly cutSteps: number;
  /** States whose steps were not tried. */
  readonly unexpanded: number;
  /** A field that grew along the way to the bound, if one did. */
  readonly suspect: string | null;
}

export interface Exploration {
  readonly machine: string;
  readonly chart: Chart;
  readonly starts: readonly Start[];
  readonly states: readonly StateFound[];
  readonly edges: readonly Edge[];
  readonly observations: readonly GuardObservation[];
  readonly bounds: Bounds;
  readonly elapsedMs: number;
}

/** `2,340 states, 15,110 steps; complete`: how far it went, in words. Never silent about a bound. */
export function boundsInWords({ states, edges, bounds }: Exploration): string {
  const found = `${states.length.toLocaleString('en')} states, ${edges.length.toLocaleString('en')} steps`;
  if (bounds.reached === null) return `${found}; complete for these inputs and events`;
  const limit =
    bounds.reached === 'maxStates' ? `maxStates ${bounds.maxStates}` : `maxDepth ${bounds.maxDepth}`;
  const suspect = bounds.suspect === null ? '' : `; ${bounds.suspect} grew all the way`;
  return `${found}; bound reached: ${limit}, ${bounds.cutSteps} steps cut, ${bounds.unexpanded} states not expanded${suspect}`;
}

/** The shortest way to a state, as edges from its start. */
export function wayTo(exploration: Exploration, state: number): number[] {
  const way: number[] = [];
  for (let at = exploration.states[state]; at !== undefined && at.via >= 0; ) {
    way.push(at.via);
    at = exploration.states[exploration.edges[at.via]!.from];
  }
  return way.reverse();
}

/** The start a way begins at; `state` is where it leads when it has no edges. */
export function startOf(exploration: Exploration, way: readonly number[], state = 0): Start {
  const first = way[0];
  const node = first === undefined ? state : exploration.edges[first]!.from;
  return exploration.starts.find((start) => start.node === node) ?? exploration.starts[0]!;
}
