/** A source log that is damaged on disk: what stops, what goes on, and what is lost (SPEC S-GAP-1). */
import { open as openFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCluster } from '../../runtime/client/index.js';
import { explanationSchema } from '../../runtime/observe/explain.js';
import { open, type ServerOptions, TestCluster, until } from './in-process.js';

const BEFORE = 20;
const WRITTEN = 120;
/** Segments of 16 KiB: about fifteen of these rows each. */
const LIMITS = { logBytes: 64 * 1024, batchBytes: 8 * 1024 };
const textOf = (row: number) => `${row} ${'x'.repeat(1_000)}`;

async function side(options: ServerOptions) {
  const servers = await TestCluster.start({ ...options, replicas: 1, limits: LIMITS });
  const client = await openCluster({ meta: servers.metaName, timeoutMs: 3_000 });
  open.push(() => client.close());
  return { servers, client };
}

/** One partition, duplicated and paused; row n is decree n + 1, since each is one write. */
async function pausedWithRows() {
  const follower = await side({ name: 'west', id: 2 });
  const source = await side({ name: 'east', id: 1, remotes: { west: [follower.servers.metaName] } });
  await source.client.createTable('users', { partitionCount: 1 });
  const rows = await source.client.table('users');
  for (let row = 0; row < BEFORE; row++) await rows.put('user', `${row}`, textOf(row));
  const { dupid } = await source.client.addDuplication({ table: 'users', remoteCluster: 'west' });
  const status = async () => (await source.client.queryDuplication('users'))[0]?.status;
  await until('DS_LOG', async () => (await status()) === 'DS_LOG');
  await source.client.modifyDuplication('users', dupid, { status: 'DS_PAUSE' });
  const report = () => source.servers.meta.nodes.alive()[0]?.report.partitions[0];
  await until('the pause', () => report()?.duplications[0]?.state.includes('paused'));
  for (let row = BEFORE; row < WRITTEN; row++) await rows.put('user', `${row}`, textOf(row));
  const { appId } = source.servers.meta.tables.available('users') ?? { appId: 0 };
  const log = join(source.servers.configOf(0).directory, `${appId}.0`, 'log');
  const explain = async () => {
    const answer = await source.client.command(source.servers.metaName, 'bridle.explain', ['users']);
    const [explanation] = explanationSchema.array().parse(JSON.parse(answer));
    if (explanation === undefined) throw new Error('not duplicated');
    return explanation;
  };
  const here = await follower.client.table('users');
  const arrived = async () => {
    const found: number[] = [];
    for await (const { sortKey } of here.scan()) found.push(Number(sortKey.toString()));
    return found.sort((a, b) => a - b);
  };
  return { source, rows, dupid, log, explain, arrived, report };
}

/** Ruins the middle of a segment; the first decrees of it and of the one after. */
async function damage(log: string, nth: number): Promise<{ first: number; following: number }> {
  const decrees = (await readdir(log)).map((name) => Number(name.slice('log.'.length))).sort((a, b) => a - b);
  const [first, following] = [decrees[nth] ?? 0, decrees[nth + 1] ?? 0];
  expect(following).toBeGreaterThan(first + 4);
  const file = await openFile(join(log, `log.${first}`), 'r+');
  try {
    await file.write(Buffer.alloc(64, 0xa5), 0, 64, Math.floor((await file.stat()).size / 2));
  } finally {
    await file.close();
  }
  return { first, following };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('a damaged segment of the source log', () => {
  test('given fail mode slow, then what stands before it arrives, and it stops and says why', async () => {
    const { source, dupid, log, explain, arrived } = await pausedWithRows();
    const { first, following } = await damage(log, 3);

    await source.client.modifyDuplication('users', dupid, { status: 'DS_LOG' });
    const explanation = await until('the damage to be explained', async () => {
      const now = await explain();
      return now.waiting.some(({ trouble }) => trouble?.error === 'BRIDLE_LOG_DAMAGED') && now.blocked && now;
    });

    expect(explanation.progress.skippedMutations).toBe(0);
    expect(explanation.next).toContain('bridle ');
    const got = await arrived();
    expect(got).toEqual(range(0, got.length));
    expect(got.length).toBeGreaterThanOrEqual(first);
    expect(got.length).toBeLessThan(following - 1);
  });

  test('given fail mode skip, then exactly the damaged rest is lost and counted, and it goes on', async () => {
    const { source, rows, dupid, log, explain, arrived, report } = await pausedWithRows();
    const { following } = await damage(log, 3);

    await source.client.modifyDuplication('users', dupid, { status: 'DS_LOG', failMode: 'FAIL_SKIP' });
    await until('the end of the log', async () => (await arrived()).includes(WRITTEN - 1));
    await rows.put('user', `${WRITTEN}`, textOf(WRITTEN));
    await until('a later write', async () => (await arrived()).includes(WRITTEN));

    const got = await arrived();
    const lost = range(0, WRITTEN + 1).filter((row) => !got.includes(row));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost).toEqual(range(following - 1 - lost.length, following - 1));
    const explanation = await until('the count', async () => {
      const now = await explain();
      return now.progress.skippedMutations > 0 && now;
    });
    expect(explanation.progress.skippedMutations).toBe(lost.length);
    await until('what is confirmed to be what was applied', () => {
      const now = report();
      return now?.duplications[0]?.decree === now?.lastCommitted && now?.duplications[0]?.trouble === null;
    });
  });

  test('given two damaged segments in a row, then both rests are skipped', async () => {
    const { source, dupid, log, arrived, explain } = await pausedWithRows();
    const { first } = await damage(log, 3);
    const { following } = await damage(log, 4);
    await source.client.modifyDuplication('users', dupid, { status: 'DS_LOG' });
    await until('the block', async () => (await explain()).blocked);

    await source.client.modifyDuplication('users', dupid, { failMode: 'FAIL_SKIP' });

    await until('the end of the log', async () => (await arrived()).includes(WRITTEN - 1));
    const got = await arrived();
    expect(got.filter((row) => row >= following - 1)).toEqual(range(following - 1, WRITTEN));
    expect(got.filter((row) => row < first - 1)).toEqual(range(0, first - 1));
    await until(
      'the count',
      async () => (await explain()).progress.skippedMutations === WRITTEN - got.length,
    );
  });
});
