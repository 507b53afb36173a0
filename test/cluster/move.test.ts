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

  await expect(move).rejects.toMatchObject({
    code: 'BRIDLE_MOVE_UNDONE',
    hint: expect.stringContaining('ERR_ACL_DENY'),
  });
  expect((await rows.get('user', '1'))?.toString()).toBe('one');
  const [place] = await client.listPlaces('users');
  expect(place).toMatchObject({ node: from, moving: null, lastMove: { outcome: 'undone', to } });
});

test('given a move that cannot be, then nothing is changed, and the error says why', async () => {
  const { servers, client, placeOf, other, indexOf } = await cluster('east', 1);
  await client.createTable('users', { partitionCount: 1 });
  const [from, to] = [placeOf('users'), other('users')];
  const refused = (table: string, partition: number, node: string, code: string) =>
    expect(client.movePartition(table, partition, { to: node })).rejects.toMatchObject({ code });

  await refused('users', 0, from, 'BRIDLE_ALREADY_THERE');
  await refused('users', 0, '127.0.0.1:9', 'BRIDLE_UNKNOWN_NODE');
  await refused('users', 7, to, 'ERR_INVALID_PARAMETERS');
  await refused('nobody', 0, to, 'ERR_APP_NOT_EXIST');
  const first = client.movePartition('users', 0, { to });
  await until('the move to begin', async () => (await client.listPlaces('users'))[0]?.moving);
  await refused('users', 0, to, 'BRIDLE_MOVING');
  await first;
  await servers.stopReplica(indexOf(from));
  await until('the node to count as dead', () => !servers.meta.nodes.isAlive(from));
  await refused('users', 0, from, 'BRIDLE_NODE_DEAD');

  expect(placeOf('users')).toBe(to);
  const said = servers.lines.map(({ message }) => message).filter((message) => message.includes('moved'));
  expect(said).toEqual(['a partition is being moved', 'a partition has moved']);
});

test('given the table is dropped while a partition moves, then the move ends, and no files are left', async () => {
  const { servers, client, placeOf, other } = await cluster('east', 1);
  await client.createTable('users', { partitionCount: 1 });
  const [from, to] = [placeOf('users'), other('users')];
  // The new node waits for what it does not get.
  await servers.meta.setPolicy([{ effect: 'drop', peer: to, operation: 'RPC_NFS_COPY' }]);
  await until('the policy', () => servers.meta.nodes.alive().every(({ report }) => report.policyVersion > 0));
  const move = client.movePartition('users', 0, { to }).catch((error: { code: string }) => error.code);
  await until('the old node to have left', () => servers.meta.nodes.partition(from, 1, 0)?.state === 'left');

  await client.dropTable('users');

  expect(await move).toBe('ERR_APP_NOT_EXIST');
  await until('the move to end', () => servers.meta.moves.of(1, 0) === undefined);
  const paths = [0, 1].flatMap((index) =>
    ['1.0', '1.0.arriving', '1.0.arriving.copy'].map((name) => join(servers.configOf(index).directory, name)),
  );
  await until('the files to go', () => !paths.some((path) => existsSync(path)));
  expect(servers.lines.map(({ message }) => message)).toContain('a move of a partition was undone');
});

test('given a source partition on its way, then explain says so: waiting for what, from whom, since when', async () => {
  const west = await cluster('west', 2);
  const east = await cluster('east', 1, { west: [west.servers.metaName] });
  await east.client.createTable('users', { partitionCount: 1 });
  await east.client.addDuplication({ table: 'users', remoteCluster: 'west' });
  await until('DS_LOG', async () => (await east.client.queryDuplication('users'))[0]?.status === 'DS_LOG');
  const to = east.other('users');
  await east.servers.meta.setPolicy([{ effect: 'drop', peer: to, operation: 'RPC_NFS_COPY' }]);
  await until('the policy', () =>
    east.servers.meta.nodes.alive().every(({ report }) => report.policyVersion > 0),
  );
  const move = east.client.movePartition('users', 0, { to });

  const said = await until('the account', () => {
    const [hosted] = east.servers.meta.duplications.all();
    const { waiting = [] } = hosted === undefined ? {} : east.servers.meta.explain(hosted);
    return waiting.find(({ actor, state }) => actor === 'move of source partition 0' && state === 'fetching');
  });
  expect(said).toMatchObject({ from: to, waitingFor: 'the new node to have the whole partition on disk' });
  expect(said.sinceMs).toBeGreaterThan(0);
  await east.servers.meta.setPolicy([]);
  await expect(move).resolves.toMatchObject({ to });
});
