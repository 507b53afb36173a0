/**
 * A full disk, without being root: the size that a process may give its files is limited while it runs
 * (`prlimit --fsize`, util-linux), so that every write that makes a file longer fails, and nothing else does.
 * Documented: no restart is needed once there is room again.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Duplication, Table } from '../../runtime/index.js';
import {
  drained,
  duplicateTo,
  fill,
  LedgerWriter,
  type Pair,
  pidsOf,
  refusalOf,
  type Side,
  settled,
  startPair,
  until,
} from './support.js';

const run = promisify(execFile);

let pair: Pair;
let pids: number[];

beforeAll(async () => {
  // Log segments stay below the limit that the engine's files exceed: either of them can be the first to fail.
  pair = await startPair({ limits: { logBytes: 128 * 1024 } });
  pids = [...pidsOf(pair.source.servers), ...pidsOf(pair.follower.servers)];
});

afterAll(() => pair?.[Symbol.asyncDispose]());

afterEach(async () => {
  for (const side of [pair.source, pair.follower]) {
    await limit(side, 'meta', 'unlimited');
    await limit(side, 'replica', 'unlimited');
  }
  // Nobody died of it.
  expect([...pidsOf(pair.source.servers), ...pidsOf(pair.follower.servers)]).toEqual(pids);
});

/** Of every server of a role: how long a file may become from now on. The hard limit stays. */
async function limit(side: Side, role: 'meta' | 'replica', bytes: number | 'unlimited'): Promise<void> {
  for (const server of side.servers.servers()) {
    if (server.role === role) await run('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:`]);
  }
}

async function shipping(name: string, partitionCount: number): Promise<[Table, Duplication]> {
  await pair.source.client.createTable(name, { partitionCount });
  const table = await pair.source.client.table(name);
  await fill(table, 100);
  const duplication = await duplicateTo(pair, name, pair.follower);
  await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
  return [table, duplication];
}

/** Works again by itself: a put succeeds. */
const takesWrites = (table: Table) =>
  until('a write to be taken', () =>
    table.put('room', 'again', 'yes', { timeoutMs: 1_000 }).then(
      () => true,
      () => false,
    ),
  );

describe('given a replica server of the source whose disk is full', () => {
  test('when rows are written, then they are refused with ERR_DISK_INSUFFICIENT, nothing acknowledged is lost, and with room it works again', async () => {
    const [table, duplication] = await shipping('full', 4);
    await using _ = duplication;
    const writer = new LedgerWriter(table, { rows: 100, timeoutMs: 1_000 }).start();
    await until('the writer to write', () => writer.acknowledged > 100);

    await limit(pair.source, 'replica', 0);
    const refusal = await refusalOf(table.put('one', 'more', 'x'.repeat(100), { timeoutMs: 3_000 }));
    expect(refusal.code).toBe('ERR_DISK_INSUFFICIENT');
    expect(refusal.kind).toBe('operator');
    expect(refusal.next).not.toBe('');
    expect(await table.get('one', 'more')).toBeUndefined();
    expect(String(await table.get('row-7', 's1'))).toMatch(/^7\/0\//);
    await until('a write of the writer to fail', () => writer.unknown > 0);

    await limit(pair.source, 'replica', 'unlimited');
    await takesWrites(table);
    const before = writer.acknowledged;
    await until('the writer to go on', () => writer.acknowledged > before + 50);
    await writer.stop();

    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true });
    expect(await writer.lostIn(table)).toEqual([]);
    expect(await writer.lostIn(await pair.follower.client.table('full'))).toEqual([]);
  });

  test('when the log has room and the engine has not, then the partition is opened again by itself and shows every acknowledged write', async () => {
    const [table, duplication] = await shipping('engine', 1);
    await using _ = duplication;
    const value = 'v'.repeat(2_000);
    for (let i = 0; i < 60; i++) await table.put(`big-${i}`, '', value);

    await limit(pair.source, 'replica', 60 * 1024);
    const refusal = await refusalOf(table.put('beyond', '', 'maybe', { timeoutMs: 2_000 }));
    expect(['ERR_DISK_INSUFFICIENT', 'ERR_INVALID_STATE']).toContain(refusal.code);
    expect(String(await table.get('big-7', ''))).toBe(value);

    await limit(pair.source, 'replica', 'unlimited');
    await takesWrites(table);

    for (let i = 0; i < 60; i++) expect(String(await table.get(`big-${i}`, ''))).toBe(value);
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true });
  });
});

describe('given a replica server of the follower whose disk is full', () => {
  test('when the log is shipped to it, then the source says so and keeps the log, and with room it catches up', async () => {
    const [table, duplication] = await shipping('behind', 4);
    await using _ = duplication;
    await drained(duplication);

    await limit(pair.follower, 'replica', 0);
    await fill(table, 100, 1);
    const line = await until('the source to tell why', async () => {
      const { line: text } = await duplication.explain();
      return /ERR_DISK_INSUFFICIENT/.test(text) && text;
    });
    expect(line).toContain('DS_LOG');

    await limit(pair.follower, 'replica', 'unlimited');
    await duplication.retry();
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: 100 });
  });

  test('when a full copy arrives, then it waits with the reason, and with room it is completed', async () => {
    await pair.source.client.createTable('copy', { partitionCount: 4 });
    await fill(await pair.source.client.table('copy'), 200);
    await limit(pair.follower, 'replica', 0);
    await using duplication = await duplicateTo(pair, 'copy', pair.follower);
    const told = await until('the reason', async () => {
      const { waiting, status } = await duplication.explain();
      const errors = waiting.map(({ trouble }) => trouble?.error);
      return status === 'DS_APP' && errors.includes('ERR_DISK_INSUFFICIENT') && errors;
    });
    expect(told).toContain('ERR_DISK_INSUFFICIENT');

    await limit(pair.follower, 'replica', 'unlimited');
    await duplication.retry();
    await duplication.waitFor('DS_LOG', { timeoutMs: 25_000 });
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: 200 });
  });
});

describe('given a meta server whose disk is full', () => {
  test('when something is to be changed, then it is refused, rows are served meanwhile, and with room it works again', async () => {
    const [table, duplication] = await shipping('metafull', 2);
    await using _ = duplication;
    await drained(duplication);

    await limit(pair.source, 'meta', 0);
    const create = await refusalOf(
      pair.source.client.createTable('noroom', { partitionCount: 2, timeoutMs: 3_000 }),
    );
    expect(create.code).toBe('ERR_DISK_INSUFFICIENT');
    await fill(table, 100, 1);
    expect((await pair.source.client.listTables()).map(({ name }) => name)).not.toContain('noroom');
    expect((await duplication.explain()).status).toBe('DS_LOG');

    await limit(pair.source, 'meta', 'unlimited');
    await pair.source.client.createTable('noroom', { partitionCount: 2, timeoutMs: 10_000 });
    await duplication.pause();
    await duplication.start();
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: 100 });
  });

  test('when a duplication is paused without room, then it is paused as soon as there is room, and never seen so before', async () => {
    const [, duplication] = await shipping('pausefull', 2);
    await using _ = duplication;
    await limit(pair.source, 'meta', 0);
    const asked = duplication.pause({ timeoutMs: 15_000 }).then(
      () => null,
      (error: unknown) => error,
    );
    await until('the account of it', async () => {
      const { status, line } = await duplication.explain();
      expect(status).toBe('DS_LOG');
      return line !== '';
    });
    await limit(pair.source, 'meta', 'unlimited');
    await asked;
    await duplication.waitFor('DS_PAUSE', { timeoutMs: 10_000 });
    await duplication.start();
    await duplication.waitFor('DS_LOG', { timeoutMs: 10_000 });
  });
});
