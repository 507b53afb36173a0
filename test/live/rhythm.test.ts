/** How often a recording asks: with what happens, and everybody at the same moment. */
import { expect, test } from 'vitest';
import { Rhythm } from '../../runtime/live/recording/rhythm.js';

const POLL_MS = 200;

function rhythmAt(beganMs: number) {
  let nowMs = beganMs;
  const rhythm = new Rhythm(POLL_MS, () => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { rhythm, pass };
}

test('given little happens, then it asks at every period, and whoever comes late waits for the same moment', () => {
  const { rhythm, pass } = rhythmAt(10_000);
  rhythm.came(50);
  expect(rhythm.waitMs).toBe(POLL_MS);
  pass(130);
  expect(rhythm.waitMs).toBe(70);
});

test('given more than anybody follows, then it asks at a fifth of the rate, and often again when that is over', () => {
  const { rhythm, pass } = rhythmAt(10_000);
  rhythm.came(150);
  expect([rhythm.isBusy, rhythm.waitMs]).toEqual([true, 1_000]);
  pass(1_000);
  rhythm.came(20);
  expect(rhythm.isBusy, 'the second before was busy').toBe(true);
  pass(1_000);
  expect([rhythm.isBusy, rhythm.waitMs]).toEqual([false, POLL_MS]);
});

test('given nobody asked for long, then what came before counts by how long ago it was', () => {
  const { rhythm, pass } = rhythmAt(10_000);
  rhythm.came(150);
  pass(60_000);
  expect(rhythm.isBusy).toBe(false);
});
