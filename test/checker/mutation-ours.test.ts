/**
 * Mutants of the charts that ship: promises hold for the originals, and a sample of mutants is killed. All
 * of them: `npm run check:mutation`.
 */
import { describe, expect, it } from 'vitest';
import { FULL, runOurs } from '../../runtime/checker/mutation/ours/run.js';
import { OUR_PROMISES } from '../../runtime/checker/mutation/properties/index.js';
import { violationOf } from '../../runtime/checker/mutation/property-killer.js';
import { complaintsOf } from '../../runtime/checker/mutation/survivors.js';
import { OUR_MODELS } from '../../runtime/testing.js';

/** Three charts, fewer walks and mutants than the script has; the seed is the same in every run. */
const CHARTS = ['followerTable', 'partitionDuplicator', 'watchdog'];
const QUICK = { ...FULL, walks: 150, maxPairs: 500, sample: 6, charts: CHARTS };

describe('the charts as they are', () => {
  it.each(Object.entries(OUR_MODELS))(
    `given %s, seed ${FULL.seed}, then it keeps its promises`,
    (name, model) => {
      expect(violationOf(model.machine, model.options, OUR_PROMISES[name]!, { ...FULL, walks: 50 })).toBe(
        null,
      );
    },
  );
});

describe('mutants of the charts', () => {
  it(`given a sample, seed ${QUICK.seed}, then each is killed, equivalent, or survives for a reason`, async () => {
    const verdicts = await runOurs(QUICK);
    const unexplained = complaintsOf(verdicts, false).filter((words) => words.startsWith('survives'));
    expect(unexplained).toEqual([]);
    expect(verdicts).toHaveLength(QUICK.sample * CHARTS.length);
  }, 240_000);
});
