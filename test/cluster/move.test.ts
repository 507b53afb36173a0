/** A partition moves to another node: everything in it comes along, and only one node ever serves it (SPEC S-MOVE-1). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import { formatAddress } from '../../runtime/pegasus/index.js';
import { open, TestCluster, until } from './in-process.js';

const LIMITS = { logBytes: 16 * 1024 };

async function cluster(name: string, id: number, remotes: Record<string, readonly string[]> = {}) {
  const servers = await TestCluster.start({ name, id, replicas: 2, limits: LIMITS, remotes });
  const client = await openCluster({ meta: servers.metaName, timeoutMs: 20_000 });
  open.push(() => client.close());
  const nodeOf = (index: number) => formatAddress(servers.configOf(index).listen);
  const nodes = [nodeOf(0), nodeOf(1)];
  const placeOf = (table: string) => servers.meta.tables.available(table)?.partitions[0]?.node ?? '';
  const other = (table: string) => nodes.find((node) => node !== placeOf(table)) ?? '';
  const indexOf = (node: string) => nodes.indexOf(node);
  return { servers, client, nodes, placeOf, other, indexOf };
}

test('given rows, when the partition moves there and back, then no row is missing and old copies are gone', async () => {
  const { servers, client, placeOf, other, indexOf } = await cluster('east', 1);
  await client.createTable('users', { partitionCount: 1 });
  const rows = await client.table('users');
  for (let row = 0; row < 60; row++) await rows.put('user', `${row}`, `${row} ${'x'.repeat(400)}`);

  for (const round of [1, 2, 3]) {
    const [from, to] = [placeOf('users'), other('users')];
    const moved = await client.movePartition('users', 0, { to });
    expect(moved).toMatchObject({ table: 'users', partition: 0, from, to, ballot: round });
    await rows.put('user', `moved ${round}`, 'here');
    const left = join(servers.configOf(indexOf(from)).directory, '1.0');
    await until('the old copy to go', () => !existsSync(left) && !existsSync(`${left}.arriving`));
  }

  let count = 0;
  for await (const _ of rows.scan()) count++;
  expect(count).toBe(63);
});

test('given a duplication, when source and follower partition move, then everything arrives and nothing twice', async () => {
  const west = await cluster('west', 2);
  const east = await cluster('east', 1, { west: [west.servers.metaName] });
  await east.client.createTable('users', { partitionCount: 1 });
  const rows = await east.client.table('users');
  for (let row = 0; row < 20; row++) await rows.put('user', `${row}`, 'x'.repeat(400));
  await east.client.addDuplication({ table: 'users', remoteCluster: 'west' });
  await until('DS_LOG', async () => (await east.client.queryDuplication('users'))[0]?.status === 'DS_LOG');
  let writing = true;
  let written = 20;
  const writer = (async () => {
    for (; writing; written++) await rows.put('user', `${written}`, 'y'.repeat(200));
  })();

  await east.client.movePartition('users', 0, { to: east.other('users') });
  await west.client.movePartition('users', 0, { to: west.other('users') });
  await east.client.movePartition('users', 0, { to: east.other('users') });
  writing = false;
  await writer;

  const there = await west.client.table('users');
  await until('the last row', () => there.get('user', `${written - 1}`));
  let count = 0;
  for await (const _ of there.scan()) count++;
  expect(count).toBe(written);
  const [hosted] = east.servers.meta.duplications.all();
  expect(hosted?.context.blocked).toBe(false);
});

test('given the new node cannot fetch, then the move is undone, says why, and the old node serves on', async () => {
  const { servers, client, other, placeOf } = await cluster('east', 1);
  await client.createTable('users', { partitionCount: 1 });
  const rows = await client.table('users');
  await rows.put('user', '1', 'one');
  const [from, to] = [placeOf('users'), other('users')];
  await servers.meta.setPolicy([{ effect: 'deny', peer: to, operation: 'RPC_NFS_COPY' }]);
  await until('the policy', () => servers.meta.nodes.alive().every(({ report }) => report.policyVersion > 0));

  const move = client.movePartition('users', 0, { to });

  await expect(move).rejects.toMatchObject({ code: 'BRIDLE_MOVE_UNDONE' });
  expect((await rows.get('user', '1'))?.toString()).toBe('one');
  const [place] = await client.listPlaces('users');
  expect(place).toMatchObject({ node: from, moving: null, lastMove: { outcome: 'undone', to } });
});
