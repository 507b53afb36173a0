import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rrdbApply } from '../../runtime/cluster/rrdb/index.js';
import { decodeStoredValue, parseTimetag } from '../../runtime/pegasus/index.js';
import { PartitionStore } from '../../runtime/store/index.js';
import { b, message, raw, temporaryDirectory } from './rrdb.js';

const apply = rrdbApply({ clusterId: 3 });
const reader = { get: async () => undefined };

const applied = async (code: string, bytes: Buffer) =>
  apply({ decree: 1, timestampUs: 1_700_000_000_000_000n, code, message: bytes }, reader);

describe('the state machine', () => {
  test.each([0, 1, 9])(
    'stores a put with its time and cluster, whatever the field id (%i)',
    async (fieldId) => {
      const request = { key: raw('h', 's'), value: b('v'), expireTsSeconds: -1 };
      const { puts, deletes, result } = await applied(
        'RPC_RRDB_RRDB_PUT',
        message('RPC_RRDB_RRDB_PUT', request, fieldId),
      );
      expect([deletes, result]).toEqual([[], { error: 0, hint: '', rows: 1 }]);
      const [[key, stored] = []] = puts ?? [];
      expect(key).toEqual(raw('h', 's'));
      const value = decodeStoredValue(1, stored ?? b(''));
      expect(value).toMatchObject({ data: b('v'), expireTsSeconds: 0xffffffff });
      const tag = { timestampUs: 1_700_000_000_000_000n, clusterId: 3, deleted: false };
      expect(parseTimetag(value.timetag)).toEqual(tag);
    },
  );

  test('of several writes to one key in a request the last one stays', async () => {
    const kvs = ['1', '2'].map((value) => ({ key: b('s'), value: b(value) }));
    const bytes = message('RPC_RRDB_RRDB_MULTI_PUT', { hashKey: b('h'), kvs, expireTsSeconds: 0 });
    const { puts, result } = await applied('RPC_RRDB_RRDB_MULTI_PUT', bytes);
    expect(puts?.map(([, value]) => decodeStoredValue(1, value).data.toString())).toEqual(['2']);
    expect(result?.rows).toBe(2);
  });

  test('the mark of a source moves in the same change as its rows', async () => {
    const rawMessage = message('RPC_RRDB_RRDB_REMOVE', raw('h', 's'));
    const entries = [{ timestamp: 5n, taskCode: 'RPC_RRDB_RRDB_REMOVE', rawMessage, clusterId: 1 }];
    const batch = { entries, fromDecreeExcluded: 3, toDecreeIncluded: 9, owner: 'o' };
    const change = await applied('RPC_RRDB_RRDB_DUPLICATE', message('RPC_RRDB_RRDB_DUPLICATE', batch));
    expect(change).toMatchObject({ deletes: [raw('h', 's')], marks: { 'source:o': 9 } });
    const plain = await applied('RPC_RRDB_RRDB_DUPLICATE', message('RPC_RRDB_RRDB_DUPLICATE', { entries }));
    expect(plain.marks).toBeUndefined();
  });

  test.each([
    ['a code of another version', 'RPC_RRDB_RRDB_CHECK_AND_SET', b('anything')],
    ['a code that every object has', 'constructor', b('')],
    ['a message that is none', 'RPC_RRDB_RRDB_PUT', b('')],
    ['a message that is cut short', 'RPC_RRDB_RRDB_MULTI_PUT', b('\x0c\0\x01\x0c\0\x01\0\0\0\x05ab')],
    ['a key that is none', 'RPC_RRDB_RRDB_REMOVE', message('RPC_RRDB_RRDB_REMOVE', b('\0\x09a'))],
    [
      'a batch with a broken entry',
      'RPC_RRDB_RRDB_DUPLICATE',
      message('RPC_RRDB_RRDB_DUPLICATE', { entries: [{}], toDecreeIncluded: 4, owner: 'o' }),
    ],
  ])('%s changes nothing and says so', async (_name, code, bytes) => {
    const change = await applied(code, bytes);
    expect(change).toEqual({ result: { error: 4, hint: expect.stringContaining(code), rows: 0 } });
  });

  test('a cluster id that fits no timetag is refused where it is given', () => {
    expect(() => rrdbApply({ clusterId: 128 })).toThrow('128');
  });

  test('a replay of the log ends in the same bytes', async () => {
    const directory = await temporaryDirectory();
    const dump = async (store: PartitionStore<unknown>) =>
      (await store.scan()).map((pair) => pair.map((bytes) => bytes.toString('hex')));
    let store = await PartitionStore.open({ directory: join(directory, 'a'), apply });
    const kvs = [{ key: b('1'), value: b('one') }];
    await store.write({
      code: 'RPC_RRDB_RRDB_MULTI_PUT',
      message: message('RPC_RRDB_RRDB_MULTI_PUT', { hashKey: b('h'), kvs, expireTsSeconds: 7 }),
    });
    await store.write({ code: 'RPC_OF_TOMORROW', message: b('?') });
    await store.write({
      code: 'RPC_RRDB_RRDB_PUT',
      message: message('RPC_RRDB_RRDB_PUT', { key: raw('h', '2'), value: b('two'), expireTsSeconds: 0 }),
    });
    const before = await dump(store);
    expect([before.length, store.lastCommittedDecree]).toEqual([2, 3]);
    await store.close();
    // Without its engine a partition starts from the log alone.
    await rm(join(directory, 'a', 'engine'), { recursive: true, force: true });
    store = await PartitionStore.open({ directory: join(directory, 'a'), apply });
    expect(await dump(store)).toEqual(before);
    await store.close();
  });
});
