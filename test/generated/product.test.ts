/**
 * Every path of the transition covers of the duplication product, driven on the real servers of two
 * clusters in one process. After each step the observed status, durable state, follower content and states
 * of the charts are the model's.
 *
 * The quick profile drives the first paths of each product; `npm run test:generated` drives them all.
 * `BRIDLE_PATH=ID` drives the path that a failure names.
 */
import { describe, expect, it } from 'vitest';
import { productPaths } from '../../runtime/checker/product/index.js';
import { duplicationModel } from '../../runtime/checker/product/ours/index.js';
import { drive, idOf } from './drive.js';
import { PRODUCTS } from './models.js';

const wanted = process.env.BRIDLE_PATH;
const isLong = process.env.BRIDLE_GENERATED === 'long' || wanted !== undefined;
/** States explored for the paths of one product. */
const MAX_STATES = isLong ? 200_000 : 3_000;
const MAX_PATHS = isLong ? Number.POSITIVE_INFINITY : 8;
const TIMEOUT_MS = isLong ? 900_000 : 60_000;
/** Of the paths that are driven, those that may end before their last step. */
const EARLY_SHARE = 0.1;

describe('the clusters do what the product of their charts does', () => {
  it.each(PRODUCTS.map((options) => [options.name, options] as const))(
    'given %s, then after every step of every path both agree',
    async (name, options) => {
      const model = duplicationModel(options);
      const { paths, transitions } = await productPaths(model, {
        cover: 'transition',
        maxStates: MAX_STATES,
      });
      const chosen = paths
        .filter((path) => wanted === undefined || idOf(path) === wanted)
        .slice(0, MAX_PATHS);
      const early = new Map<string, number>();
      let steps = 0;
      for (const path of chosen) {
        const driven = await drive(options, model, path);
        steps += driven.steps;
        if (driven.endsEarly !== null) early.set(driven.endsEarly, (early.get(driven.endsEarly) ?? 0) + 1);
      }
      const reasons = [...early].map(([why, count]) => `\n  ${count} end early: ${why}`).join('');
      console.log(
        `${name}: ${chosen.length} of ${paths.length} paths for ${transitions.length} transitions, ${steps} steps${reasons}`,
      );
      const ended = [...early.values()].reduce((sum, count) => sum + count, 0);
      // Of the few paths of the quick profile one is more than its share.
      expect(ended).toBeLessThanOrEqual(Math.max(1, chosen.length * EARLY_SHARE));
    },
    TIMEOUT_MS,
  );
});
