import { describe, expect, onTestFinished, test } from 'vitest';
import {
  encodeRawKey,
  FilterType,
  keyHash,
  partitionIndex,
  type Request,
  type RequestContext,
  RpcClient,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import { b, gpid, keysOf, origin, raw, scanner, serve } from './rrdb.js';

const multiGet = (over: Partial<Request<'RPC_RRDB_RRDB_MULTI_GET'>>): Request<'RPC_RRDB_RRDB_MULTI_GET'> => ({
  hashKey: b('h'),
  sortKeys: [],
  maxKvCount: -1,
  maxKvSize: -1,
  noValue: false,
  startSortkey: b(''),
  stopSortkey: b(''),
  startInclusive: true,
  stopInclusive: false,
  sortKeyFilterType: FilterType.NO_FILTER,
  sortKeyFilterPattern: b(''),
  reverse: false,
  ...over,
});

describe('single rows', () => {
  test('a row can be read once its put is answered, and is gone once its remove is', async () => {
    const { put, call } = await serve();
    const key = raw('h', 's');
    expect(await put(key, 'v')).toEqual({ error: 0, decree: 1, ...origin });
    expect(await call('RPC_RRDB_RRDB_GET', key)).toEqual({ error: 0, value: b('v'), ...origin });
    expect(await call('RPC_RRDB_RRDB_TTL', key)).toEqual({ error: 0, ttlSeconds: -1, ...origin });
    expect(await call('RPC_RRDB_RRDB_REMOVE', key)).toEqual({ error: 0, decree: 2, ...origin });
    expect(await call('RPC_RRDB_RRDB_GET', key)).toEqual({ error: 1, value: b(''), ...origin });
    expect((await call('RPC_RRDB_RRDB_TTL', key)).error).toBe(1);
  });

  test('a row is there until the second it expires in, for every kind of read', async () => {
    const { put, call, clock } = await serve();
    await put(raw('h', 'a'), 'v', 1_010);
    await put(raw('h', 'b'), 'v');
    const look = async () => ({
      get: (await call('RPC_RRDB_RRDB_GET', raw('h', 'a'))).error,
      ttl: (await call('RPC_RRDB_RRDB_TTL', raw('h', 'a'))).ttlSeconds,
      count: (await call('RPC_RRDB_RRDB_SORTKEY_COUNT', b('h'))).count,
      range: keysOf(await call('RPC_RRDB_RRDB_MULTI_GET', multiGet({}))),
      listed: keysOf(await call('RPC_RRDB_RRDB_MULTI_GET', multiGet({ sortKeys: [b('a'), b('b')] }))),
      scan: keysOf(await call('RPC_RRDB_RRDB_GET_SCANNER', scanner())).length,
      batch: (await call('RPC_RRDB_RRDB_BATCH_GET', { keys: [{ hashKey: b('h'), sortKey: b('a') }] })).data
        .length,
    });
    clock.now = 1_009;
    expect(await look()).toEqual({
      get: 0,
      ttl: 1,
      count: 2,
      range: ['a', 'b'],
      listed: ['a', 'b'],
      scan: 2,
      batch: 1,
    });
    clock.now = 1_010;
    expect(await look()).toEqual({
      get: 1,
      ttl: 0,
      count: 1,
      range: ['b'],
      listed: ['b'],
      scan: 1,
      batch: 0,
    });
  });

  test('the same over a socket', async () => {
    const { service } = await serve();
    const rpcServer = new RpcServer({ handlers: service.handlers });
    onTestFinished(() => rpcServer.close());
    const address = await rpcServer.listen({ host: '127.0.0.1', port: 0 });
    const client = new RpcClient({ protocol: 'thft' });
    onTestFinished(async () => client.close());
    const key = raw('h', 's');
    const call = { gpid, partitionHash: keyHash(b('h'), b('s')), timeoutMs: 5_000 };
    const put = await client.call(
      address,
      'RPC_RRDB_RRDB_PUT',
      { key, value: b('v'), expireTsSeconds: 0 },
      call,
    );
    expect(put).toEqual({ error: 0, decree: 1, ...origin });
    expect((await client.call(address, 'RPC_RRDB_RRDB_GET', key, call)).value).toEqual(b('v'));
    const wrong = client.call(address, 'RPC_RRDB_RRDB_GET', b('x'), call);
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_INVALID_PARAMETERS' });
  });
});

describe('what a real server aborts on is refused', () => {
  const foreign = ['a', 'b', 'c', 'd', 'e'].find((h) => partitionIndex(b(h), b(''), 4) !== 0) ?? '';
  const own = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].find((h) => partitionIndex(b(h), b(''), 4) === 0) ?? '';
  const key = raw(own, 's');
  const cases: [string, string, Buffer, Partial<RequestContext>][] = [
    ['a partition that is not here', 'ERR_OBJECT_NOT_FOUND', key, { gpid: { appId: 9, partitionIndex: 0 } }],
    ['a wrong thread hash', 'ERR_INVALID_PARAMETERS', key, { threadHash: 1 }],
    ['the hash of another key', 'ERR_INVALID_PARAMETERS', key, { partitionHash: 4n }],
    ['a key of another partition', 'ERR_INVALID_PARAMETERS', raw(foreign, 's'), {}],
    ['an empty key', 'ERR_INVALID_PARAMETERS', b(''), {}],
    ['a key of one byte', 'ERR_INVALID_PARAMETERS', b('\0'), {}],
    ['a key shorter than it announces', 'ERR_INVALID_PARAMETERS', b('\0\x05abc'), {}],
    ['a hash key of 65,535 bytes', 'ERR_INVALID_PARAMETERS', b(`\xff\xff${'x'.repeat(65_535)}`), {}],
  ];
  test.each(cases)('%s', async (_name, code, bad, context) => {
    const { call, store } = await serve({ partitionCount: 4 });
    const value = b('v');
    await expect(
      call('RPC_RRDB_RRDB_PUT', { key: bad, value, expireTsSeconds: 0 }, context),
    ).rejects.toMatchObject({ code });
    await expect(call('RPC_RRDB_RRDB_REMOVE', bad, context)).rejects.toMatchObject({ code });
    await expect(call('RPC_RRDB_RRDB_GET', bad, context)).rejects.toMatchObject({ code });
    expect(store.lastDurableDecree).toBe(0);
  });

  test('a hash key of 65,535 bytes and a foreign one in requests with several rows', async () => {
    const { call, store } = await serve({ partitionCount: 4 });
    for (const hashKey of [b(foreign), Buffer.alloc(65_535)]) {
      const refused = { code: 'ERR_INVALID_PARAMETERS' };
      const kvs = [{ key: b('s'), value: b('v') }];
      await expect(
        call('RPC_RRDB_RRDB_MULTI_PUT', { hashKey, kvs, expireTsSeconds: 0 }),
      ).rejects.toMatchObject(refused);
      const removed = call('RPC_RRDB_RRDB_MULTI_REMOVE', { hashKey, sortKeys: [b('s')], maxCount: 0 });
      await expect(removed).rejects.toMatchObject(refused);
      await expect(call('RPC_RRDB_RRDB_MULTI_GET', multiGet({ hashKey }))).rejects.toMatchObject(refused);
      await expect(call('RPC_RRDB_RRDB_SORTKEY_COUNT', hashKey)).rejects.toMatchObject(refused);
    }
    expect(store.lastDurableDecree).toBe(0);
  });

  test('the right hash, and the longest hash key, are accepted', async () => {
    const { call } = await serve();
    const hashKey = Buffer.alloc(65_534, 1);
    const request = { key: encodeRawKey(hashKey, b('')), value: b('v'), expireTsSeconds: 0 };
    const response = await call('RPC_RRDB_RRDB_PUT', request, { partitionHash: keyHash(hashKey, b('')) });
    expect(response.error).toBe(0);
  });

  test('a body over the limit, a partition that takes no writes, and one that is closed', async () => {
    const small = await serve({ maxWriteBytes: 1_000 });
    await expect(small.put(raw('h', 's'), 'x'.repeat(1_000))).rejects.toMatchObject({
      code: 'ERR_INVALID_DATA',
    });
    expect((await small.put(raw('h', 's'), 'x'.repeat(900))).decree).toBe(1);
    const frozen = await serve({ writable: false });
    await expect(frozen.put(raw('h', 's'), 'v')).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    expect((await frozen.call('RPC_RRDB_RRDB_GET', raw('h', 's'))).error).toBe(1);
    await small.store.close();
    await expect(small.put(raw('h', 's'), 'v')).rejects.toMatchObject({
      name: 'RpcError',
      code: 'ERR_INVALID_STATE',
    });
  });
});

describe('several rows of a hash key', () => {
  async function withRows(...sortKeys: string[]) {
    const served = await serve();
    const kvs = sortKeys.map((sortKey) => ({ key: b(sortKey), value: b(`v${sortKey}`) }));
    const hashKey = b('h');
    const response = await served.call('RPC_RRDB_RRDB_MULTI_PUT', { hashKey, kvs, expireTsSeconds: 0 });
    expect(response).toEqual({ error: 0, decree: 1, ...origin });
    // Neighbours that no read of `h` may show.
    await served.put(raw('g', 'z'), 'v');
    await served.put(raw('h1', ''), 'v');
    await served.put(raw('i', ''), 'v');
    const keys = async (over: Partial<Request<'RPC_RRDB_RRDB_MULTI_GET'>>) => {
      const response = await served.call('RPC_RRDB_RRDB_MULTI_GET', multiGet(over));
      return `${response.error}: ${keysOf(response).join(' ')}`;
    };
    return { ...served, keys };
  }

  test('a write without rows is an invalid argument and is not logged', async () => {
    const { call, store } = await serve();
    const put = await call('RPC_RRDB_RRDB_MULTI_PUT', { hashKey: b('h'), kvs: [], expireTsSeconds: 0 });
    expect(put.error).toBe(4);
    const removed = await call('RPC_RRDB_RRDB_MULTI_REMOVE', { hashKey: b('h'), sortKeys: [], maxCount: 0 });
    expect(removed).toMatchObject({ error: 4, count: 0 });
    expect(store.lastDurableDecree).toBe(0);
  });

  test('MULTI_REMOVE removes what is listed and counts it', async () => {
    const { call, keys } = await withRows('a', 'b', 'c');
    const request = { hashKey: b('h'), sortKeys: [b('a'), b('nosuch')], maxCount: 0 };
    expect(await call('RPC_RRDB_RRDB_MULTI_REMOVE', request)).toEqual({
      error: 0,
      count: 2,
      decree: 5,
      ...origin,
    });
    expect(await keys({})).toBe('0: b c');
    expect((await call('RPC_RRDB_RRDB_SORTKEY_COUNT', b('h'))).count).toBe(2);
  });

  test('MULTI_GET: ranges, limits, filters, order', async () => {
    const { keys } = await withRows('', 'a', 'aa', 'b', 'ba', 'c');
    const table: [Partial<Request<'RPC_RRDB_RRDB_MULTI_GET'>>, string][] = [
      [{}, '0:  a aa b ba c'],
      [{ startInclusive: false }, '0: a aa b ba c'],
      [{ startSortkey: b('a'), stopSortkey: b('b') }, '0: a aa'],
      [{ startSortkey: b('a'), stopSortkey: b('b'), startInclusive: false, stopInclusive: true }, '0: aa b'],
      [{ startSortkey: b('b'), stopSortkey: b('a') }, '0: '],
      [{ startSortkey: b('b'), stopSortkey: b('b'), stopInclusive: true }, '0: b'],
      [{ startSortkey: b('b'), stopSortkey: b('b') }, '0: '],
      [{ maxKvCount: 2 }, '7:  a'],
      [{ maxKvCount: 6 }, '0:  a aa b ba c'],
      [{ maxKvSize: 4 }, '7:  a'],
      [{ maxKvCount: 2, reverse: true }, '7: ba c'],
      [{ reverse: true, startSortkey: b('a'), stopSortkey: b('b'), stopInclusive: true }, '0: a aa b'],
      [{ sortKeyFilterType: FilterType.PREFIX, sortKeyFilterPattern: b('a') }, '0: a aa'],
      [
        {
          sortKeyFilterType: FilterType.PREFIX,
          sortKeyFilterPattern: b('a'),
          startSortkey: b('a'),
          startInclusive: false,
        },
        '0: aa',
      ],
      [{ sortKeyFilterType: FilterType.PREFIX, sortKeyFilterPattern: b('b'), stopSortkey: b('ba') }, '0: b'],
      [{ sortKeyFilterType: FilterType.POSTFIX, sortKeyFilterPattern: b('a') }, '0: a aa ba'],
      [{ sortKeyFilterType: FilterType.ANYWHERE, sortKeyFilterPattern: b('b'), reverse: true }, '0: b ba'],
      [{ sortKeyFilterType: FilterType.PREFIX, sortKeyFilterPattern: b('a'), maxKvCount: 2 }, '0: a aa'],
      [{ sortKeyFilterType: 9 }, '4: '],
      [{ sortKeys: [b('c'), b('nosuch'), b('a')] }, '0: c a'],
      [{ sortKeys: [b('c'), b('a')], maxKvCount: 1 }, '7: c'],
      [{ sortKeys: [b('c'), b('nosuch')], maxKvCount: 1 }, '0: c'],
      [{ hashKey: b('nosuch') }, '0: '],
    ];
    for (const [request, expected] of table)
      expect(await keys(request), JSON.stringify(request)).toBe(expected);
  });

  test('MULTI_GET without values, BATCH_GET in the order asked for', async () => {
    const { call } = await withRows('a', 'b');
    const { kvs } = await call('RPC_RRDB_RRDB_MULTI_GET', multiGet({ noValue: true, maxKvSize: 100 }));
    expect(kvs).toEqual([
      { key: b('a'), value: b('') },
      { key: b('b'), value: b('') },
    ]);
    const keys = ['b', 'nosuch', 'a'].map((sortKey) => ({ hashKey: b('h'), sortKey: b(sortKey) }));
    const { error, data } = await call('RPC_RRDB_RRDB_BATCH_GET', { keys });
    expect([error, ...data.map(({ value }) => value.toString())]).toEqual([0, 'vb', 'va']);
    expect((await call('RPC_RRDB_RRDB_BATCH_GET', { keys: [] })).error).toBe(4);
  });
});
