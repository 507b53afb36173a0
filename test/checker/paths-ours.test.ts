/** The charts that ship: every path of their transition covers is run by a live XState actor. */
import { describe, expect, it } from 'vitest';
import {
  ActorDriver,
  coverageOf,
  describePaths,
  explore,
  OUR_MODELS,
  transitionCover,
} from '../../runtime/testing.js';

/** Transitions that no path can take, and why. Empty is the goal. */
const UNREACHABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  duplication: {
    'duplication.living.lifecycle.DS_INIT STATUS_PERSISTED[1]':
      'DS_INIT is entered once, with storage idle: no fail mode can be under way. The chart shares the transition with the two states that need it.',
  },
};

for (const [name, { machine, options }] of Object.entries(OUR_MODELS)) {
  const exploration = explore(machine, options);
  const suite = transitionCover(exploration);

  describe(name, () => {
    it('has no transition without a path but those with a reason', () => {
      expect([...suite.unmet].sort()).toEqual(Object.keys(UNREACHABLE[name] ?? {}).sort());
    });

    it('has every state and event in the suite', () => {
      const coverage = coverageOf(exploration, suite.paths);
      expect(coverage.states.notCovered.concat(coverage.states.unreachable)).toEqual([]);
      expect(coverage.events.notCovered.concat(coverage.events.unreachable)).toEqual([]);
    });
  });
  describePaths(`${name}, path by path`, suite.paths, (path) => new ActorDriver(machine, path), {
    describe,
    it,
  });
}
