/** What a power failure leaves of a simulated disk, and in which order a simulated world does things. */
import { describe, expect, it } from 'vitest';
import { DiskTree } from '../../runtime/simulation/disk-tree.js';
import { Schedule } from '../../runtime/simulation/index.js';

const text = (tree: DiskTree, path: string) => tree.openFile(path, false).read(100, 0).toString();

describe('a simulated disk', () => {
  it('given a power failure, then synced content of synced names is left, and nothing else', () => {
    const tree = new DiskTree();
    tree.makeDirectory('/node/log');
    tree.syncDirectory('/node');
    const kept = tree.openFile('/node/log/kept', true);
    kept.write(Buffer.from('safe'), 0);
    kept.sync();
    tree.syncDirectory('/node/log');
    kept.write(Buffer.from('XX and more'), 1);
    kept.truncate(6);
    tree.openFile('/node/log/unnamed', true).sync();
    tree.powerFailure('/node');
    expect(text(tree, '/node/log/kept')).toBe('safe');
    expect(tree.list('/node/log').map(({ name }) => name)).toEqual(['kept']);
  });

  it('given a removal that was not synced, then a power failure brings the directory back as it was', () => {
    const tree = new DiskTree();
    tree.makeDirectory('/node/1.0');
    tree.openFile('/node/1.0/rows', true).sync();
    tree.syncDirectory('/node/1.0');
    tree.syncDirectory('/node');
    tree.remove('/node/1.0');
    expect(tree.has('/node/1.0')).toBe(false);
    tree.powerFailure('/node');
    expect(tree.has('/node/1.0/rows')).toBe(true);
  });

  it('given a rename, then the name is durable with its directory', () => {
    const tree = new DiskTree();
    tree.makeDirectory('/node');
    tree.openFile('/node/new', true).sync();
    tree.rename('/node/new', '/node/final');
    tree.syncDirectory('/node');
    tree.powerFailure('/node');
    expect(tree.list('/node').map(({ name }) => name)).toEqual(['final']);
  });
});

describe('a schedule', () => {
  it('given tasks that plan tasks, then time stands still until a moment has nothing left to do', async () => {
    const schedule = new Schedule();
    const seen: string[] = [];
    const add = (label: string, delayMs: number, then: () => void = () => undefined) =>
      schedule.add(
        {
          kind: 'timer',
          server: 's',
          label,
          run: () => {
            seen.push(`${schedule.nowMs} ${label}`);
            then();
          },
        },
        delayMs,
      );
    add('late', 20);
    add('first', 10, () => void Promise.resolve().then(() => add('follows', 0)));
    add('second', 10);
    schedule.cancel(add('never', 15));
    await schedule.runUntil(100);
    expect(seen).toEqual(['10 first', '10 second', '10 follows', '20 late']);
    expect(schedule.nowMs).toBe(100);
  });

  it('given a task that is held, then it happens when released, never before it is due', async () => {
    const schedule = new Schedule();
    let ran = 0;
    const task = schedule.add({ kind: 'timer', server: 's', label: 't', run: () => void ran++ }, 50);
    schedule.holdBack(() => true);
    await schedule.runUntil(10);
    expect(ran).toBe(0);
    schedule.release(task);
    await schedule.settle();
    expect([ran, schedule.nowMs]).toEqual([1, 50]);
  });
});
