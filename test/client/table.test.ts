import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BridleError,
  BulkWriter,
  type Cluster,
  openCluster,
  type Table,
} from '../../runtime/client/index.js';
import { FakeCluster } from './fake-cluster.js';

let fake: FakeCluster;
let cluster: Cluster;
let table: Table;
beforeEach(async () => {
  fake = await FakeCluster.start({ replicas: 2 });
  fake.addTable('t', 8);
  cluster = await openCluster({ meta: fake.metaList, timeoutMs: 5000 });
  table = await cluster.table('t');
});
afterEach(async () => {
  await cluster.close();
  await fake[Symbol.asyncDispose]();
});

async function keysOf(rows: AsyncIterable<{ hashKey: Buffer; sortKey: Buffer }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const row of rows) keys.push(`${row.hashKey}/${row.sortKey}`);
  return keys;
}

describe('rows', () => {
  it('puts, gets, removes; strings and bytes alike', async () => {
    await table.put('ä', new Uint8Array([0, 255]), 'wert');
    expect((await table.get(Buffer.from('ä'), new Uint8Array([0, 255])))?.toString()).toBe('wert');
    expect(await table.ttl('ä', new Uint8Array([0, 255]))).toBe(-1);
    await table.remove('ä', new Uint8Array([0, 255]));
    expect(await table.get('ä', new Uint8Array([0, 255]))).toBeUndefined();
    expect(await table.ttl('ä', 'x')).toBeUndefined();
  });

  it('handles many rows of one hash key, page by page', async () => {
    await table.multiPut(
      'h',
      ['e', 'a', 'c', 'b', 'd'].map((sortKey) => ({ sortKey, value: `v${sortKey}` })),
    );
    const all = await table.multiGet('h');
    expect(all.rows.map((row) => row.sortKey.toString()).join('')).toBe('abcde');
    expect(all.complete).toBe(true);
    expect((await table.multiGet('h', { maxCount: 3 })).complete).toBe(false);
    expect((await table.multiGet('h', { sortKeys: ['b', 'x'] })).rows.length).toBe(1);
    expect(await table.multiRemove('h', ['a', 'b', 'nope'])).toBe(2);
    expect(await table.sortKeyCount('h')).toBe(3);
  });

  it('refuses what a server would refuse or abort on', async () => {
    const codeOf = (call: Promise<unknown>) => call.catch((error: BridleError) => error.code);
    expect(await codeOf(table.put('k', '', Buffer.alloc(1_048_576)))).toBe('BRIDLE_VALUE_TOO_LARGE');
    expect(await codeOf(table.put('k'.repeat(65_535), '', ''))).toBe('ERR_INVALID_PARAMETERS');
    expect(await codeOf(table.multiGet(''))).toBe('ERR_INVALID_PARAMETERS');
    expect(await codeOf(table.put('k', '', '', { ttlSeconds: -1 }))).toBe('ERR_INVALID_PARAMETERS');
    await table.put('big', '', Buffer.alloc(1_000_000, 1));
    expect((await table.get('big', ''))?.length).toBe(1_000_000);
  });

  it('finds the primary that moved', async () => {
    await table.put('a', 's', '1');
    const moved = fake.tables.get('t');
    moved?.primaries.fill(1);
    for (const key of ['a', 'b', 'c', 'd']) await table.put(key, 's', '2');
    expect((await table.get('a', 's'))?.toString()).toBe('2');
  });

  it('survives a server that is killed and comes back', async () => {
    await fake.killReplica(0);
    const puts = Array.from({ length: 50 }, (_, at) => table.put(`k${at}`, 's', 'v'));
    setTimeout(() => void fake.restartReplica(0), 300);
    await Promise.all(puts);
    expect(fake.rowCount('t')).toBe(50);
  });

  it('gives up at the deadline with the reason, and sees that a table is gone', async () => {
    fake.tables.get('t')?.primaries.fill(-1);
    const error = await table.put('a', 's', 'v', { timeoutMs: 300 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BridleError);
    expect((error as BridleError).code).toBe('ERR_INVALID_STATE');
    fake.tables.delete('t');
    await expect(table.get('a', 's', { timeoutMs: 2000 })).rejects.toMatchObject({
      code: 'ERR_APP_NOT_EXIST',
    });
  });

  it('repeats a put whose answer was lost', async () => {
    fake.loseAnswers.set('RPC_RRDB_RRDB_PUT', 1);
    await table.put('a', 's', 'v', { timeoutMs: 1500 });
    expect(fake.count('RPC_RRDB_RRDB_PUT')).toBe(2);
  });
});

describe('scans', () => {
  beforeEach(() => {
    for (let at = 0; at < 200; at++) fake.set('t', `h${at % 20}`, `s${at}`, `v${at}`, at === 7 ? 99 : 0);
  });

  it('delivers each row once, each partition in raw key order', async () => {
    expect(new Set(await keysOf(table.scan({ batchRows: 7 }))).size).toBe(200);
    const keys: Buffer[] = [];
    for await (const row of table.scanPartition(3, { batchRows: 3 })) keys.push(row.rawKey);
    expect(keys).toEqual([...keys].sort(Buffer.compare));
  });

  it('opens a new scanner behind the last row when one is forgotten, its answer lost, its server killed', async () => {
    const iterator = table.scan({ batchRows: 5, timeoutMs: 2000 });
    const seen: string[] = [];
    for await (const row of iterator) {
      seen.push(row.rawKey.toString('latin1'));
      if (seen.length === 20) fake.forgetScanners = true;
      if (seen.length === 40) fake.loseAnswers.set('RPC_RRDB_RRDB_SCAN', 1);
      if (seen.length === 80) {
        await fake.killReplica(1);
        setTimeout(() => void fake.restartReplica(1), 200);
      }
      if (seen.length === 150) fake.tables.get('t')?.primaries.fill(0);
    }
    expect(seen.length).toBe(200);
    expect(new Set(seen).size).toBe(200);
  });

  it('can leave out values, add expiry, and be left early', async () => {
    for await (const row of table.scan({ noValue: true, withExpiry: true })) {
      expect(row.value.length).toBe(0);
      expect(row.expireTsSeconds).toBe(row.sortKey.toString() === 's7' ? 99 : 0);
    }
    for await (const _ of table.scan({ batchRows: 2 })) break;
    await expect.poll(() => fake.count('RPC_RRDB_RRDB_CLEAR_SCANNER')).toBe(1);
  });
});

describe('BulkWriter', () => {
  it('keeps the order of writes to one key, and its bounds', async () => {
    fake.putDelayMs = 2;
    const writer = new BulkWriter(table, { maxInFlightRows: 16 });
    for (let at = 0; at < 100; at++) {
      await writer.write({ hashKey: `h${at % 5}`, sortKey: 's', value: String(at) });
      expect(writer.rowsInFlight).toBeLessThanOrEqual(16);
    }
    await writer.flush();
    expect(fake.maxInFlightPerKey).toBe(1);
    expect(writer.rowsWritten).toBe(100);
    expect((await table.get('h4', 's'))?.toString()).toBe('99');
  });

  it('ends with the first failure', async () => {
    const writer = new BulkWriter(table, { timeoutMs: 200 });
    fake.tables.get('t')?.primaries.fill(-1);
    await writer.write({ hashKey: 'a', sortKey: 's', value: 'v' });
    await expect(writer.flush()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await expect(writer.write({ hashKey: 'b', sortKey: 's', value: 'v' })).rejects.toBeInstanceOf(
      BridleError,
    );
    expect(writer.rowsWritten).toBe(0);
  });

  it('can be canceled while a server is away', async () => {
    fake.tables.get('t')?.primaries.fill(-1);
    const abort = new AbortController();
    const writer = new BulkWriter(table, { signal: abort.signal });
    await writer.write({ hashKey: 'a', sortKey: 's', value: 'v' });
    setTimeout(() => abort.abort(), 50);
    await expect(writer.flush()).rejects.toMatchObject({ code: 'ERR_THREAD_INTERRUPTED' });
  });
});
