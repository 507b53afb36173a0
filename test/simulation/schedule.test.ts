import { describe, expect, it } from 'vitest';
import { Schedule, type Task } from '../../runtime/simulation/index.js';

describe('a schedule', () => {
  it('given thousands of waits of which most are called off, then the others end in the order of time', async () => {
    const schedule = new Schedule();
    const ended: number[] = [];
    const waits: Task[] = [];
    for (let i = 0; i < 10_000; i++) {
      const run = () => void ended.push(i);
      waits.push(schedule.add({ kind: 'timer', server: 'a', label: `${i}`, run }, (i * 7_919) % 10_007));
    }
    const kept = (i: number) => i % 97 === 0;
    for (const [i, wait] of waits.entries()) if (!kept(i)) schedule.cancel(wait);
    await schedule.settle();
    const inOrder = waits.filter((_, i) => kept(i)).sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
    expect(ended).toEqual(inOrder.map(({ label }) => Number(label)));
  });

  it('given a wait that is called off twice, and one after its end, then nothing else is called off', async () => {
    const schedule = new Schedule();
    const ended: string[] = [];
    const wait = (label: string, delayMs: number) =>
      schedule.add({ kind: 'timer', server: 'a', label, run: () => void ended.push(label) }, delayMs);
    const [first, second] = [wait('first', 1), wait('second', 2)];
    wait('third', 3);
    schedule.cancel(second);
    schedule.cancel(second);
    await schedule.settle();
    schedule.cancel(first);
    wait('fourth', 1);
    await schedule.settle();
    expect(ended).toEqual(['first', 'third', 'fourth']);
  });
});
