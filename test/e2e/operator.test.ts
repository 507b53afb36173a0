/** What an operator does to a duplication, on real processes: pause, start, remove, add again, fail mode. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Duplication, Table } from '../../runtime/index.js';
import {
  countRows,
  drained,
  duplicateTo,
  enforce,
  fill,
  type Pair,
  pause,
  refusalOf,
  settled,
  startPair,
  until,
} from './support.js';

let pair: Pair;

beforeAll(async () => {
  // Small, so that the log would be collected soon if nobody held on to it.
  pair = await startPair({ limits: { logBytes: 128 * 1024 } });
});

afterAll(() => pair?.[Symbol.asyncDispose]());

async function sourceTable(name: string, rows = 200, partitionCount = 4): Promise<Table> {
  await pair.source.client.createTable(name, { partitionCount });
  const table = await pair.source.client.table(name);
  await fill(table, rows);
  return table;
}

async function shipping(name: string, more: Parameters<typeof duplicateTo>[3] = {}): Promise<Duplication> {
  const duplication = await duplicateTo(pair, name, pair.follower, more);
  await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
  return duplication;
}

const followerTable = async (name: string) =>
  (await pair.follower.client.listTables()).find((table) => table.name === name);

interface PartitionView {
  readonly appId: number;
  readonly partitionIndex: number;
  readonly firstLogDecree: number;
  readonly lastCommitted: number;
  readonly logBytes: number;
  readonly duplications: readonly { readonly state: string }[];
}

/** The partitions of a table, as the source's replica servers report them. */
async function partitionsOf({ appId }: Table): Promise<PartitionView[]> {
  const replicas = pair.source.servers.servers().filter(({ role }) => role === 'replica');
  const all = await Promise.all(
    replicas.map(
      async ({ address }) =>
        (await (await fetch(`http://${address}/replica/partitions`)).json()) as PartitionView[],
    ),
  );
  return all.flat().filter((partition) => partition.appId === appId);
}

/** A removal is answered when it is durable; the replica servers hear of it with their next sync. */
async function stoppedEverywhere(table: Table): Promise<void> {
  await until('every partition to be free of duplications', async () =>
    (await partitionsOf(table)).every(({ duplications }) => duplications.length === 0),
  );
}

/** The only partition of a table. */
async function logOf(table: Table): Promise<PartitionView> {
  const [only] = await partitionsOf(table);
  if (only === undefined) throw new Error(`no server holds table ${table.name}`);
  return only;
}

/** A pause is durable when it is answered; the replica servers hear of it with their next report. */
async function pauseEverywhere(duplication: Duplication, table: Table): Promise<void> {
  await duplication.pause();
  await until('every partition to pause', async () => {
    const partitions = await partitionsOf(table);
    return partitions.every(({ duplications }) => duplications.every(({ state }) => state === 'paused'));
  });
}

describe('given a duplication in DS_LOG', () => {
  test('when it is paused, then writes go on and the lag shows; the pause survives kill -9 of the meta; started again it catches up', async () => {
    const table = await sourceTable('paused');
    await using duplication = await shipping('paused');
    await drained(duplication);

    await pauseEverywhere(duplication, table);
    await fill(table, 120, 1);

    const behind = await duplication.waitFor((now) => (now.lagDecrees ?? 0) >= 120, { timeoutMs: 10_000 });
    expect([behind.status, behind.stage, behind.blocked]).toEqual(['DS_PAUSE', 'paused', false]);
    expect((await duplication.explain()).next).toBe('bridle start paused');
    const copy = await pair.follower.client.table('paused');
    expect(String(await copy.get('row-7', 's1'))).toMatch(/^7\/0\//);

    const before = pair.source.servers.servers().find(({ role }) => role === 'meta')?.pid;
    await pair.source.servers.kill('meta', 0, 'SIGKILL');
    await until('the meta to be back', () => {
      const now = pair.source.servers.servers().find(({ role }) => role === 'meta');
      return now?.pid !== null && now?.pid !== before;
    });
    const still = await until('an account after the restart', () =>
      duplication.explain({ timeoutMs: 2_000 }).catch(() => null),
    );
    expect(still.status).toBe('DS_PAUSE');
    await pause(500);
    expect((await duplication.explain()).status).toBe('DS_PAUSE');
    expect(String(await copy.get('row-7', 's1'))).toMatch(/^7\/0\//);

    await duplication.start();
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: 200 });
    expect(String(await copy.get('row-7', 's1'))).toMatch(/^7\/1\//);
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });

  test('when its log grows, then nothing is collected before it is confirmed, and what is confirmed or of nobody’s use any more is', async () => {
    const table = await sourceTable('logged', 10, 1);
    await using duplication = await shipping('logged');
    await drained(duplication);
    await pauseEverywhere(duplication, table);
    const paused = await duplication.waitFor('DS_PAUSE');
    const confirmed = paused.partitions[0]!.confirmedDecree;
    const value = 'x'.repeat(4_000);
    const write = async (round: number) => {
      const keys = Array.from({ length: 150 }, (_, i) => `big-${i}`);
      await Promise.all(keys.map((key) => table.put(key, '', `${round} ${value}`)));
    };

    await write(1);
    const kept = await until('a log far over its limit', async () => {
      const log = await logOf(table);
      return log.logBytes > 4 * 128 * 1024 && log;
    });
    expect(kept.firstLogDecree).toBeLessThanOrEqual(confirmed + 1);
    // Several rounds of maintenance later.
    await pause(1_000);
    expect((await logOf(table)).firstLogDecree).toBeLessThanOrEqual(confirmed + 1);

    await duplication.start();
    await drained(duplication);
    const { partitions } = await duplication.waitFor('DS_LOG');
    const collected = await until('the confirmed part to be collected', async () => {
      const log = await logOf(table);
      return log.firstLogDecree > confirmed + 1 && log;
    });
    expect(collected.firstLogDecree).toBeLessThanOrEqual(partitions[0]!.confirmedDecree + 1);
    expect(collected.logBytes).toBeLessThan(kept.logBytes);

    await pauseEverywhere(duplication, table);
    await write(2);
    const held = await logOf(table);
    await duplication.remove({ wait: true, timeoutMs: 10_000 });
    await until('the log to be released', async () => {
      const log = await logOf(table);
      return log.firstLogDecree > held.firstLogDecree + 100 && log.logBytes < held.logBytes;
    });
    expect(await countRows(table)).toBe(160);
    await pair.follower.client.dropTable('logged');
  });

  test('when the fail mode is changed, then it stays, also over the change from DS_APP to DS_LOG and over a pause', async () => {
    await sourceTable('modes', 20);
    const replicas = pair.follower.servers.servers().filter(({ role }) => role === 'replica');
    await enforce(
      pair.source,
      replicas.map(({ address }) => ({ effect: 'drop' as const, peer: address, operation: '*' })),
    );
    await using duplication = await duplicateTo(pair, 'modes', pair.follower);
    await duplication.waitFor('DS_APP', { timeoutMs: 20_000 });
    await duplication.setFailMode('skip');
    expect(await duplication.explain()).toMatchObject({ status: 'DS_APP', failMode: 'FAIL_SKIP' });

    await enforce(pair.source, []);
    await duplication.retry();
    await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
    expect(await duplication.explain()).toMatchObject({ status: 'DS_LOG', failMode: 'FAIL_SKIP' });
    await duplication.pause();
    expect(await duplication.explain()).toMatchObject({ status: 'DS_PAUSE', failMode: 'FAIL_SKIP' });
    await duplication.setFailMode('slow');
    expect(await duplication.explain()).toMatchObject({ status: 'DS_PAUSE', failMode: 'FAIL_SLOW' });
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });
});

describe('given a duplication that is removed', () => {
  test('when the follower table is kept, then it keeps its rows, and adding again is refused with its owner until it is dropped', async () => {
    const table = await sourceTable('kept');
    await using first = await shipping('kept');
    await drained(first);

    await first.remove({ wait: true, follower: 'keep', timeoutMs: 10_000 });
    expect(await pair.source.client.listDuplications('kept')).toEqual([]);
    expect(await countRows(await pair.follower.client.table('kept'))).toBe(200);
    await stoppedEverywhere(table);
    await table.put('after', '', 'not shipped any more');
    expect(await (await pair.follower.client.table('kept')).get('after', '')).toBeUndefined();

    const refusal = await refusalOf(duplicateTo(pair, 'kept', pair.follower));
    expect(refusal.code).toBe('ERR_APP_EXIST');
    expect(refusal.hint).toContain(`east/kept/${first.id}`);
    expect(await pair.source.client.listDuplications('kept')).toEqual([]);

    await pair.follower.client.dropTable('kept');
    await using second = await shipping('kept');
    expect(second.id).not.toBe(first.id);
    expect(await settled(second, pair.follower.client)).toMatchObject({ equal: true, follower: 201 });

    // The same with one word: the operator allows the replacement.
    await second.remove({ wait: true, follower: 'keep', timeoutMs: 10_000 });
    await table.put('later', '', 'in the third copy');
    await using third = await shipping('kept', { existingTable: 'replace' });
    expect(await settled(third, pair.follower.client)).toMatchObject({ equal: true, follower: 202 });
    await third.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });

  test('when the follower table is to be dropped, then it is gone, and adding again makes a full copy', async () => {
    const table = await sourceTable('dropped');
    await using first = await shipping('dropped');
    await first.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
    await until('the follower table to be gone', async () => (await followerTable('dropped')) === undefined);
    await fill(table, 250, 1);

    await using second = await shipping('dropped');
    expect(await settled(second, pair.follower.client)).toMatchObject({ equal: true, follower: 250 });
    await second.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
    // Nothing stands in the way of dropping the source table now.
    await pair.source.client.dropTable('dropped');
  });
});

describe('given a second follower cluster', () => {
  test('when a table is duplicated to both, then each has its own duplication, and removing one leaves the other', async () => {
    const north = await pair.startAnother({ name: 'north', id: 3, replicas: 1 });
    const table = await sourceTable('twice');
    await using west = await shipping('twice');
    await using third = await duplicateTo(pair, 'twice', north);
    await third.waitFor('DS_LOG', { timeoutMs: 20_000 });
    expect(third.id).not.toBe(west.id);
    await fill(table, 220, 1);
    expect(await settled(west, pair.follower.client)).toMatchObject({ equal: true, follower: 220 });
    expect(await settled(third, north.client)).toMatchObject({ equal: true, follower: 220 });

    await west.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
    await fill(table, 240, 2);
    expect(await settled(third, north.client)).toMatchObject({ equal: true, follower: 240 });
    const left = await pair.source.client.listDuplications('twice');
    expect(left.map(({ dupid, status }) => [dupid, status])).toEqual([[third.id, 'DS_LOG']]);
  });
});
