/** What upstream's models are built from, where a model alone would not show a slip: fixes, orders, tables. */
import { describe, expect, it } from 'vitest';
import { LEGAL_SUCCESSORS } from '../../machines/vocabulary.js';
import { minConfirmed } from '../upstream/charts/logCollector.js';
import { type MetaDuplicationEvent, metaDuplication } from '../upstream/charts/metaDuplication.js';
import { cut } from '../upstream/charts/shipper.js';
import { fixesOf, without } from '../upstream/fixes.js';
import { ChartHost } from '../upstream/host.js';

const BEFORE = fixesOf('before');
const AFTER = fixesOf('after');

describe('versions', () => {
  it('given the two versions, when compared, then after has the fix of #2146 and all that came since', () => {
    expect([...AFTER].filter((name) => !BEFORE.has(name))).toEqual(['#2144', '#2101', '#2373']);
    expect([...BEFORE].every((name) => AFTER.has(name))).toBe(true);
  });

  it('given what was never merged, when a version is asked for, then it is in none', () => {
    expect(AFTER.has('#2066') || AFTER.has('#2408') || AFTER.has('owner compared')).toBe(false);
  });
});

describe('alter_status', () => {
  const host = new ChartHost<
    object,
    MetaDuplicationEvent,
    { answer: { error: string }; writeRecord: { status: string } },
    { status: string; failMode: string; partitions: number }
  >(metaDuplication(AFTER));
  const alter = (from: keyof typeof LEGAL_SUCCESSORS, to: keyof typeof LEGAL_SUCCESSORS) => {
    const { chart } = host.start({ status: from, failMode: 'FAIL_SLOW', partitions: 1 });
    return host.take(chart, { type: 'ALTER', to, failMode: 'FAIL_SLOW', by: 'modify' });
  };
  const living = ['DS_INIT', 'DS_PREPARE', 'DS_APP', 'DS_LOG', 'DS_PAUSE'] as const;
  const pairs = living.flatMap((from) => [...living, 'DS_REMOVED' as const].map((to) => ({ from, to })));

  it.each(pairs)('given $from, when $to is asked for, then the table decides', ({ from, to }) => {
    const { effects } = alter(from, to);
    const legal = LEGAL_SUCCESSORS[from].includes(to);
    const expected = legal
      ? { name: 'writeRecord', params: { status: to } }
      : { name: 'answer', params: { error: from === to ? 'ERR_OK' : 'ERR_INVALID_PARAMETERS' } };
    expect(effects).toMatchObject([expected]);
  });

  it('given an alteration under way, when another is asked for, then it is refused as busy, legal or not', () => {
    const { chart } = alter('DS_LOG', 'DS_PAUSE');
    for (const to of ['DS_REMOVED', 'DS_APP'] as const) {
      const { effects } = host.take(chart, { type: 'ALTER', to, failMode: 'FAIL_SLOW', by: 'modify' });
      expect(effects).toMatchObject([{ name: 'answer', params: { error: 'ERR_BUSY' } }]);
    }
  });
});

describe('what a load is cut into', () => {
  const put = (decree: number, bytes: number) => ({ decree, bytes, kind: 'put', key: 'k' }) as const;
  const limits = { batchBytes: 4_096, maxWriteBytes: 1_048_576 };
  const decrees = (...args: Parameters<typeof cut>) =>
    cut(...args).map(({ mutations }) => mutations.map(({ decree }) => decree));

  it('given small mutations, when cut, then a batch ends where it has the bytes for it', () => {
    const load = [put(1, 4_000), put(2, 200), put(3, 200)];
    expect(decrees(load, limits, AFTER)).toEqual([[1, 2], [3]]);
  });

  it('given limits of zero, when cut, then each mutation travels alone', () => {
    expect(decrees([put(1, 1), put(2, 1)], { ...limits, batchBytes: 0 }, AFTER)).toEqual([[1], [2]]);
  });

  it('given one that is passed over within the load, when cut, then the others stay together', () => {
    const load = [put(1, 1), { ...put(2, 1), kind: 'duplicate' as const }, put(3, 1)];
    expect(decrees(load, limits, AFTER)).toEqual([[1, 3]]);
  });
});

describe('the smallest confirmed decree', () => {
  it.each([
    [[], -1],
    [[3], 3],
    [[5, 2], 2],
    [[5, -1], -1],
    [[-1, 5], 5],
  ])('given %j, when folded, then it is %i', (confirmed, min) => {
    expect(minConfirmed(confirmed, without(AFTER))).toBe(min);
  });
});
