/** Rows and tables at the edges go through a duplication as they are: order, expiry, sizes, partition counts. */
import { expect, test } from 'vitest';
import { openCluster, verifyTables } from '../../runtime/client/index.js';
import { open, type ServerOptions, TestCluster, until } from './in-process.js';

async function side(options: ServerOptions) {
  // Batches of three mutations: every other write stands at a boundary.
  const servers = await TestCluster.start({ ...options, replicas: 2, limits: { batchMutations: 3 } });
  const client = await openCluster({ meta: servers.metaName, timeoutMs: 5_000 });
  open.push(() => client.close());
  return { servers, client };
}

async function pair() {
  const follower = await side({ name: 'west', id: 2 });
  const source = await side({ name: 'east', id: 1, remotes: { west: [follower.servers.metaName] } });
  const duplicate = async (table: string) => {
    await source.client.addDuplication({ table, remoteCluster: 'west' });
    await until(
      `${table} at DS_LOG`,
      async () => (await source.client.queryDuplication(table))[0]?.status === 'DS_LOG',
      60_000,
    );
  };
  const equal = (table: string, rows: number) =>
    until(`${rows} equal rows in ${table}`, async () => {
      const report = await verifyTables({
        source: await source.client.table(table),
        follower: await follower.client.table(table),
        settleMs: 50,
      });
      return report.equal && report.source === rows;
    });
  return { source, follower, duplicate, equal };
}

test('given writes and removals of the same keys over many batches, then the last of each key stands (SPEC S-ORDER-1)', async () => {
  const { source, duplicate, equal } = await pair();
  await source.client.createTable('orders', { partitionCount: 1 });
  const rows = await source.client.table('orders');
  await rows.put('copied', 'long', 'with the checkpoint', { ttlSeconds: 5_000 });
  await duplicate('orders');
  for (let round = 0; round < 12; round++) {
    const sortKeys = ['a', 'b', 'c'];
    await rows.multiPut(
      'user',
      sortKeys.map((sortKey) => ({ sortKey, value: `${round}` })),
    );
    await rows.multiRemove('user', sortKeys);
    await rows.put('user', 'a', `again ${round}`);
    await rows.remove('user', 'a');
    await rows.put('user', 'b', `last ${round}`, { ttlSeconds: 1_000 + round });
  }
  // Verification compares values and expiries.
  await equal('orders', 2);
});

test('given empty values and the longest keys in 64 partitions, then all of them arrive', async () => {
  const { source, follower, duplicate, equal } = await pair();
  await source.client.createTable('wide', { partitionCount: 64 });
  await source.client.createTable('empty', { partitionCount: 3 });
  await source.client.createTable('one', { partitionCount: 1 });
  await (await source.client.table('one')).put('only', '', '');
  const rows = await source.client.table('wide');
  const longest = 'k'.repeat(65_534);
  await rows.put(longest, '', 'before');
  await Promise.all(['wide', 'empty', 'one'].map(duplicate));
  await rows.put(longest, 's'.repeat(65_535), '');
  for (let row = 0; row < 200; row++) await rows.put(`user ${row}`, '', '');
  await rows.put('', 'no hash key', 'value');
  await equal('wide', 203);
  await equal('one', 1);
  await equal('empty', 0);
  const there = await follower.client.table('wide');
  expect(await there.get('user 7', '')).toEqual(Buffer.alloc(0));
}, 180_000);
