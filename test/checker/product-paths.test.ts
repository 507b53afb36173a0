/** Paths that take every step of every process, each a real run of the product. */
import { describe, expect, it } from 'vitest';
import { type ProductPath, productPaths } from '../../runtime/checker/product/index.js';
import { handshake, mutualExclusion, tokenRing } from './product-models.js';

const MODELS = [
  handshake({ loss: 1, duplication: 1, reorder: true }),
  mutualExclusion(false),
  tokenRing(3, 1),
];

/** What the steps of a path show of the transitions they take. */
const shown = ({ steps }: ProductPath): string[] =>
  steps.slice(1).flatMap((step, at) => {
    if (step.process === 'network') return [];
    const cause = step.what === 'move' ? step.label : `receive ${step.label}`;
    return [[step.process, cause, steps[at]!.after[step.process], step.after[step.process]].join()];
  });

describe('paths through a product', () => {
  it.each(MODELS)(
    'take every transition, and each path takes one that no other before does: $name',
    async (model) => {
      const { paths, transitions, bound } = await productPaths(model, { cover: 'transition' });
      expect(bound).toBeNull();
      const wanted = transitions.map((transition) => Object.values(transition).join());
      expect(new Set(paths.flatMap(shown))).toEqual(new Set(wanted));
      expect(paths.flatMap(({ covers }) => covers)).toHaveLength(transitions.length);
      for (const path of paths) expect(path.covers.length).toBeGreaterThan(0);
    },
  );

  it('a ring of three is one lap, and one crash for each node', async () => {
    const { paths, transitions } = await productPaths(tokenRing(3, 1), { cover: 'transition' });
    expect(transitions).toHaveLength(3 * 3);
    expect(paths.map(({ steps }) => steps.at(-1)!.label)).toEqual(['token', 'crash', 'crash', 'crash']);
  });

  it('a bound is told', async () => {
    const { bound, states } = await productPaths(mutualExclusion(false), {
      cover: 'transition',
      maxStates: 4,
    });
    expect({ bound, states }).toEqual({ bound: 'states', states: 4 });
  });
});
