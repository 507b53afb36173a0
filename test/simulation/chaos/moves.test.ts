/** Partitions move while everything else goes wrong (SPEC S-MOVE-1). More: `bridle simulate --faults move,crash`. */
import { describe, expect, it } from 'vitest';
import { drawPlan } from '../../../runtime/simulation/chaos/draw-plan.js';
import { faultsOf } from '../../../runtime/simulation/chaos/fault-kinds.js';
import { NEW_NODE, OLD_NODE } from '../../../runtime/simulation/chaos/plan.js';
import { runPlan } from '../../../runtime/simulation/chaos/run.js';

const planOf = (seed: number, faults: string) => drawPlan({ seed, hours: 1, faults: faultsOf(faults) });

/** The first seeds of all faults in which partitions move; the quick profile has more of them. */
const MOVING = Array.from({ length: 40 }, (_, i) => i + 1)
  .filter((seed) => planOf(seed, 'all').events.some(({ trouble }) => trouble.kind === 'move'))
  .slice(0, 4);

describe('moves in a simulated hour', () => {
  it.each(MOVING)(
    'given seed %i, then everything holds',
    async (seed) => {
      const run = await runPlan(planOf(seed, 'all'));
      expect(run.violation).toBe(null);
      expect(run.faults.move?.planned).toBeGreaterThan(0);
    },
    60_000,
  );

  it('given those seeds, then both nodes of a move end in some, each by its role', () => {
    const ends = MOVING.flatMap((seed) => planOf(seed, 'all').events).flatMap(({ trouble }) =>
      'server' in trouble ? trouble.server : [],
    );
    expect(ends).toContain(OLD_NODE);
    expect(ends).toContain(NEW_NODE);
  });

  it('given nothing but moves, then partitions move, and everything holds', async () => {
    const run = await runPlan(planOf(3, 'move'));
    expect(run.violation).toBe(null);
    expect(run.faults.move?.struck).toBeGreaterThan(0);
  });

  it('given a seed, when moves are asked for too, then what else is planned stays what it was', () => {
    const seeds = [11, 12, 13, 14, 15, 16];
    const plain = ({ events }: ReturnType<typeof drawPlan>) =>
      events.filter(({ trouble }) => trouble.kind !== 'move').map(({ atMs, trouble }) => ({ atMs, trouble }));
    let moving = 0;
    for (const seed of seeds) {
      const without = planOf(seed, 'loss,operator');
      const withMoves = planOf(seed, 'loss,operator,move');
      expect(plain(withMoves)).toEqual(plain(without));
      expect(withMoves.bursts).toEqual(without.bursts);
      moving += withMoves.events.length > without.events.length ? 1 : 0;
    }
    expect(moving).toBeGreaterThan(0);
  });
});
