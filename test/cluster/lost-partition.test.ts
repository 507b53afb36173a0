/** A follower's partition directory is deleted by hand: copied again while it is duplicated, and only then (SPEC S-GAP-1). */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import { open, type ServerOptions, TestCluster, until } from './in-process.js';

/** Segments of 4 KiB: the source collects its log all the time. */
const LIMITS = { logBytes: 16 * 1024 };

async function side(options: ServerOptions) {
  const servers = await TestCluster.start({ ...options, replicas: 1, limits: LIMITS });
  const client = await openCluster({ meta: servers.metaName, timeoutMs: 3_000 });
  open.push(() => client.close());
  return { servers, client };
}

async function duplicated() {
  const follower = await side({ name: 'west', id: 2 });
  const source = await side({ name: 'east', id: 1, remotes: { west: [follower.servers.metaName] } });
  await source.client.createTable('users', { partitionCount: 1 });
  const rows = await source.client.table('users');
  const write = async (from: number, to: number) => {
    for (let row = from; row < to; row++) await rows.put('user', `${row}`, `${row} ${'x'.repeat(400)}`);
  };
  await write(0, 20);
  const { dupid } = await source.client.addDuplication({ table: 'users', remoteCluster: 'west' });
  const duplication = async () => (await source.client.queryDuplication('users'))[0];
  await until('DS_LOG', async () => (await duplication())?.status === 'DS_LOG');
  await write(20, 60);
  const here = await follower.client.table('users');
  await until('all rows', () => here.get('user', '59'));
  const directory = join(follower.servers.configOf(0).directory, '1.0');
  /** The follower's replica server is down meanwhile, as deleting under a running one is noticed at the restart. */
  const lose = async () => {
    await follower.servers.stopReplica(0);
    await rm(directory, { recursive: true });
    // What a server wrote after the deletion.
    await mkdir(join(directory), { recursive: true });
    await follower.servers.startReplica(0);
  };
  return { source, follower, write, here, dupid, duplication, directory, lose };
}

// Defect: it was made from whatever checkpoint there was, however old. Then the log above that, but below what had
// been confirmed, could be collected while it was copied: BRIDLE_GAP.
test('given DS_LOG, then it is copied again from a checkpoint that reaches what was confirmed, and nothing is missing', async () => {
  const { source, write, here, directory, lose } = await duplicated();
  const confirmed = await until('the last row to be confirmed', () => {
    const [now] = source.servers.meta.duplications.all();
    return now?.context.confirmed[0] === now?.context.lastCommitted[0] && now?.context.confirmed[0];
  });

  const losing = lose();
  await write(60, 160);
  await losing;

  await until('the last row', () => here.get('user', '159'));
  let count = 0;
  for await (const _ of here.scan()) count++;
  expect(count).toBe(160);
  const installed = JSON.parse(await readFile(join(directory, 'installed.json'), 'utf8'));
  expect(installed.decree).toBeGreaterThanOrEqual(confirmed);
});

// Defect: a table that had been kept, and perhaps taken into use, got the rows of the source as they were now.
test('given the duplication was removed and its table kept, then it is not copied again, and says why', async () => {
  const { source, follower, here, dupid, duplication, lose } = await duplicated();
  await source.client.modifyDuplication('users', dupid, {
    status: 'DS_REMOVED',
    followerTablePolicy: 'keep',
  });
  await until('the removal', async () => (await duplication()) === undefined);
  await here.put('user', 'own', 'written here');

  await lose();

  const trouble = await until(
    'the reason',
    () => follower.servers.meta.nodes.alive()[0]?.report.partitions[0]?.trouble,
  );
  expect(trouble.hint).toContain(`${dupid} is removed`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(follower.servers.meta.nodes.alive()[0]?.report.partitions[0]?.state).toBe('copying');
});
