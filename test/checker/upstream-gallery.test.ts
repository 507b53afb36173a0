/** Every known defect of upstream is found by the checker in the version that has it, and gone with its repair. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CheckResult, check, type Model } from '../../runtime/checker/product/index.js';
import { lengthOf } from '../../runtime/checker/product/render/index.js';
import { type Explored, renderGallery, withoutTimes } from '../upstream/gallery/render.js';
import { DEFECTS, defective, GALLERY, repaired, upstreamModels } from '../upstream/index.js';

const MAX_STATES = 200_000;
const CASES = GALLERY.flatMap((entry) =>
  entry.versions.map((version) => ({ entry, version, name: entry.id })),
);
const explored: Explored[] = [];

/** Each model has one property. */
async function judged(model: Model): Promise<CheckResult & { verdict: CheckResult['verdicts'][number] }> {
  const result = await check(model, { maxStates: MAX_STATES });
  return { ...result, verdict: result.verdicts[0]! };
}

describe('upstream has the defect', () => {
  it.each(CASES)('given $version, when $name is looked for, then it is found', async ({ entry, version }) => {
    const { verdict, states, seconds, bound } = await judged(defective(entry, version));
    expect(verdict).toMatchObject({ property: entry.property, verdict: 'violated' });
    expect(bound).toBeNull();
    const steps = lengthOf(verdict.counterexample!);
    explored.push({ entry, version, steps, states, seconds });
  });
});

describe('the same model with the repair', () => {
  const repairable = CASES.filter(({ entry }) => entry.repair.length > 0);
  it.each(repairable)('given $version, when $name is repaired, then the property holds', async (given) => {
    const { verdict, bound } = await judged(repaired(given.entry, given.version));
    expect(verdict).toMatchObject({ verdict: 'holds', vacuous: false });
    expect(bound).toBeNull();
  });

  it('given a defect that nothing ends, when listed, then it is known as such', () => {
    expect(GALLERY.filter(({ repair }) => repair.length === 0).map(({ id }) => id)).toEqual(['N6']);
  });
});

describe('the gallery', () => {
  it('given the models of a version, when named, then every defect of it has exactly one', () => {
    for (const version of ['before', 'after'] as const) {
      const names = upstreamModels(version).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      const defects = DEFECTS.filter(({ versions }) => versions.includes(version));
      expect(defects.map(({ model }) => model)).toEqual(names);
    }
  });

  it('given what was found, when rendered, then docs/gallery.md says so (UPDATE_DOCS=1 writes it)', () => {
    const file = new URL('../../docs/gallery.md', import.meta.url);
    const page = renderGallery(explored);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, page);
    expect(withoutTimes(readFileSync(file, 'utf8'))).toBe(withoutTimes(page));
  });
});
