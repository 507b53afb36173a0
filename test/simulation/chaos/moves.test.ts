/** Partitions move while everything else goes wrong (SPEC S-MOVE-1). More: `bridle simulate --faults all,move`. */
import { describe, expect, it } from 'vitest';
import { drawPlan } from '../../../runtime/simulation/chaos/draw-plan.js';
import { faultsOf } from '../../../runtime/simulation/chaos/fault-kinds.js';
import { runPlan } from '../../../runtime/simulation/chaos/run.js';

describe('moves in a simulated hour', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'given seed %i, then everything holds',
    async (seed) => {
      const run = await runPlan(drawPlan({ seed, hours: 1, faults: faultsOf('all,move') }));
      expect(run.violation).toBe(null);
      expect(run.faults.move?.struck).toBeGreaterThan(0);
    },
    60_000,
  );

  it('given a seed, when moves are asked for too, then what else is planned stays what it was', () => {
    const seed = 11;
    const without = drawPlan({ seed, hours: 2, faults: faultsOf('loss,operator') });
    const withMoves = drawPlan({ seed, hours: 2, faults: faultsOf('loss,operator,move') });
    const plain = ({ events }: typeof without) =>
      events.filter(({ trouble }) => trouble.kind !== 'move').map(({ atMs, trouble }) => ({ atMs, trouble }));
    expect(plain(withMoves)).toEqual(plain(without));
    expect(withMoves.bursts).toEqual(without.bursts);
    expect(withMoves.events.length).toBeGreaterThan(without.events.length);
  });
});
