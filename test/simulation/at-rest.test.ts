import { describe, expect, it } from 'vitest';
import { eachAtRest } from '../../runtime/simulation/at-rest.js';

/** Sets off promises and ticks that set off each other, several deep. */
function setOff(note: (what: string) => void, name: string): void {
  process.nextTick(() => {
    note(`${name} tick`);
    void Promise.resolve().then(() => {
      note(`${name} promise of the tick`);
      process.nextTick(() => note(`${name} last`));
    });
  });
  void Promise.resolve().then(() => note(`${name} promise`));
}

describe('steps at rest', () => {
  it('given steps that set off promises and ticks, then each step begins when all of those are over', async () => {
    const seen: string[] = [];
    let steps = 0;
    await eachAtRest(() => {
      steps += 1;
      if (steps > 200) return false;
      seen.push(`${steps} begins`);
      setOff((what) => void seen.push(what), `${steps}`);
      return true;
    });
    const expected = Array.from({ length: 200 }, (_, i) => [
      `${i + 1} begins`,
      `${i + 1} promise`,
      `${i + 1} tick`,
      `${i + 1} promise of the tick`,
      `${i + 1} last`,
    ]).flat();
    expect(seen).toEqual(expected);
  });

  it('given something begun before, then it is over before the first step', async () => {
    const seen: string[] = [];
    setOff((what) => void seen.push(what), 'before');
    await eachAtRest(() => {
      seen.push('step');
      return false;
    });
    expect(seen).toEqual([
      'before promise',
      'before tick',
      'before promise of the tick',
      'before last',
      'step',
    ]);
  });

  it('given a step that throws, then nothing follows, and whoever waits hears it', async () => {
    let steps = 0;
    const broken = eachAtRest(() => {
      steps += 1;
      if (steps === 5) throw new Error('the fifth');
      return true;
    });
    await expect(broken).rejects.toThrow('the fifth');
    await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toBe(5);
  });

  it('given a rejection that nobody hears, then it is told before the next step', async () => {
    const seen: string[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => void seen.push(`unheard: ${String(reason)}`));
    try {
      let steps = 0;
      await eachAtRest(() => {
        steps += 1;
        seen.push(`step ${steps}`);
        if (steps === 7) void Promise.reject('the seventh');
        return steps < 9;
      });
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of others) process.on('unhandledRejection', listener);
    }
    expect(seen.slice(6, 9)).toEqual(['step 7', 'unheard: the seventh', 'step 8']);
  });
});
