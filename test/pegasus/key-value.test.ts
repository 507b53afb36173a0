import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  crc64,
  decodeRawKey,
  encodeRawKey,
  keyHash,
  MAX_HASH_KEY_BYTES,
  nextKey,
  nextPrefix,
  partitionIndex,
  rawKeyHash,
  threadHashOf,
} from '../../runtime/pegasus/key.js';
import {
  decodeStoredValue,
  encodeStoredValue,
  fromPegasusEpoch,
  isExpired,
  makeTimetag,
  parseTimetag,
  toPegasusEpoch,
} from '../../runtime/pegasus/value.js';

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((a) => Buffer.from(a));
const refused = expect.objectContaining({ name: 'WireError', code: 'ERR_INVALID_PARAMETERS' });

test.each([
  ['', 0x0000000000000000n],
  ['a', 0x8c2f8445b4cbfc3cn],
  ['abc', 0x05e5cabb3fc1faebn],
  ['pegasus', 0xce8709cfbd3973c4n],
  ['123456789', 0xae8b14860a799888n],
  ['hash_key', 0x65641f36e9f6a96dn],
])('given %j, when hashed, then the hash is the known one', (text, hash) => {
  expect(crc64(Buffer.from(text))).toBe(hash);
});

test('given any bytes, when hashed eight at a time, then a bitwise hash agrees', () => {
  const bitwise = (data: Uint8Array) => {
    let crc = 0xffffffffffffffffn;
    for (const byte of data) {
      crc ^= BigInt(byte);
      for (let i = 0; i < 8; i++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
    }
    return crc ^ 0xffffffffffffffffn;
  };
  fc.assert(fc.property(bytes(40), (data) => crc64(data) === bitwise(data)));
});

test('given any keys and partition count, when routed, then it is the unsigned remainder', () => {
  expect(partitionIndex(Buffer.from('a'), Buffer.from('b'), 8)).toBe(4);
  fc.assert(
    fc.property(bytes(20), bytes(20), fc.integer({ min: 1, max: 0x7fffffff }), (hashKey, sortKey, count) => {
      expect(partitionIndex(hashKey, sortKey, count)).toBe(Number(keyHash(hashKey, sortKey) % BigInt(count)));
      const small = (count % 4000) + 1;
      expect(partitionIndex(hashKey, sortKey, small)).toBe(Number(keyHash(hashKey, sortKey) % BigInt(small)));
    }),
  );
  expect(() => partitionIndex(Buffer.from('a'), Buffer.from('b'), 0)).toThrow(refused);
});

test('given any keys, when joined and split, then they come back and hash alike', () => {
  fc.assert(
    fc.property(bytes(300), bytes(50), (hashKey, sortKey) => {
      const raw = encodeRawKey(hashKey, sortKey);
      const split = decodeRawKey(raw);
      expect(split.hashKey.equals(hashKey) && split.sortKey.equals(sortKey)).toBe(true);
      expect(rawKeyHash(raw)).toBe(keyHash(hashKey, sortKey));
    }),
  );
  const longest = Buffer.alloc(MAX_HASH_KEY_BYTES, 1);
  expect(decodeRawKey(encodeRawKey(longest, Buffer.from('s'))).hashKey.length).toBe(MAX_HASH_KEY_BYTES);
  expect(() => encodeRawKey(Buffer.alloc(MAX_HASH_KEY_BYTES + 1), Buffer.alloc(0))).toThrow(refused);
});

test.each(['', '00', '0001', '00026e', 'ffff00'])(
  'given the raw key 0x%s, when split, then it is refused',
  (hex) => {
    expect(() => decodeRawKey(Buffer.from(hex, 'hex'))).toThrow(refused);
  },
);

test('given a hash key, when its scan is bounded, then all of its rows and no others lie inside', () => {
  expect(nextPrefix(Buffer.from('0001ff', 'hex')).toString('hex')).toBe('0002');
  expect(nextPrefix(Buffer.from('ffff', 'hex')).length).toBe(0);
  fc.assert(
    fc.property(bytes(6), bytes(6), bytes(6), (hashKey, other, sortKey) => {
      const start = encodeRawKey(hashKey, Buffer.alloc(0));
      const inside = (raw: Buffer) => raw.compare(start) >= 0 && raw.compare(nextKey(hashKey)) < 0;
      expect(inside(encodeRawKey(hashKey, sortKey))).toBe(true);
      if (!other.equals(hashKey)) expect(inside(encodeRawKey(other, sortKey))).toBe(false);
    }),
  );
});

test('given a partition, when the thread hash is made, then it is app * 7919 + index in 32 bits', () => {
  expect(threadHashOf({ appId: 2, partitionIndex: 4 })).toBe(0x3de2);
  expect(threadHashOf({ appId: 0x7fffffff, partitionIndex: 0 })).toBe(Math.imul(0x7fffffff, 7919));
});

test('given any timetag, when taken apart and made again, then nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }),
      fc.integer({ min: 0, max: 127 }),
      fc.boolean(),
      (timestampUs, clusterId, deleted) => {
        const tag = { timestampUs, clusterId, deleted };
        expect(parseTimetag(makeTimetag(tag))).toEqual(tag);
      },
    ),
  );
  expect(makeTimetag({ timestampUs: 1n, clusterId: 1, deleted: true })).toBe(259n);
  expect(() => makeTimetag({ timestampUs: 1n, clusterId: 128, deleted: false })).toThrow(refused);
});

test('given a stored value, when decoded, then header and data are told apart', () => {
  const value = { expireTsSeconds: 0xfffffffe, timetag: 0x0102030405060708n, data: Buffer.from('v') };
  expect(encodeStoredValue(0, value).toString('hex')).toBe('fffffffe76');
  expect(encodeStoredValue(1, value).toString('hex')).toBe('fffffffe010203040506070876');
  expect(decodeStoredValue(1, encodeStoredValue(1, value))).toEqual(value);
  expect(decodeStoredValue(0, encodeStoredValue(0, value))).toEqual({ ...value, timetag: 0n });
  expect(() => decodeStoredValue(1, Buffer.alloc(11))).toThrow(refused);
  expect(() => decodeStoredValue(0, Buffer.alloc(3))).toThrow(refused);
});

test('given the pegasus epoch, when converted, then it starts with 2016 and 0 never expires', () => {
  expect(toPegasusEpoch(Date.UTC(2016, 0, 1))).toBe(0);
  expect(fromPegasusEpoch(1)).toBe(Date.UTC(2016, 0, 1, 0, 0, 1));
  expect([isExpired(0, 100), isExpired(100, 100), isExpired(101, 100)]).toEqual([false, true, false]);
});
