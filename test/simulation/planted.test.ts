/** That the simulation finds defects, on a few of them; `npm run test:planted` looks for all. */
import { describe, expect, it } from 'vitest';
import { PLANTED_BUGS } from './planted/bugs.js';
import { hunt } from './planted/hunt.js';
import { planted, readPlanted } from './planted/planted-build.js';

const BUG = { name: 'x', file: 'x.js', find: 'await sync();', put: '' };

/** Found within the first few seeds. */
const SAMPLE = [
  'no fsync of the log',
  'a checkpoint is used before its name is durable',
  'the log is collected beyond the latest checkpoint',
];

describe('a planted defect', () => {
  it('given the text to replace is there once, then it is replaced; given none or two, then that is said', () => {
    expect(planted(BUG, 'write(); await sync(); done();')).toBe('write();  done();');
    expect(() => planted(BUG, 'write(); done();')).toThrow('0 times in dist/x.js');
    expect(() => planted(BUG, 'await sync(); await sync();')).toThrow('2 times in dist/x.js');
  });

  it('given the build as it is, then each defect can be planted, and there are twenty at least', async () => {
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(20);
    for (const bug of PLANTED_BUGS) expect(await readPlanted(bug)).not.toBe('');
  });

  it.each(SAMPLE)(
    'given “%s”, when simulated, then it is found',
    async (name) => {
      const bug = PLANTED_BUGS.find((each) => each.name === name);
      if (bug === undefined) throw new Error(`no defect ${name}`);
      const { found } = await hunt(bug, { seeds: 20, minimise: false });
      expect(found?.seed).toBeGreaterThan(0);
    },
    300_000,
  );
});
