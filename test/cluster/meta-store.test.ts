/** The meta server's durable state: changes that meet, and what is there after a restart. */
import { describe, expect, test } from 'vitest';
import { type DuplicationRecord, duplicationKey, MetaStore } from '../../runtime/cluster/meta/meta-store.js';
import { directory, open } from './in-process.js';

const record: DuplicationRecord = {
  duplicationId: 7,
  appId: 3,
  appName: 'users',
  remoteCluster: 'west',
  remoteTable: 'users',
  remoteReplicaCount: 1,
  partitionCount: 4,
  policy: 'adopt',
  onRemove: 'keep',
  status: 'DS_LOG',
  failMode: 'FAIL_SLOW',
  createTimestampMs: 1,
};

async function store(at?: string): Promise<{ readonly store: MetaStore; readonly at: string }> {
  const where = at ?? (await directory());
  const opened = await MetaStore.open(where);
  open.push(() => opened.close());
  return { store: opened, at: where };
}

const saved = (opened: MetaStore) => opened.put({ key: duplicationKey(3, 7), value: record });

describe('numbers', () => {
  test('given many callers at the same time, then no number is given twice', async () => {
    const { store: opened } = await store();
    const kinds = ['lastAppId', 'lastDuplicationId'] as const;
    const given = await Promise.all(
      Array.from({ length: 40 }, (_, i) => opened.nextNumber(kinds[i % 2] ?? 'lastAppId', 1)),
    );
    for (const parity of [0, 1]) {
      const own = given.filter((_, i) => i % 2 === parity);
      expect([...own].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    }
  });

  test('given a restart, then numbers go on where they were', async () => {
    const { store: first, at } = await store();
    expect(await first.nextNumber('lastDuplicationId', 1_000)).toBe(1_000);
    await first.close();
    const { store: second } = await store(at);
    expect(await second.nextNumber('lastDuplicationId', 5)).toBe(1_001);
  });
});

describe('progress', () => {
  test('given decrees in any order and at the same time, then the largest of each partition is kept', async () => {
    const { store: opened, at } = await store();
    await saved(opened);
    await Promise.all(
      [5, 9, 7, 3].flatMap((decree) => [0, 2].map((p) => opened.saveProgress(3, 7, p, decree + p))),
    );
    await opened.saveProgress(3, 7, 0, 4);
    expect(await opened.progress(record)).toEqual([9, -1, 11, -1]);
    await opened.close();
    expect(await (await store(at)).store.progress(record)).toEqual([9, -1, 11, -1]);
  });

  test('given a thousand partitions move on while the disk is busy, then that is no thousand writes', async () => {
    const { store: opened } = await store();
    await saved(opened);
    const busy = opened.put({ key: 'remote/x', value: [] });
    const writes = new Set(Array.from({ length: 1_000 }, (_, p) => opened.saveProgress(3, 7, p, p)));
    await Promise.all([busy, ...writes]);
    expect(writes.size).toBe(1);
    expect((await opened.progress({ ...record, partitionCount: 1_000 })).at(-1)).toBe(999);
  });

  test('given a late report after the record was deleted, then nothing of the duplication is left', async () => {
    const { store: opened } = await store();
    await saved(opened);
    await opened.saveProgress(3, 7, 0, 5);
    await Promise.all([opened.deleteDuplication(3, 7), opened.saveProgress(3, 7, 1, 6)]);
    await opened.saveProgress(3, 7, 2, 6);
    expect(await opened.progress(record)).toEqual([-1, -1, -1, -1]);
    expect(await opened.duplications()).toEqual([]);
  });
});

describe('closing', () => {
  test('given a write after the close, then it is refused and the storage stays closed', async () => {
    const { store: first, at } = await store();
    await first.close();
    for (let i = 0; i < 3; i++) {
      await expect(saved(first)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    }
    const { store: second } = await store(at);
    expect(await second.duplications()).toEqual([]);
  });
});
