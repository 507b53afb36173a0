/** Walks through products: what they find is real, what they miss is called unknown. */
import { describe, expect, it } from 'vitest';
import { type CheckResult, check, checkByWalks, type Model } from '../../runtime/checker/product/index.js';
import { ASSUMPTION_SETS, duplicationModel } from '../../runtime/checker/product/ours/index.js';
import { grid, handshake, mutualExclusion, tokenRing } from './product-models.js';

const SEED = 11;

const violatedIn = ({ verdicts }: CheckResult): string[] =>
  verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);

/** Models whose defects are known, exhaustively. */
const MODELS: readonly (readonly [what: string, model: Model])[] = [
  ['a handshake that loses twice', handshake({ loss: 2, duplication: 1 })],
  ['a handshake that never asks again', handshake({ loss: 1, retries: false })],
  ['mutual exclusion without a lock', mutualExclusion(false)],
  ['mutual exclusion', mutualExclusion(true)],
  ['a ring without crashes', tokenRing(4, 0)],
  ['a ring that loses its token', tokenRing(4, 2)],
  ['counters', grid(3, 4)],
];

describe(`walks of seed ${SEED}`, () => {
  it.each(MODELS)('given %s, then they find broken what exploring finds broken', async (_, model) => {
    const explored = await check(model, { budgets: false });
    const walked = await checkByWalks(model, { count: 300, seed: SEED, stepsLimit: 60 });
    const endless = explored.verdicts
      .filter(({ counterexample }) => (counterexample?.loop?.length ?? 0) > 0)
      .map(({ property }) => property);
    // A run that goes round for ever is not seen to its end: such a way is counted as unsettled.
    expect(violatedIn(walked)).toEqual(violatedIn(explored).filter((name) => !endless.includes(name)));
    expect(walked.states).toBeLessThanOrEqual(explored.states);
    expect(walked.bound).toBe('walks');
    for (const { verdict } of walked.verdicts) expect(['unknown', 'violated']).toContain(verdict);
  });

  it('given the same seed, then the same ways; another one, then others', async () => {
    const model = handshake({ loss: 2, duplication: 2, reorder: true });
    const walk = async (seed: number) => {
      const { states, transitions, verdicts } = await checkByWalks(model, { count: 50, seed });
      return { states, transitions, verdicts };
    };
    const first = await walk(SEED);
    expect(await walk(SEED)).toEqual(first);
    expect(await walk(SEED + 1)).not.toEqual(first);
  });

  it('given a violation, then the way to it is free of rounds', async () => {
    const result = await checkByWalks(tokenRing(4, 2), { count: 300, seed: SEED });
    const [broken] = result.verdicts.filter(({ verdict }) => verdict === 'violated');
    const states = broken!.counterexample!.steps.map(({ after, inFlight }) =>
      JSON.stringify([after, inFlight]),
    );
    expect(states.length).toBeGreaterThan(1);
    expect(new Set(states).size).toBe(states.length);
  });

  it('given nothing found, then it is called unknown, with how much was walked', async () => {
    const result = await checkByWalks(tokenRing(4, 0), { count: 20, seed: SEED });
    expect(result.walks).toMatchObject({ count: 20, seed: SEED });
    expect(result.verdicts.every(({ verdict }) => verdict === 'unknown')).toBe(true);
  });

  it('given every fault and every request in two partitions, then our charts keep what they promise', async () => {
    const model = duplicationModel({ name: 'everything', ...ASSUMPTION_SETS.everything });
    const result = await checkByWalks(model, { count: 25, seed: SEED });
    expect(violatedIn(result)).toEqual([]);
    expect(result.walks).toMatchObject({ count: 25, unsettled: 0 });
  });
});
