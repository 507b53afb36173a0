/**
 * The quick profile: two hundred seeds, each a storm of some minutes and the time to heal. The long one is
 * `npm run soak`; a seed that fails is shown with what it takes to see it again.
 */
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../../runtime/simulation/chaos/index.js';
import { PROPERTIES } from '../../../runtime/simulation/chaos/properties.js';
import { simulateSeeds } from '../../../runtime/simulation/chaos/seeds.js';
import type { Simulated } from '../../../runtime/simulation/chaos/simulate.js';
import { Summary } from '../../../runtime/simulation/chaos/summary.js';

const HOURS = 0.3;
const CHUNKS = 8;
const SEEDS_OF_CHUNK = 25;
const CHUNK_TIMEOUT_MS = 300_000;

const all = new Summary();

const failure = ({ replay, violation }: Simulated): string =>
  `${violation?.property}: ${violation?.seen}\n${replay}`;

describe('given faults, clients and an operator, all decided by a seed', () => {
  it.each(Array.from({ length: CHUNKS }, (_, i) => 1 + i * SEEDS_OF_CHUNK))(
    'when 25 seeds are run from %i on, then everything that is promised holds, and both sides end up equal',
    async (firstSeed) => {
      const failed: string[] = [];
      await simulateSeeds({
        ...{ firstSeed, seeds: SEEDS_OF_CHUNK, hours: HOURS },
        onRun: (run) => {
          all.add(run);
          if (run.verdict !== 'holds') failed.push(failure(run));
          return false;
        },
      });
      expect(failed).toEqual([]);
    },
    CHUNK_TIMEOUT_MS,
  );

  it('when all of them have run, then every property was put to the test, and every fault struck', () => {
    expect(all.seeds).toBe(CHUNKS * SEEDS_OF_CHUNK);
    expect(PROPERTIES.filter((name) => all.checked[name] === 0)).toEqual([]);
    expect(FAULT_KINDS.filter((kind) => (all.faults[kind]?.struck ?? 0) === 0)).toEqual([]);
    expect(all.acknowledged).toBeGreaterThan(1_000);
  });
});
