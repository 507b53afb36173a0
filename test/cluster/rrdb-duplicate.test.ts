import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  RrdbService,
  rrdbApply,
  type ServingPartition,
  sourceMark,
} from '../../runtime/cluster/rrdb/index.js';
import {
  type DuplicateEntry,
  type DuplicateRequest,
  decodeStoredValue,
  makeTimetag,
  partitionIndex,
  type Request,
  type RequestContext,
} from '../../runtime/pegasus/index.js';
import { PartitionStore } from '../../runtime/store/index.js';
import { b, callerOf, message, raw, temporaryDirectory } from './rrdb.js';

const gpid = { appId: 4, partitionIndex: 1 };
const owner = 'source/table/7';
/** Hash keys of partition 1 of 2, and one of partition 0. */
const own = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].filter((h) => partitionIndex(b(h), b(''), 2) === 1);
const foreign = ['a', 'b', 'c', 'd', 'e'].find((h) => partitionIndex(b(h), b(''), 2) === 0) ?? '';
const row = raw(own[0] ?? '');

type Shippable =
  | 'RPC_RRDB_RRDB_PUT'
  | 'RPC_RRDB_RRDB_MULTI_PUT'
  | 'RPC_RRDB_RRDB_REMOVE'
  | 'RPC_RRDB_RRDB_MULTI_REMOVE';

function entry<C extends Shippable>(taskCode: C, request: Request<C>, timestamp = 1_000n): DuplicateEntry {
  return { timestamp, taskCode, rawMessage: message(taskCode, request, 0), clusterId: 1 };
}
const put = (key: Buffer, value: string, timestamp?: bigint) =>
  entry('RPC_RRDB_RRDB_PUT', { key, value: b(value), expireTsSeconds: 0 }, timestamp);
const remove = (key: Buffer) => entry('RPC_RRDB_RRDB_REMOVE', key);

/** A follower partition of cluster 2. `installed` is the decree of the checkpoint it was made from. */
async function follower(options: { owner?: string | null; installed?: number; maxWriteBytes?: number } = {}) {
  const root = await temporaryDirectory();
  const open = async (directory: string) => {
    const opened = await PartitionStore.open({ directory, apply: rrdbApply({ clusterId: 2 }) });
    onTestFinished(() => opened.close());
    return opened;
  };
  let directory = join(root, 'first');
  let store = await open(directory);
  if (options.installed !== undefined) {
    for (let i = 0; i < options.installed; i++) await store.write({ code: 'RPC_NOTHING', message: b('') });
    const checkpoint = await store.checkpoint();
    directory = join(root, 'second');
    await PartitionStore.install(directory, checkpoint.directory, checkpoint);
    store = await open(directory);
  }
  const make = (): ServingPartition => ({
    gpid,
    partitionCount: 2,
    store,
    owner: options.owner === undefined ? owner : options.owner,
    writable: true,
  });
  let partition = make();
  const service = new RrdbService({
    partition: () => partition,
    clusterId: 2,
    serverAddress: '127.0.0.1:35801',
    ...(options.maxWriteBytes !== undefined && { maxWriteBytes: options.maxWriteBytes }),
  });
  const call = callerOf(service, gpid);
  const duplicate = (request: DuplicateRequest, over: Partial<RequestContext> = {}) =>
    call('RPC_RRDB_RRDB_DUPLICATE', request, { protocol: 'rdsn', partitionHash: 77n, ...over });
  const ship = (from: number, to: number, entries: DuplicateEntry[] = []) =>
    duplicate({ entries, fromDecreeExcluded: from, toDecreeIncluded: to, owner });
  const reopen = async () => {
    await store.close();
    store = await open(directory);
    partition = make();
  };
  const rows = async () => {
    const pairs = await store.scan();
    return pairs.map(([key, value]) => `${key.subarray(2)}=${decodeStoredValue(1, value).data}`).join(' ');
  };
  return {
    duplicate,
    ship,
    rows,
    reopen,
    store: () => store,
    freeze: () => (partition = { ...make(), writable: false }),
  };
}

describe('from a Pegasus source', () => {
  test('entries take effect in their order and keep the timetag of the source', async () => {
    const { duplicate, store } = await follower();
    const entries = [put(row, 'first', 10n), remove(row), put(row, 'last', 12n)];
    expect(await duplicate({ entries })).toEqual({ error: 0 });
    const stored = decodeStoredValue(1, (await store().get(row)) ?? b(''));
    const timetag = makeTimetag({ timestampUs: 12n, clusterId: 1, deleted: false });
    expect(stored).toEqual({ data: b('last'), timetag, expireTsSeconds: 0 });
    await duplicate({ entries: [put(row, 'again'), remove(row)] });
    expect(await store().get(row)).toBeUndefined();
    expect(store().marks).toEqual({});
  });

  test('all four kinds of write, with any field id', async () => {
    const { duplicate, rows } = await follower();
    const hashKey = b(own[0] ?? '');
    const kvs = ['1', '2', '3'].map((key) => ({ key: b(key), value: b(`v${key}`) }));
    const multiPut = entry('RPC_RRDB_RRDB_MULTI_PUT', { hashKey, kvs, expireTsSeconds: 0 });
    const sortKeys = [b('1')];
    const multiRemove = entry('RPC_RRDB_RRDB_MULTI_REMOVE', { hashKey, sortKeys, maxCount: 0 });
    const single = put(raw(own[1] ?? ''), 'v');
    single.rawMessage?.writeUInt16BE(7, 1);
    const none = entry('RPC_RRDB_RRDB_MULTI_PUT', { hashKey, kvs: [], expireTsSeconds: 0 });
    const entries = [multiPut, multiRemove, single, none, remove(raw(own[0] ?? '', '3'))];
    expect(await duplicate({ entries })).toEqual({ error: 0 });
    expect(await rows()).toBe(`${own[0]}2=v2 ${own[1]}=v`);
    expect(await duplicate({ entries: [] })).toEqual({ error: 0 });
  });

  test.each<[string, DuplicateEntry, RegExp]>([
    ['an own write that comes back', { ...put(row, 'v'), clusterId: 2 }, /self-duplicating/],
    [
      'an unknown task code',
      { ...put(row, 'v'), taskCode: 'RPC_RRDB_RRDB_INCR' },
      /task code RPC_RRDB_RRDB_INCR/,
    ],
    ['a task code that is a name of every object', { ...put(row, 'v'), taskCode: 'toString' }, /task code/],
    ['no task code', { rawMessage: b('x'), clusterId: 1, timestamp: 1n }, /task code/],
    ['an empty message', { ...put(row, 'v'), rawMessage: b('') }, /without a message/],
    ['no message', { taskCode: 'RPC_RRDB_RRDB_PUT', clusterId: 1, timestamp: 1n }, /without a message/],
    ['a message of noise', { ...put(row, 'v'), rawMessage: Buffer.alloc(40, 0xaa) }, /entry 1 of 3/],
    [
      'a message cut short',
      { ...put(row, 'v'), rawMessage: put(row, 'v').rawMessage?.subarray(0, 20) },
      /entry 1/,
    ],
    ['a message of another request', { ...put(row, 'v'), taskCode: 'RPC_RRDB_RRDB_REMOVE' }, /blob/],
    ['a broken key', put(b('\0\x09a'), 'v'), /raw key/],
    ['a key of another partition', put(raw(foreign), 'v'), /belongs to partition 0/],
    ['no cluster id', { ...put(row, 'v'), clusterId: undefined }, /cluster id/],
    ['a cluster id below zero', { ...put(row, 'v'), clusterId: -3 }, /cluster id/],
    ['a time before 1970', { ...put(row, 'v'), timestamp: -1n }, /timestamp/],
  ])('%s refuses the whole batch', async (_name, bad, hint) => {
    const { duplicate, rows, store } = await follower();
    const response = await duplicate({ entries: [put(row, 'v'), bad, put(row, 'w')] });
    expect(response).toEqual({ error: 4, errorHint: expect.stringMatching(hint) });
    expect(await rows()).toBe('');
    expect(store().lastDurableDecree).toBe(0);
    expect(await duplicate({ entries: [put(row, 'v')] })).toEqual({ error: 0 });
  });

  test('the largest write a source can have accepted still fits, also behind a smaller one', async () => {
    const { duplicate, store } = await follower();
    const entries = [put(row, 'x'.repeat(200)), put(row, 'x'.repeat(1024 * 1024 - 50))];
    expect(await duplicate({ entries })).toEqual({ error: 0 });
    const tooLarge = duplicate({ entries: [put(row, 'x'.repeat(2_200_000))] });
    await expect(tooLarge).rejects.toMatchObject({ code: 'ERR_INVALID_DATA' });
    expect(store().lastDurableDecree).toBe(1);
  });
});

describe('from a Bridle source', () => {
  test('only the owner of the table may ship decrees into it', async () => {
    const mine = await follower({ installed: 3 });
    const theirs = {
      entries: [put(row, 'v')],
      fromDecreeExcluded: 3,
      toDecreeIncluded: 4,
      owner: 'other/t/1',
    };
    const hint = `the table belongs to '${owner}', the batch comes from 'other/t/1'`;
    expect(await mine.duplicate(theirs)).toEqual({ error: 4, errorHint: hint, appliedDecree: -1 });
    const { owner: _, ...nobody } = theirs;
    expect(await mine.duplicate(nobody)).toMatchObject({ error: 4, appliedDecree: -1 });
    const plain = await follower({ owner: null });
    expect(await plain.ship(0, 1)).toMatchObject({ error: 4, appliedDecree: -1 });
    expect(await mine.rows()).toBe('');
  });

  test('a batch counts from the installed checkpoint, then from the last batch, also after a restart', async () => {
    const { duplicate, ship, rows, reopen, store } = await follower({ installed: 5 });
    expect(await duplicate({ entries: [], owner })).toEqual({ error: 0, appliedDecree: 5 });
    expect(await ship(5, 7, [put(row, 'v7')])).toEqual({ error: 0, appliedDecree: 7 });
    expect(await ship(7, 20)).toEqual({ error: 0, appliedDecree: 20 });
    await reopen();
    expect(await duplicate({ entries: [], owner })).toEqual({ error: 0, appliedDecree: 20 });
    expect(store().marks).toEqual({ installed: 5, [sourceMark(owner)]: 20 });
    expect(await rows()).toBe(`${own[0]}=v7`);
  });

  test('late, overlapping and early batches change nothing and say where to go on', async () => {
    const { ship, duplicate, rows, store } = await follower({ installed: 5 });
    await ship(5, 8, [put(row, 'v8')]);
    const durable = store().lastDurableDecree;
    const old = [put(row, 'old')];
    expect(await ship(5, 8, old)).toEqual({ error: 0, appliedDecree: 8 });
    expect(await ship(2, 4, old)).toEqual({ error: 0, appliedDecree: 8 });
    expect(await ship(7, 9, old)).toEqual({ error: 13, appliedDecree: 8 });
    expect(await ship(9, 10, old)).toEqual({ error: 13, appliedDecree: 8 });
    const withoutFrom = { entries: old, toDecreeIncluded: 9, owner };
    expect(await duplicate(withoutFrom)).toEqual({ error: 13, appliedDecree: 8 });
    expect(await duplicate({ entries: old, owner })).toMatchObject({ error: 4, appliedDecree: 8 });
    expect([await rows(), store().lastDurableDecree]).toEqual([`${own[0]}=v8`, durable]);
    expect(await ship(8, 9, [{ ...put(row, 'v'), rawMessage: b('') }])).toMatchObject({
      error: 4,
      appliedDecree: 8,
    });
    expect(store().marks[sourceMark(owner)]).toBe(8);
  });

  test('a partition without a checkpoint has applied nothing and takes nothing', async () => {
    const { ship, duplicate, store } = await follower();
    expect(await duplicate({ entries: [], owner })).toEqual({ error: 0, appliedDecree: -1 });
    expect(await ship(0, 1, [put(row, 'v')])).toEqual({ error: 13, appliedDecree: -1 });
    expect(await ship(-1, 1, [put(row, 'v')])).toEqual({ error: 13, appliedDecree: -1 });
    expect(store().lastDurableDecree).toBe(0);
  });

  test('batches sent at once are taken in turn; a full line, a frozen partition and a lost caller are refused', async () => {
    const { ship, store, duplicate, freeze } = await follower({ installed: 1 });
    const batches = Array.from({ length: 70 }, (_, i) => ship(1 + (i % 5), 2 + (i % 5), [put(row, `${i}`)]));
    const outcomes = await Promise.allSettled(batches);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.map((outcome) => (outcome as PromiseRejectedResult).reason.code)).toEqual(
      Array(6).fill('ERR_BUSY'),
    );
    expect(store().lastDurableDecree).toBe(1 + 5);
    const gone = duplicate({ entries: [put(row, 'v')] }, { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    const waiting = ship(6, 7, [put(row, 'v')]);
    freeze();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    expect(store().lastDurableDecree).toBe(6);
  });
});
