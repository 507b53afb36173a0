import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { RrdbService, rrdbApply, type ServingPartition } from '../../runtime/cluster/rrdb/index.js';
import {
  encodeRawKey,
  FilterType,
  type Handler,
  PEGASUS_EPOCH_SECONDS,
  type Request,
  type RequestContext,
  type Response,
  type RpcCode,
  threadHashOf,
} from '../../runtime/pegasus/index.js';
import { MemoryEngine, PartitionStore } from '../../runtime/store/index.js';

const gpid = { appId: 2, partitionIndex: 0 };
const server = '127.0.0.1:34801';
const origin = { appId: 2, partitionIndex: 0, server };
const b = (text: string) => Buffer.from(text, 'latin1');
const raw = (hashKey: string, sortKey: string) => encodeRawKey(b(hashKey), b(sortKey));

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** One partition of a table, behind a service whose clock stands at `clock.now` (pegasus epoch seconds). */
async function serve(over: Partial<ServingPartition> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'rrdb-'));
  cleanUps.push(() => rm(directory, { recursive: true }));
  const apply = rrdbApply({ clusterId: 1 });
  const store = await PartitionStore.open({ directory, apply, openEngine: () => MemoryEngine.open() });
  cleanUps.push(() => store.close());
  const clock = { now: 1_000 };
  const partition: ServingPartition = {
    gpid,
    partitionCount: 1,
    store,
    owner: null,
    writable: true,
    ...over,
  };
  const service = new RrdbService({
    partition: ({ appId, partitionIndex }) =>
      appId === partition.gpid.appId && partitionIndex === partition.gpid.partitionIndex
        ? partition
        : undefined,
    clusterId: 1,
    serverAddress: server,
    nowSeconds: () => PEGASUS_EPOCH_SECONDS + clock.now,
  });
  const call = async <C extends RpcCode>(
    code: C,
    request: Request<C>,
    context: Partial<RequestContext> = {},
  ) => {
    const at = context.gpid ?? partition.gpid;
    const handler = service.handlers[code] as Handler<C>;
    return (await handler(request, {
      code,
      peer: { host: '127.0.0.1', port: 1 },
      protocol: 'thft',
      gpid: at,
      partitionHash: 0n,
      threadHash: threadHashOf(at),
      timeoutMs: 1_000,
      signal: new AbortController().signal,
      ...context,
    })) as Response<C>;
  };
  const put = (key: Buffer, value: string, expireTsSeconds = 0) =>
    call('RPC_RRDB_RRDB_PUT', { key, value: b(value), expireTsSeconds });
  return { store, clock, call, put, service };
}

const scanner = (
  over: Partial<Request<'RPC_RRDB_RRDB_GET_SCANNER'>>,
): Request<'RPC_RRDB_RRDB_GET_SCANNER'> => ({
  startKey: b('\0\0'),
  stopKey: b('\xff\xff'),
  startInclusive: true,
  stopInclusive: false,
  batchSize: 100,
  noValue: false,
  hashKeyFilterType: FilterType.NO_FILTER,
  hashKeyFilterPattern: b(''),
  sortKeyFilterType: FilterType.NO_FILTER,
  sortKeyFilterPattern: b(''),
  ...over,
});

const keysOf = (response: { readonly kvs: readonly { readonly key: Buffer }[] }) =>
  response.kvs.map(({ key }) => key.toString('latin1'));

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
