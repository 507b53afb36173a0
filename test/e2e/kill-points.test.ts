/**
 * kill -9 in the middle of durable steps, and connections that break in the middle of a block, under load. The
 * whole matrix is `npm run test:kill-points`; here are the steps on which most depends.
 */
import { expect, test } from 'vitest';
import { type Strike, strikeInWords } from './strike/plan.js';
import { runScenario } from './strike/scenario.js';

const NO_STEP = { step: '', nth: 1, when: 'before' } as const;

const STRIKES: readonly Strike[] = [
  // Durable at the source's meta server, and nobody was told.
  { server: 'east meta', step: 'commit eduplication/N/X+revision', nth: 2, when: 'after' },
  // Installed at the follower's node, but for the last name.
  { server: 'west replica', step: 'rename N.N.installing/installed.json', nth: 1, when: 'before' },
  // Half of a batch of the log is there.
  { server: 'east replica', step: 'write log/log.N', nth: 40, when: 'during' },
  { server: 'east replica', ...NO_STEP, network: { kind: 'reset', largeBytes: 2_000, delayMs: 0 } },
];

test.each(STRIKES.map((strike) => [strikeInWords(strike), strike] as const))(
  'given writers that never stop, when %s, then every acknowledged write is on both sides, in order',
  async (_, strike) => {
    const { acknowledged, steps: __, ...outcome } = await runScenario(strike);
    expect(outcome).toEqual({ struck: true, lost: [], outOfOrder: [], unequal: 0 });
    expect(acknowledged).toBeGreaterThan(20);
  },
  240_000,
);
