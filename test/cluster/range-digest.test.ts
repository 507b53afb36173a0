import { describe, expect, it } from 'vitest';
import { nextStep } from '../../runtime/client/verify/by-digests.js';
import { RangeDigester } from '../../runtime/cluster/rrdb/range-digest.js';

interface Given {
  readonly key: string;
  readonly value: Buffer;
  readonly expiry: number;
}

const rows = (count: number): Given[] =>
  Array.from({ length: count }, (_, at) => ({
    key: `row ${String(at).padStart(6, '0')}`,
    value: Buffer.from(`value ${at}`),
    expiry: at % 3,
  }));

function digest(given: readonly Given[], rowByRow = false) {
  const digester = new RangeDigester(rowByRow);
  for (const { key, value, expiry } of given) digester.add(Buffer.from(key), value, expiry);
  return digester.finish();
}

const shown = (given: readonly Given[]) =>
  digest(given).map(({ end, digest }) => `${end} ${digest.toString('hex')}`);

describe('digests of ranges', () => {
  it('cover every row once and end every few hundred rows', () => {
    const ranges = digest(rows(8_000));
    expect(ranges.reduce((sum, range) => sum + range.rows, 0)).toBe(8_000);
    expect(ranges.length).toBeGreaterThan(15);
    expect(ranges.length).toBeLessThan(70);
    expect(digest(rows(8_000), true).length).toBe(8_000);
  });

  it.each<[string, (given: Given[]) => void]>([
    [
      'another value',
      (given) => given.splice(3_000, 1, { ...(given[3_000] as Given), value: Buffer.from('x') }),
    ],
    [
      'an empty value',
      (given) => given.splice(3_000, 1, { ...(given[3_000] as Given), value: Buffer.alloc(0) }),
    ],
    ['another expiry', (given) => given.splice(3_000, 1, { ...(given[3_000] as Given), expiry: 77 })],
    ['a missing row', (given) => given.splice(3_000, 1)],
    ['an extra row', (given) => given.splice(3_000, 0, { ...(given[2_999] as Given), key: 'row 002999a' })],
  ])('differ for %s, and are the same again a little further on', (_, change) => {
    const changed = rows(8_000);
    change(changed);
    const before = shown(rows(8_000));
    const after = new Set(shown(changed));
    const gone = before.filter((range) => !after.has(range));
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.length).toBeLessThan(4);
  });

  it('do not take what is the end of a key for the beginning of a value', () => {
    const value = (text: string) => Buffer.from(text);
    const [a] = digest([{ key: 'ab', value: value('c'), expiry: 0 }], true);
    const [b] = digest([{ key: 'a', value: value('bc'), expiry: 0 }], true);
    expect(a?.digest.equals(b?.digest as Buffer)).toBe(false);
  });

  it('hold values that are larger than what is gathered', () => {
    const large = (byte: number) => Buffer.alloc(300_000, byte);
    const given = (byte: number) => digest([{ key: 'k', value: large(byte), expiry: 0 }]);
    expect(given(1)).toEqual(given(1));
    expect(given(1)).not.toEqual(given(2));
  });
});

describe('the next step of a comparison', () => {
  const range = (end: string, digest = 'same') => ({ end: Buffer.from(end), digest: Buffer.from(digest) });
  it.each([
    ['nothing left', [], [], 'ended'],
    ['the same', [range('a')], [range('a'), range('b')], { end: 'a', same: true, left: 1, right: 1 }],
    ['other rows', [range('a')], [range('a', 'other')], { end: 'a', same: false, left: 1, right: 1 }],
    [
      'a common end later',
      [range('b')],
      [range('a'), range('b')],
      { end: 'b', same: false, left: 1, right: 2 },
    ],
    ['no common end', [range('a'), range('c')], [range('b')], { end: 'b', same: false, left: 0, right: 0 }],
    ['the follower ends', [range('a'), range('b')], [], { end: 'b', same: false, left: 2, right: 0 }],
    ['the source ends', [], [range('a')], { end: 'a', same: false, left: 0, right: 1 }],
  ] as const)('with %s', (_, left, right, expected) => {
    const step = nextStep(left, right);
    expect(step === 'ended' ? step : { ...step, end: step.end.toString() }).toEqual(expected);
  });
});
