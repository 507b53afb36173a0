/** What a follower remembers of duplications that were removed with their table (SPEC L-RELEASE-1). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MetaStore } from '../../runtime/cluster/meta/meta-store.js';
import { RetiredOwners } from '../../runtime/cluster/meta/retired-owners.js';

async function scene() {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-retired-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const open = async () => {
    const store = await MetaStore.open(directory);
    return { store, retired: await RetiredOwners.open(store) };
  };
  return { open };
}

describe('retired owners', () => {
  it.each([
    ['users', 'east/users/7', true],
    ['users', 'east/users/6', true],
    ['users', 'east/users/8', false],
    ['users', 'north/users/7', false],
    ['users', 'east/orders/7', false],
    ['copy', 'east/users/7', false],
    ['users', undefined, false],
    ['users', 'not an owner', false],
  ])(
    'given east/users/7 retired for users, then of %s for %s that is told: %s',
    async (table, owner, refused) => {
      const { store, retired } = await (await scene()).open();
      expect(await retired.retire('users', 'east/users/7', 1)).toBe(true);
      expect(retired.whyRefused(table, owner) !== null).toBe(refused);
      await store.close();
    },
  );

  it.each([
    '',
    'east/users',
    'east/users/0',
    'east/users/x',
    'east/users/7/8',
    'east/users/99999999999999999999',
  ])('given %j for an owner, then nothing is retired', async (owner) => {
    const { store, retired } = await (await scene()).open();
    expect(await retired.retire('users', owner, 1)).toBe(false);
    expect(await store.retired()).toEqual([]);
    await store.close();
  });

  it('given a restart, then it still refuses; an earlier one that comes late takes nothing back', async () => {
    const { open } = await scene();
    const first = await open();
    await first.retired.retire('users', 'east/users/7', 1);
    await first.retired.retire('users', 'east/users/3', 2);
    await first.store.close();
    const second = await open();
    expect(second.retired.whyRefused('users', 'east/users/7')).toContain('removed');
    expect(second.retired.whyRefused('users', 'east/users/8')).toBeNull();
    await second.store.close();
  });

  it('given more than fit, then those retired longest ago are forgotten, on disk too', async () => {
    const { open } = await scene();
    const { store } = await open();
    const retired = await RetiredOwners.open(store, 3);
    for (let at = 1; at <= 5; at++) await retired.retire(`t${at}`, 'east/users/7', at);
    expect((await store.retired()).map(({ table }) => table)).toEqual(['t3', 't4', 't5']);
    expect(retired.whyRefused('t1', 'east/users/7')).toBeNull();
    expect(retired.whyRefused('t5', 'east/users/7')).not.toBeNull();
    await store.close();
  });
});
