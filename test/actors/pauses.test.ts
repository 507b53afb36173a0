import { describe, expect, it } from 'vitest';
import { type Clock, pauses } from '../../actors/clock.js';

/** A clock whose timers end when they are told to. */
function handClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    epochMs: () => 0,
    setTimeout: (wake) => {
      timers.add(wake);
      return wake;
    },
    clearTimeout: (timer) => void timers.delete(timer as () => void),
    defer: (wake) => wake(),
  };
  const ring = () => {
    for (const wake of [...timers]) {
      timers.delete(wake);
      wake();
    }
  };
  return { clock, timers, ring };
}

describe('pauses', () => {
  it('given one after the other, then each ends when its time is over', async () => {
    const { clock, ring } = handClock();
    const pause = pauses(clock, new AbortController().signal);
    for (let i = 0; i < 3; i++) {
      const waiting = pause(1_000);
      ring();
      await waiting;
    }
  });

  it('given an abort in the middle of the second, then it ends at once and leaves no timer behind', async () => {
    const { clock, timers, ring } = handClock();
    const stop = new AbortController();
    const pause = pauses(clock, stop.signal);
    const first = pause(1_000);
    ring();
    await first;
    const second = pause(1_000);
    expect(timers.size).toBe(1);
    stop.abort();
    await second;
    expect(timers.size).toBe(0);
  });

  it('given an abort before, then it sets no timer', async () => {
    const { clock, timers } = handClock();
    const pause = pauses(clock, AbortSignal.abort());
    await pause(1_000);
    expect(timers.size).toBe(0);
  });
});
