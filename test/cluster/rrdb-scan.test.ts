import { describe, expect, test } from 'vitest';
import { FilterType, type Request } from '../../runtime/pegasus/index.js';
import { b, keysOf, origin, raw, scanner, serve } from './rrdb.js';

describe('scans', () => {
  async function withTable(rows = 10) {
    const served = await serve();
    for (let i = 0; i < rows; i++) await served.put(raw(`h${i % 3}`, `s${i}`), `v${i}`, i === 1 ? 2_000 : 0);
    const open = (over: Partial<Request<'RPC_RRDB_RRDB_GET_SCANNER'>>) =>
      served.call('RPC_RRDB_RRDB_GET_SCANNER', scanner(over));
    const next = (contextId: number) => served.call('RPC_RRDB_RRDB_SCAN', { contextId });
    const all = async (over: Partial<Request<'RPC_RRDB_RRDB_GET_SCANNER'>>) => {
      let response = await open(over);
      const batches = [response];
      while (response.contextId >= 0) {
        response = await next(response.contextId);
        batches.push(response);
      }
      return { batches, keys: batches.flatMap(keysOf) };
    };
    return { ...served, open, next, all };
  }
  const everyKey = Array.from({ length: 10 }, (_, i) => raw(`h${i % 3}`, `s${i}`).toString('latin1')).sort();

  test('a table comes in batches, each row once, in key order', async () => {
    const { all } = await withTable();
    for (const batchSize of [1, 3, 10, 100, 0]) {
      const { batches, keys } = await all({ batchSize });
      expect(keys).toEqual(everyKey);
      expect(batches.length).toBe(batchSize > 0 ? Math.ceil(10 / batchSize) : 1);
      expect(batches.at(-1)).toMatchObject({ error: 0, contextId: -1, ...origin });
    }
    expect((await all({ stopKey: b('') })).keys).toEqual(everyKey);
  });

  test('bounds, filters, counts and expiries', async () => {
    const { all, open } = await withTable();
    const bounds = { startKey: raw('h0', 's3'), stopKey: raw('h0', 's9') };
    expect((await all(bounds)).keys).toEqual([raw('h0', 's3'), raw('h0', 's6')].map(String));
    const flipped = await all({ ...bounds, startInclusive: false, stopInclusive: true });
    expect(flipped.keys).toEqual([raw('h0', 's6'), raw('h0', 's9')].map(String));
    const hash = { hashKeyFilterType: FilterType.POSTFIX, hashKeyFilterPattern: b('1'), batchSize: 1 };
    expect((await all(hash)).keys).toEqual([raw('h1', 's1'), raw('h1', 's4'), raw('h1', 's7')].map(String));
    const both = { ...hash, sortKeyFilterType: FilterType.ANYWHERE, sortKeyFilterPattern: b('4') };
    expect((await all(both)).keys).toEqual([raw('h1', 's4')].map(String));
    expect(await open({ sortKeyFilterType: 7 })).toMatchObject({ error: 4, kvs: [] });
    const counted = await all({ onlyReturnCount: true, batchSize: 4 });
    expect(counted.batches.map(({ kvCount }) => kvCount)).toEqual([4, 4, 2]);
    expect(counted.keys).toEqual([]);
    const { kvs } = await open({
      returnExpireTs: true,
      noValue: true,
      startKey: raw('h1', 's1'),
      batchSize: 2,
    });
    expect(kvs.map(({ expireTsSeconds, value }) => [expireTsSeconds, value.length])).toEqual([
      [2_000, 0],
      [0, 0],
    ]);
    expect((await open({})).kvs[0]?.expireTsSeconds).toBeUndefined();
  });

  test('a reply ends after about a mebibyte', async () => {
    const { put, all } = await withTable(0);
    for (let i = 0; i < 6; i++) await put(raw('h', `${i}`), 'x'.repeat(400_000));
    const { batches, keys } = await all({});
    expect(batches.map(({ kvs }) => kvs.length)).toEqual([3, 3]);
    expect(keys.length).toBe(6);
  });

  test('rows that are written meanwhile do not disturb the others', async () => {
    const { open, next, put, call } = await withTable();
    const first = await open({ batchSize: 4 });
    await put(raw('a', ''), 'behind the scan');
    await call('RPC_RRDB_RRDB_REMOVE', first.kvs[3]?.key ?? b(''));
    const second = await next(first.contextId);
    expect([...keysOf(first), ...keysOf(second)].slice(0, 8)).toEqual(everyKey.slice(0, 8));
  });

  test('a context serves once, its own partition only, until it is cleared, idle too long or crowded out', async () => {
    const { open, next, call, clock } = await withTable();
    const gone = { error: 1, contextId: -2, kvs: [] };
    const { contextId } = await open({ batchSize: 2 });
    const { contextId: second } = await next(contextId);
    expect(await next(contextId)).toMatchObject(gone);
    await expect(
      call('RPC_RRDB_RRDB_SCAN', { contextId: second }, { gpid: { appId: 9, partitionIndex: 0 } }),
    ).rejects.toMatchObject({ code: 'ERR_OBJECT_NOT_FOUND' });
    expect(await call('RPC_RRDB_RRDB_CLEAR_SCANNER', second)).toBeUndefined();
    expect(await next(second)).toMatchObject(gone);
    const idle = await open({ batchSize: 2 });
    clock.now += 5 * 60;
    expect(await next(idle.contextId)).toMatchObject(gone);
    const oldest = await open({ batchSize: 2 });
    const younger = await open({ batchSize: 2 });
    for (let i = 0; i < 999; i++) await open({ batchSize: 2 });
    expect(await next(oldest.contextId)).toMatchObject(gone);
    expect((await next(younger.contextId)).error).toBe(0);
    expect(await next(12_345)).toMatchObject(gone);
  });

  test('rows of other partitions are left out unless their hash is not to be validated', async () => {
    // What a partition has left over from before a split.
    const { store, service: _, ...rest } = await withTable();
    const half = await serve({ partitionCount: 2, store });
    const kept = keysOf(await half.call('RPC_RRDB_RRDB_GET_SCANNER', scanner({})));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(10);
    expect(
      keysOf(await half.call('RPC_RRDB_RRDB_GET_SCANNER', scanner({ validatePartitionHash: false }))),
    ).toEqual(everyKey);
    expect((await rest.all({})).keys).toEqual(everyKey);
  });
});
