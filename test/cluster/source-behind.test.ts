/** A source partition that is older than its follower: put back from a backup, or with its log's end lost. */
import { cp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import { explanationSchema } from '../../runtime/observe/explain.js';
import { open, type ServerOptions, TestCluster, until } from './in-process.js';

async function side(options: ServerOptions) {
  const servers = await TestCluster.start({ ...options, replicas: 1 });
  const client = await openCluster({ meta: servers.metaName, timeoutMs: 3_000 });
  open.push(() => client.close());
  return { servers, client };
}

// Defect: the shipper read nothing after the follower's decree, called that caught up, and the next writes, whose
// decrees the follower had applied already, never arrived.
test('given the source is put back from an older copy, then it stops shipping and says so (SPEC S-GAP-1)', async () => {
  const follower = await side({ name: 'west', id: 2 });
  const source = await side({ name: 'east', id: 1, remotes: { west: [follower.servers.metaName] } });
  await source.client.createTable('users', { partitionCount: 1 });
  const rows = await source.client.table('users');
  const write = async (from: number, to: number) => {
    for (let row = from; row < to; row++) await rows.put('user', `${row}`, `${row}`);
  };
  await write(0, 20);
  await source.client.addDuplication({ table: 'users', remoteCluster: 'west' });
  await until('DS_LOG', async () => (await source.client.queryDuplication('users'))[0]?.status === 'DS_LOG');
  const directory = join(source.servers.configOf(0).directory, '1.0');
  await source.servers.stopReplica(0);
  await cp(directory, `${directory}.backup`, { recursive: true });
  await source.servers.startReplica(0);
  await until('the source to serve', () => write(20, 30).then(() => true));
  const there = await follower.client.table('users');
  await until('the last row', () => there.get('user', '29'));
  await source.servers.stopReplica(0);
  await rename(directory, `${directory}.newer`);
  await rename(`${directory}.backup`, directory);
  await source.servers.startReplica(0);
  await until('a write', () => write(30, 31).then(() => true));

  const explanation = await until('an explanation', async () => {
    const answer = await source.client.command(source.servers.metaName, 'bridle.explain', ['users']);
    const [now] = explanationSchema.array().parse(JSON.parse(answer));
    return now?.blocked === true && now;
  });

  expect(explanation.waiting.map(({ trouble }) => trouble?.error)).toContain('BRIDLE_SOURCE_BEHIND');
  expect(explanation.next).toBe('bridle verify users');
  expect(await there.get('user', '29')).toBeDefined();
});
