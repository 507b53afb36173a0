/** Everything needed to try mutants of one chart: its mutants, and who is to find them out. */
import type { AnyStateMachine } from 'xstate';
import {
  type Exploration,
  explore,
  guardOutcomes,
  type PathModel,
  transitionCover,
  transitionPairCover,
} from '../paths/index.js';
import { Stepper } from '../paths/stepper.js';
import { watched } from './fields.js';
import type { Killer } from './killer.js';
import type { Mutant, Plan } from './mutant.js';
import { mutantsOf } from './mutants.js';
import type { Oracle } from './observe.js';
import { differenceOnPaths, treeOf } from './path-killer.js';
import type { Promises } from './properties/promise.js';
import { violationOf } from './property-killer.js';
import { randomOf, walk } from './walk.js';

export interface BenchOptions {
  /** Of every walk; printed with the report. */
  readonly seed: number;
  /** Random walks for the properties, and the steps of each. */
  readonly walks: number;
  readonly steps: number;
  /** States that are explored for the paths; default: what the model says. */
  readonly maxStates?: number;
}

/** Walks that show which fields a chart makes. */
const WATCHED = { walks: 300, steps: 40 } as const;

export function mutantsOfModel(
  { machine, options }: PathModel,
  plans: readonly Plan[],
  seed: number,
): readonly Mutant[] {
  const { machine: copy, seen } = watched(machine);
  const stepper = new Stepper(copy);
  for (let number = 0; number < WATCHED.walks; number++) {
    const run = walk(stepper, options, { random: randomOf(seed + number), steps: WATCHED.steps });
    while (!run.next().done);
  }
  return mutantsOf(machine, { fields: seen, plans });
}

/** The suites of a chart, each as it is run on mutants. Suites are made once, from the original. */
export function pathKillers(model: PathModel, maxStates?: number): readonly Killer[] {
  const options = { ...model.options, ...(maxStates === undefined ? {} : { maxStates }) };
  const exploration = explore(model.machine, options);
  const killer = (name: string, cover: (given: Exploration) => Suite, oracle: Oracle): Killer => {
    const tree = treeOf(cover(exploration).paths, oracle);
    return {
      name,
      family: 'paths',
      kills: async (_, mutant) => differenceOnPaths(mutant, tree),
    };
  };
  return [
    killer('transition', transitionCover, 'behaviour'),
    killer('guards', guardOutcomes, 'behaviour'),
    killer('pairs', transitionPairCover, 'behaviour'),
    killer('guards and context', guardOutcomes, 'everything'),
    killer('pairs and context', transitionPairCover, 'everything'),
  ];
}

type Suite = ReturnType<typeof transitionCover>;

export function propertyKiller(model: PathModel, promises: Promises, options: BenchOptions): Killer {
  return {
    name: 'chart properties',
    family: 'properties',
    kills: async (_, mutant: AnyStateMachine) => {
      const found = violationOf(mutant, model.options, promises, options);
      if (found === null) return null;
      return `${found.property}: ${found.what} (walk ${found.walk}, step ${found.step})`;
    },
  };
}
