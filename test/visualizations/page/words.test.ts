import { describe, expect, it } from 'vitest';
import { shortText } from '../../../visualizations/inspector/page/difference/json-text.js';
import { clockText, sinceText, timeText } from '../../../visualizations/inspector/page/format.js';
import { backoffMs } from '../../../visualizations/inspector/page/transport/backoff.js';
import { syntheticRecording } from '../../support/recordings.js';

const { header } = syntheticRecording({ moments: 20 });

describe('times', () => {
  it.each([
    [840, '840 µs'],
    [1_500, '1.50 ms'],
    [123_400, '123.4 ms'],
    [12_345_678, '12.346 s'],
    [185_123_000, '3:05.123'],
    [3_723_000_000, '1:02:03'],
  ])('given %d microseconds, then it says %s', (us, text) => {
    expect(sinceText(us)).toBe(text);
  });

  it('given a counterexample, which knows no time, then it says the step', () => {
    expect(timeText({ ...header, source: 'counterexample' }, 12)).toBe('step 12');
    expect(clockText({ ...header, beganUs: null }, 12)).toBeNull();
  });
});

describe('values on one line', () => {
  it('given a value, then it is written shortly and never longer than asked for', () => {
    expect(shortText({ a: 1, b: [2, 'x'] })).toBe('{ a: 1, b: [2, x] }');
    const long = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key${at}`, at]));
    expect(shortText(long, 40)).toHaveLength(40);
  });
});

describe('waiting before connecting again', () => {
  it('given attempts, then it grows and has a bound', () => {
    expect([1, 2, 3, 4, 20, 60].map(backoffMs)).toEqual([250, 500, 1_000, 2_000, 10_000, 10_000]);
  });
});
