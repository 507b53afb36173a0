/** Random walks: the same seed walks the same way, in every run and on every machine. */
import type { EventObject } from 'xstate';
import { seededRandom } from '../../../simulation/random.js';
import type { Exploration } from '../exploration.js';
import { makePath } from '../path.js';
import type { Suite } from '../suite.js';

export interface WalkOptions {
  /** Whole number; printed with a failure, so that it can be walked again. Default 1. */
  readonly seed?: number;
  /** Number of walks; default 10. */
  readonly count?: number;
  /** Steps of a walk; it ends earlier where the machine does. Default 20. */
  readonly length?: number;
  /** How often an event is chosen against the others, by type or by function; 1 unless told, 0 is never. */
  readonly weights?: Readonly<Record<string, number>> | ((event: EventObject) => number);
  /** Whether events that are ignored may be chosen; default false. */
  readonly ignored?: boolean;
}

export function randomWalks(exploration: Exploration, options: WalkOptions = {}): Suite {
  const { seed = 1, count = 10, length = 20, weights = {}, ignored = false } = options;
  const { starts, states, edges, machine } = exploration;
  const weigh =
    typeof weights === 'function' ? weights : (event: EventObject): number => weights[event.type] ?? 1;
  const next = seededRandom(seed);
  const paths = Array.from({ length: starts.length === 0 ? 0 : count }, () => {
    const start = starts[Math.floor(next() * starts.length)]!;
    const way: number[] = [];
    let at = start.node;
    while (way.length < length) {
      const choices = states[at]!.out.filter((edge) => ignored || edges[edge]!.transitions.length > 0);
      const chosen = choose(
        choices,
        choices.map((edge) => Math.max(0, weigh(edges[edge]!.event))),
        next(),
      );
      if (chosen === undefined) break;
      way.push(chosen);
      at = edges[chosen]!.to;
    }
    return makePath(exploration, way, [`walk of seed ${seed}`], start.node);
  });
  return {
    criterion: 'random',
    machine,
    paths,
    goals: { total: count, covered: paths.length },
    unmet: [],
    leftOut: 0,
  };
}

function choose(choices: readonly number[], weights: readonly number[], unit: number): number | undefined {
  let left = unit * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [at, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return choices[at];
  }
  return undefined;
}
