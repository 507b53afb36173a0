import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from 'xstate';
import { RateLimiter } from '../../actors/rateLimiter.js';

/** Lets everything run that waits for promises only. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function given(bytesPerSecond: number, burstBytes?: number) {
  const clock = new SimulatedClock();
  const limiter = new RateLimiter({
    bytesPerSecond,
    clock,
    ...(burstBytes === undefined ? {} : { burstBytes }),
  });
  const granted: { name: string; atMs: number }[] = [];
  const take = (name: string, bytes: number, signal?: AbortSignal) =>
    limiter.take(bytes, signal).then(
      () => void granted.push({ name, atMs: clock.now() }),
      () => void granted.push({ name: `${name} left`, atMs: clock.now() }),
    );
  const pass = async (ms: number) => {
    await settle();
    for (let left = ms; left > 0; left--) {
      clock.increment(1);
      await settle();
    }
  };
  return { clock, limiter, granted, take, pass };
}

describe('a rate limiter', () => {
  it('lets everything pass when the rate is 0', async () => {
    const { limiter } = given(0);
    await Promise.all(Array.from({ length: 100 }, () => limiter.take(1e12)));
    expect(limiter.waiting).toBe(0);
  });

  it('grants a burst at once and the rest at its rate', async () => {
    // Given 1000 bytes/s with a burst of 100, when three times 100 are wanted
    const { granted, take, pass } = given(1000, 100);
    for (const name of ['a', 'b', 'c']) void take(name, 100);
    await pass(300);
    expect(granted).toEqual([
      { name: 'a', atMs: 0 },
      { name: 'b', atMs: 100 },
      { name: 'c', atMs: 200 },
    ]);
  });

  it('does not save up more than a burst', async () => {
    const { granted, take, pass } = given(1000, 100);
    await pass(5000);
    void take('a', 100);
    void take('b', 100);
    await pass(200);
    expect(granted.map(({ atMs }) => atMs)).toEqual([5000, 5100]);
  });

  it('grants a request larger than the burst and lets the next one pay for it', async () => {
    const { granted, take, pass } = given(1000, 10);
    void take('large', 500);
    void take('small', 1);
    await pass(600);
    expect(granted).toEqual([
      { name: 'large', atMs: 0 },
      { name: 'small', atMs: 491 },
    ]);
  });

  it('serves in the order of arrival, also a small request behind a large one', async () => {
    const { granted, take, pass } = given(1000, 100);
    void take('first', 100);
    void take('large', 100);
    void take('small', 1);
    await pass(150);
    expect(granted.map(({ name }) => name)).toEqual(['first', 'large', 'small']);
  });

  it('does not let those behind wait for one that has left', async () => {
    // Given a head of the queue that would wait 1 s
    const { granted, take, pass } = given(1000, 1000);
    const abort = new AbortController();
    void take('first', 1000);
    void take('head', 1000, abort.signal);
    void take('behind', 10);
    await pass(20);
    // When it leaves, then the next goes with the tokens that are there
    abort.abort(new Error('gone'));
    await settle();
    expect(granted).toEqual([
      { name: 'first', atMs: 0 },
      { name: 'head left', atMs: 20 },
      { name: 'behind', atMs: 20 },
    ]);
  });

  it('takes nothing for a signal that is aborted already, and rejects with its reason', async () => {
    const { limiter } = given(1000, 100);
    await expect(limiter.take(100, AbortSignal.abort(new Error('why')))).rejects.toThrow('why');
    await limiter.take(100);
    expect(limiter.waiting).toBe(0);
  });

  it('never grants more than rate and burst allow, and forgets nobody', async () => {
    const seed = Date.now() % 1_000_000;
    console.log(`rate limiter: seed ${seed}`);
    const requests = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 400 }), leaves: fc.boolean() }), {
      minLength: 1,
      maxLength: 25,
    });
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 300 }), async (wanted, burstBytes) => {
        const { limiter, pass, clock } = given(10_000, burstBytes);
        let bytes = 0;
        let largest = 0;
        const order: number[] = [];
        const all = wanted.map(({ bytes: size, leaves }, at) => {
          const abort = new AbortController();
          const taken = limiter.take(size, abort.signal).then(
            () => {
              bytes += size;
              largest = Math.max(largest, size);
              order.push(at);
              expect(bytes).toBeLessThanOrEqual(10 * clock.now() + Math.max(burstBytes, largest) + 1e-6);
            },
            () => undefined,
          );
          if (leaves) clock.setTimeout(() => abort.abort(), at * 3);
          return taken;
        });
        await pass(1100);
        await Promise.all(all);
        expect(limiter.waiting).toBe(0);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
      { seed, numRuns: 15 },
    );
  });

  it.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY]])('refuses a rate of %s', (bytesPerSecond) => {
    expect(() => new RateLimiter({ bytesPerSecond })).toThrow(RangeError);
  });
});
