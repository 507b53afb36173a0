/** Comparing tables that are in use, on clusters that compute digests (SPEC S-VERIFY-1). */
import { describe, expect, test, vi } from 'vitest';
import {
  BulkWriter,
  openCluster,
  type Table,
  type VerifyOptions,
  type VerifyState,
  verifyTables,
  type WritableRow,
} from '../../runtime/client/index.js';
import { open, type ServerOptions, TestCluster, until } from './in-process.js';

/** Real servers and many rows: a loaded machine takes its time. */
vi.setConfig({ testTimeout: 180_000 });

async function side(options: ServerOptions) {
  const servers = await TestCluster.start(options);
  const client = await openCluster({ meta: servers.metaName, timeoutMs: 10_000 });
  open.push(() => client.close());
  return { servers, client };
}

const keyOf = (at: number) =>
  at % 5 === 0 ? Buffer.from([0xff, at & 0xff, 0, at >> 8]) : Buffer.from(`user ${at}`);

/** Rows with and without expiry, empty values, keys that are no text. */
function* rowsUpTo(count: number) {
  for (let at = 0; at < count; at++) {
    const value = at % 7 === 0 ? Buffer.alloc(0) : Buffer.from(`value ${at} of a row`);
    const ttlSeconds = at % 3 === 0 ? 50_000 + at : undefined;
    yield { hashKey: keyOf(at), sortKey: Buffer.from(`s${at % 4}`), value, ttlSeconds };
  }
}

async function fill(table: Table, rows: Iterable<WritableRow>) {
  const writer = new BulkWriter(table);
  for (const row of rows) await writer.write(row);
  await writer.flush();
}

/** Two clusters, and a table that is duplicated from one to the other. */
async function duplicated(partitionCount: number, rows: number) {
  const west = await side({ name: 'west', id: 2 });
  const east = await side({ name: 'east', id: 1, remotes: { west: [west.servers.metaName] } });
  await east.client.createTable('users', { partitionCount });
  const source = await east.client.table('users');
  await fill(source, rowsUpTo(rows));
  const { dupid } = await east.client.addDuplication({ table: 'users', remoteCluster: 'west' });
  await until('DS_LOG', async () => (await east.client.queryDuplication('users'))[0]?.status === 'DS_LOG');
  const follower = await west.client.table('users');
  const verify = (options: Partial<VerifyOptions> = {}) =>
    verifyTables({ source, follower, owner: `east/users/${dupid}`, settleMs: 10, ...options });
  return { east, west, source, follower, verify };
}

/** Writes the same few rows again and again, until it is stopped. */
function writing(table: Table) {
  let on = true;
  let written = 0;
  const loop = (async () => {
    while (on) await table.put(`hot ${written % 50}`, 's', `write ${written++}`);
  })();
  return async () => {
    on = false;
    await loop;
    return written;
  };
}

/** A changed value, a changed expiry, a missing row and an extra row, behind the duplication's back. */
async function corrupt({ follower }: { readonly follower: Table }) {
  await follower.put('user 11', 's3', 'not what it was');
  await follower.put('user 12', 's0', 'value 12 of a row', { ttlSeconds: 99 });
  await follower.remove(keyOf(10), 's2');
  await follower.put('nobody', 's', '');
}

const FOUND = {
  equal: false,
  missing: 1,
  extra: 1,
  differing: 2,
  unsettled: 0,
  examples: {
    missing: [{ hashKey: '0xff0a0000', sortKey: 's2' }],
    extra: [{ hashKey: 'nobody', sortKey: 's' }],
  },
};

describe.each([[1], [16]])('a table of %i partitions', (partitions) => {
  test('given writes that go on, then what is wrong at a decree is found and named', async () => {
    const pair = await duplicated(partitions, 1_000);
    await pair.source.put('hot 0', 's', 'the first');
    const stop = writing(pair.source);
    const clean = await pair.verify();
    expect(clean).toMatchObject({ equal: true, mode: 'decree', modeReason: '', missing: 0, extra: 0 });
    await corrupt(pair);
    const report = await pair.verify();
    await stop();
    expect(report).toMatchObject({ ...FOUND, mode: 'decree' });
    expect(report.examples.differing.map(({ hashKey }) => hashKey).sort()).toEqual(['user 11', 'user 12']);
    expect(report.source).toBe(report.follower);
    expect(report.byPartition.length).toBe(partitions);
    expect(report.byPartition.reduce((sum, { differing }) => sum + differing, 0)).toBe(2);
    for (const { decrees } of report.byPartition)
      expect(decrees?.source).toBeGreaterThanOrEqual(decrees?.follower ?? -1);
  });
});

test('given no duplication to go by, then digests are compared live; with a scan, every row travels', async () => {
  const pair = await duplicated(4, 1_500);
  await corrupt(pair);
  const live = await pair.verify({ owner: undefined });
  expect(live).toMatchObject({ ...FOUND, mode: 'live', source: 1_500, follower: 1_500 });
  const scan = await pair.verify({ method: 'scan' });
  expect(scan).toMatchObject({ ...FOUND, mode: 'scan', modeReason: 'a scan was asked for' });
  expect(scan.bytesTransferred).toBe(scan.bytesCompared);
  expect(live.bytesTransferred).toBeLessThan(live.bytesCompared / 2);
});

test('given a comparison that is interrupted again and again, then each goes on where the last one stopped', async () => {
  const pair = await duplicated(4, 2_000);
  await corrupt(pair);
  let state: VerifyState | undefined;
  let interrupted = 0;
  for (;;) {
    const stop = new AbortController();
    let seen = -1;
    const rowsIn = ({ counts }: VerifyState) => counts.reduce((sum, { source }) => sum + source, 0);
    const onState = (take: () => VerifyState) => {
      state = JSON.parse(JSON.stringify(take())) as VerifyState;
      if (seen < 0) seen = rowsIn(state);
      else if (rowsIn(state) > seen && interrupted < 3) stop.abort();
    };
    try {
      const report = await pair.verify({ resume: state, onState, signal: stop.signal });
      expect(report).toMatchObject({ ...FOUND, source: 2_000, follower: 2_000, mode: 'decree' });
      break;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_THREAD_INTERRUPTED' });
      interrupted++;
    }
  }
  expect(interrupted).toBeGreaterThan(0);

  const { west } = pair;
  await west.client.createTable('other', { partitionCount: 4 });
  const elsewhere = pair.verify({ follower: await west.client.table('other'), resume: state });
  await expect(elsewhere).rejects.toMatchObject({ code: 'BRIDLE_BAD_RESUME' });
  await expect(pair.verify({ owner: 'east/users/1', resume: state })).rejects.toMatchObject({
    code: 'BRIDLE_BAD_RESUME',
  });
});

test('given a server that restarts in between, then the comparison takes a new snapshot and goes on', async () => {
  const pair = await duplicated(2, 1_500);
  await corrupt(pair);
  const { servers } = pair.west;
  let restarted: Promise<void> | undefined;
  const onState = (take: () => VerifyState) => {
    if (restarted !== undefined || take().counts.every(({ source }) => source === 0)) return;
    restarted = servers.stopReplica(0).then(() => servers.startReplica(0));
  };
  // Slow enough for more than one answer.
  const report = await pair.verify({ onState, rowsPerSecond: 2_000 });
  await restarted;
  expect(report).toMatchObject({ ...FOUND, source: 1_500, follower: 1_500, mode: 'decree' });
});

test.each([
  ['digests', 'auto'],
  ['a scan', 'scan'],
] as const)('given a rate, then %s takes no less time than it leaves', async (_, method) => {
  const pair = await duplicated(1, 1_000);
  // The burst is a tenth of a second and one answer.
  const report = await pair.verify({ method, rowsPerSecond: 1_000 });
  expect(report).toMatchObject({ equal: true, source: 1_000 });
  expect(report.elapsedMs).toBeGreaterThan(300);
  await expect(pair.verify({ rowsPerSecond: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_PARAMETERS' });
});

test('given rows that expire, then a row that is gone on both sides is no difference', async () => {
  const pair = await duplicated(1, 200);
  await pair.source.put('brief', 's', 'v', { expireTsSeconds: 1 });
  await pair.follower.put('brief', 's', 'something else', { expireTsSeconds: 2 });
  expect(await pair.verify()).toMatchObject({ equal: true, source: 200, follower: 200 });
});

test('given other partition counts, then every row is looked up, and the report says so', async () => {
  const pair = await duplicated(4, 300);
  await corrupt(pair);
  await pair.west.client.createTable('eight', { partitionCount: 8 });
  const copy = await pair.west.client.table('eight');
  for await (const { hashKey, sortKey, value, expireTsSeconds = 0 } of pair.follower.scan({
    withExpiry: true,
  }))
    await copy.put(hashKey, sortKey, value, { expireTsSeconds });
  const report = await pair.verify({ follower: copy, owner: undefined });
  expect(report).toMatchObject({ ...FOUND, mode: 'scan', source: 300, follower: 300 });
  expect(report.modeReason).toContain('4 and 8 partitions');
});
