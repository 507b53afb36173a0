/** The criteria by name, for whoever chooses one at run time. */
import { faultStateCover } from './criteria/faults.js';
import { guardOutcomes } from './criteria/guards.js';
import { randomWalks } from './criteria/random.js';
import { shortestPaths, simplePaths } from './criteria/states.js';
import { transitionCover, transitionPairCover } from './criteria/transitions.js';
import { PathsError } from './errors.js';
import type { Exploration } from './exploration.js';
import type { PathModel } from './model.js';
import type { Suite } from './suite.js';

export const COVERS = ['shortest', 'simple', 'transition', 'pairs', 'guards', 'random', 'faults'] as const;
export type Cover = (typeof COVERS)[number];

export interface CoverOptions {
  readonly limit?: number;
  /** Of random walks. */
  readonly seed?: number;
}

/** @throws PathsError USAGE for `faults` of a model that names none */
export function coverBy(
  cover: Cover,
  exploration: Exploration,
  model: Pick<PathModel, 'faults'>,
  { limit, seed }: CoverOptions = {},
): Suite {
  const limited = limit === undefined ? {} : { limit };
  switch (cover) {
    case 'shortest':
      return shortestPaths(exploration, limited);
    case 'simple':
      return simplePaths(exploration, limited);
    case 'transition':
      return transitionCover(exploration, limited);
    case 'pairs':
      return transitionPairCover(exploration, limited);
    case 'guards':
      return guardOutcomes(exploration, limited);
    case 'random':
      return randomWalks(exploration, {
        ...(limit === undefined ? {} : { count: limit }),
        ...(seed === undefined ? {} : { seed }),
      });
    case 'faults':
      if (model.faults !== undefined) return faultStateCover(exploration, model.faults, limited);
      throw new PathsError(
        'USAGE',
        'the model names no faults; export pathModel({ machine, options, faults })',
        {
          machine: exploration.machine,
        },
      );
  }
}
