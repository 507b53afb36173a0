/** Clusters that do something else than the model are found out, and the path that finds them is shown. */
import { beforeAll, describe, expect, it } from 'vitest';
import { table } from '../../machines/index.js';
import { type ProductPath, productPaths } from '../../runtime/checker/product/index.js';
import { DEFAULTS, duplicationModel } from '../../runtime/checker/product/ours/index.js';
import { drive } from './drive.js';
import { ProductDriver } from './product-driver.js';

const OPTIONS = { ...DEFAULTS, gc: false, operator: { ...DEFAULTS.operator, remove: 1 } };
const MAX_STATES = 30_000;

const model = duplicationModel(OPTIONS);
let paths: readonly ProductPath[] = [];

beforeAll(async () => {
  ({ paths } = await productPaths(model, { cover: 'transition', maxStates: MAX_STATES }));
}, 60_000);

/** What becomes of the first path on which the follower's meta server gets here. */
async function drivePast(place: string, start: () => Promise<ProductDriver>): Promise<string> {
  const path = paths.find(({ steps }) => steps.some(({ after }) => after.followerMeta?.startsWith(place)));
  if (path === undefined) throw new Error(`no path leads to ${place}`);
  return drive(OPTIONS, model, path, start).then(
    () => 'agrees',
    (error: Error) => error.message,
  );
}

const MARK = 'AS_AVAILABLE.marking.writing';
const REMOVAL = 'AS_DROPPING.writing';

describe('paths on clusters with a defect', () => {
  it('given clusters as they are, then both agree', async () => {
    for (const place of [MARK, REMOVAL]) {
      expect(await drivePast(place, () => ProductDriver.start(OPTIONS))).toBe('agrees');
    }
  });

  it('given a follower that does not write the mark, then the path shows it, with a line to run it again', async () => {
    const forgetful = table.provide({ guards: { marks: () => false } });
    const said = await drivePast(MARK, () => ProductDriver.start(OPTIONS, forgetful));
    expect(said).toContain('commit table/* at west/meta; there is');
    expect(said).toMatch(/given one partition.*\n when (.*\n)+ then\n/);
    expect(said).toMatch(/replay: BRIDLE_PATH=[0-9a-f]{10} /);
  });

  it('given a follower that refuses its owner’s drop, then the path shows it', async () => {
    const stubborn = table.provide({ guards: { otherOwner: () => true } });
    const said = await drivePast(REMOVAL, () => ProductDriver.start(OPTIONS, stubborn));
    expect(said).toContain('commit table/* at west/meta; there is');
  });

  it('given a source disk that says done and writes nothing, then the path shows it', async () => {
    const said = await drivePast(MARK, async () => {
      const driver = await ProductDriver.start(OPTIONS);
      const { entries } = driver.stepped.clusters.world.disk.imageOf('/east/meta');
      entries.set = () => entries;
      return driver;
    });
    expect(said).toContain('durable status: the model says "DS_PREPARE", the clusters null');
  });
});
