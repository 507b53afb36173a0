/** One seed: the same run each time, and what is told of it. */
import { describe, expect, it } from 'vitest';
import { RunDigest } from '../../../runtime/simulation/chaos/digest.js';
import { planOf, simulate } from '../../../runtime/simulation/chaos/index.js';
import { runPlan } from '../../../runtime/simulation/chaos/run.js';
import type { Task } from '../../../runtime/simulation/index.js';
import { openMemoryMap } from '../../../runtime/store/index.js';

const HOURS = 0.3;
const TIMEOUT_MS = 120_000;

const task = (label: string, dueMs = 1): Task => ({ id: 1, kind: 'timer', server: 's', label, dueMs });

describe('a seed', () => {
  it(
    'given that it is run twice, then the two runs are the same, task by task and byte by byte',
    async () => {
      for (const seed of [3, 21, 4_000_000_000]) {
        const { verdict, divergence, violation } = await simulate({ seed, hours: HOURS, twice: true });
        expect({ seed, verdict, divergence, violation }).toEqual({
          ...{ seed, verdict: 'holds', divergence: null, violation: null },
        });
      }
    },
    TIMEOUT_MS,
  );

  it(
    'given the same seed with fewer troubles, then the rest of the plan is as before',
    async () => {
      const plan = planOf({ seed: 8, hours: HOURS });
      const [first] = plan.events;
      const less = planOf({ seed: 8, hours: HOURS, only: [first?.id ?? 0] });
      expect(less.events).toEqual([first]);
      expect({ ...less, events: [] }).toEqual({ ...plan, events: [] });
      expect((await simulate({ seed: 8, hours: HOURS, only: [] })).verdict).toBe('holds');
    },
    TIMEOUT_MS,
  );

  it('given a fault that there is not, then it is refused with those that there are', async () => {
    await expect(simulate({ seed: 1, faults: 'loss,flood' })).rejects.toThrow(
      /no fault "flood"; there are all, none, loss/,
    );
  });

  it(
    'given somebody who ends it, then it is not finished, and nothing is said of what it did not get to',
    async () => {
      const run = await simulate({ seed: 1, hours: 100, signal: AbortSignal.timeout(300) });
      expect(run).toMatchObject({ verdict: 'not finished', violation: null, healed: null });
    },
    TIMEOUT_MS,
  );

  it(
    'given a process that rejects something nobody hears, then it is told as a violation of NoAbort',
    async () => {
      const plan = planOf({ seed: 5, hours: HOURS });
      const result = await runPlan(plan, {
        onStarted: ({ world }) => {
          const run = () => void Promise.reject(new Error('nobody hears this'));
          world.schedule.add({ kind: 'timer', server: 'east/meta', label: 'defect', run }, 60_000);
        },
      });
      expect(result.violation).toMatchObject({ property: 'NoAbort' });
      expect(result.violation?.seen).toContain('nobody hears this');
    },
    TIMEOUT_MS,
  );

  it(
    'given a disk that forgets a confirmed decree, then it is seen, and the shortest way to it is looked for',
    async () => {
      const plan = planOf({ seed: 11, hours: HOURS });
      const result = await runPlan(plan, {
        onStarted: ({ world }) => {
          const run = async () => {
            const image = world.disk.imageOf('/east/meta');
            const key = [...image.entries.keys()].find((each) => each.startsWith('progress/'));
            if (key === undefined) return;
            await openMemoryMap({ image }).commit({ puts: [{ key, value: -1 }] });
          };
          world.schedule.add(
            { kind: 'timer', server: 'chaos', label: 'forgets', run: () => void run() },
            900_000,
          );
        },
      });
      expect(result.violation?.property).toMatch(/Monotone|DurableFirst/);
    },
    TIMEOUT_MS,
  );
});

describe('the digest of a run', () => {
  it('given another task in one place, then the place is found, and what was there the second time', () => {
    const first = new RunDigest({ trail: true });
    const second = new RunDigest({ expected: [] });
    expect(second.diverged).toBeNull();
    for (const label of ['a', 'b', 'c']) first.note(task(label));
    const other = new RunDigest({ expected: first.trail });
    for (const label of ['a', 'x', 'c']) other.note(task(label));
    expect(other.diverged).toEqual({ index: 1, task: '1 ms timer at s: x' });
    expect(other.toString()).not.toBe(first.toString());
  });

  it('given the same tasks, then it is the same; given one less, that is where they part', () => {
    const first = new RunDigest({ trail: true });
    for (const label of ['a', 'b']) first.note(task(label));
    const same = new RunDigest({ expected: first.trail });
    for (const label of ['a', 'b']) same.note(task(label));
    expect([same.diverged, same.toString()]).toEqual([null, first.toString()]);
    const shorter = new RunDigest({ expected: first.trail });
    shorter.note(task('a'));
    expect(shorter.diverged).toEqual({ index: 1, task: 'nothing more' });
  });
});
