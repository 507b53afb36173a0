import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BinaryReader, BinaryWriter } from '../../runtime/pegasus/buffer.js';
import { RPC, type RpcCode } from '../../runtime/pegasus/codes.js';
import { WireError } from '../../runtime/pegasus/errors.js';
import { FrameReader } from '../../runtime/pegasus/frame-reader.js';
import { decodeRdsnMessage, encodeRdsnRequest } from '../../runtime/pegasus/rdsn.js';
import {
  field,
  list,
  optional,
  type StructType,
  struct,
  type WireType,
} from '../../runtime/pegasus/schema.js';
import * as tables from '../../runtime/pegasus/schemas/index.js';
import { decodeThftRequest, decodeThftResponse, encodeThftRequest } from '../../runtime/pegasus/thft.js';
import { decodeStruct, decodeWrapped, encodeStruct, encodeWrapped } from '../../runtime/pegasus/thrift.js';

const code = (name: string) => expect.objectContaining({ name: 'WireError', code: name });
const codes = Object.keys(RPC) as RpcCode[];
const structs: StructType[] = Object.values(tables);

const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const port = fc.integer({ min: 0, max: 0xffff });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const base = {
  bool: fc.boolean(),
  i8: fc.integer({ min: -128, max: 127 }),
  i16: fc.integer({ min: -32768, max: 32767 }),
  i32,
  i64: fc.maxSafeInteger(),
  i64big: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  u64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  double: fc.double({ noNaN: true }),
  string: text,
  errorCode: text,
  taskCode: text,
  blob: fc.uint8Array({ maxLength: 60 }).map((a) => Buffer.from(a)),
  gpid: fc.record({ appId: i32, partitionIndex: i32 }),
  rpcAddress: fc.option(fc.record({ host: fc.ipV4(), port })),
  hostPort: fc.option(fc.record({ host: text, port })),
};

/** Any value a table describes. Maps with object keys keep one entry: such keys compare by identity. */
function arbitrary(type: WireType): fc.Arbitrary<unknown> {
  if (typeof type === 'string') return base[type];
  if (type.kind === 'list') return fc.array(arbitrary(type.element), { maxLength: 4 });
  if (type.kind === 'map') {
    const entry = fc.tuple(arbitrary(type.key), arbitrary(type.value));
    return fc.array(entry, { maxLength: 3 }).map((entries) => new Map(entries));
  }
  const all = Object.entries(type.fields);
  return fc.record(Object.fromEntries(all.map(([name, f]) => [name, arbitrary(f.type)])), {
    requiredKeys: all.filter(([, f]) => !f.optional).map(([name]) => name),
  });
}

/** Runs a parser on hostile bytes: it may refuse, in one way only. */
function survives(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

test.each(structs.map((table) => [table.name, table] as const))(
  'given any %s, when encoded and decoded, then it is the same',
  (_, table) => {
    const roundTrip = fc.property(arbitrary(table), (value) => {
      expect(decodeStruct(table, encodeStruct(table, value as never))).toEqual(value);
    });
    fc.assert(roundTrip, { numRuns: 40 });
  },
);

test('given the tables, when their ids are read, then they ascend and ours start at 100 with plain types', () => {
  const special = ['errorCode', 'taskCode', 'blob', 'gpid', 'rpcAddress', 'hostPort'];
  for (const table of structs) {
    const ids = Object.values(table.fields).map((f) => f.id);
    expect(ids, table.name).toEqual([...new Set(ids)].sort((a, b) => a - b));
    for (const f of Object.values(table.fields)) {
      if (f.id >= 100) expect(f.optional && !special.includes(String(f.type)), table.name).toBe(true);
    }
  }
});

test('given the bytes of any argument, when cut or changed, then decoding ends with a value or a WireError', () => {
  const hostile = fc
    .constantFrom(...codes)
    .chain((rpc) =>
      fc.tuple(
        fc.constant(rpc),
        arbitrary(RPC[rpc].request),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      ),
    );
  const property = fc.property(hostile, ([rpc, value, cut, changes]) => {
    const type: WireType = RPC[rpc].request;
    const w = new BinaryWriter();
    encodeWrapped(w, type, value as never, 1);
    const bytes = Buffer.from(w.finish().subarray(0, Math.ceil(w.length * cut)));
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    survives(() => decodeWrapped(new BinaryReader(bytes), type));
  });
  // A failure prints the seed that repeats it.
  fc.assert(property, { numRuns: 3000 });
});

test('given random bytes, when every parser reads them, then none throws anything but a WireError', () => {
  const magic = fc.constantFrom(
    '',
    'RDSN',
    'THFT',
    'GET ',
    'THFT\0\0\0\0\0\0\0\x30',
    'THFT\0\0\0\x01\0\0\0\0\0\0\0\0',
  );
  const property = fc.property(magic, fc.uint8Array({ maxLength: 300 }), fc.nat(60), (start, tail, step) => {
    const bytes = Buffer.concat([Buffer.from(start, 'latin1'), tail]);
    survives(() => decodeThftRequest(bytes));
    survives(() => decodeThftResponse(bytes));
    survives(() => decodeRdsnMessage(bytes));
    for (const table of structs) survives(() => decodeStruct(table, bytes));
    survives(() => {
      const reader = new FrameReader({ maxFrameBytes: 1000 });
      for (let at = 0; at < bytes.length; at += step + 1) {
        reader.push(bytes.subarray(at, at + step + 1));
        while (reader.next() !== undefined);
      }
    });
  });
  fc.assert(property, { numRuns: 500 });
});

const before = struct('s', { a: field(1, 'i32') });

test.each([
  ['i32', '0800090000000a'],
  ['string', '0b000900000003616263'],
  ['map of string to list of i64', '0d00090b0f00000001000000016b0a000000010000000000000007'],
  ['empty list of structs', '0f00090c00000000'],
])('given an unknown field of type %s, when decoded, then it is skipped', (_, hex) => {
  const bytes = Buffer.from(`${hex}0800010000000500`, 'hex');
  expect(decodeStruct(before, bytes)).toEqual({ a: 5 });
});

test.each([
  ['struct', '0c000900'],
  ['list of structs', '0f00090c0000000100'],
  ['list deeper than the limit', `0f0009${'0f00000001'.repeat(20)}0800000000`],
  ['list longer than the bytes', '0f000902000fffff'],
  ['string longer than the bytes', '0b00097fffffff'],
  ['string of negative length', '0b0009ffffffff'],
  ['type nobody defined', '05000900'],
])('given an unknown field that is a %s, when decoded, then it is refused', (_, hex) => {
  const bytes = Buffer.from(`${hex}0800010000000500`, 'hex');
  expect(() => decodeStruct(before, bytes)).toThrow(code('ERR_INVALID_DATA'));
});

test.each([
  ['a PUT key of type string', tables.updateRequest, '0b0001000000040001616200', 'ERR_INVALID_PARAMETERS'],
  ['an empty PUT', tables.updateRequest, '00', 'ERR_INVALID_PARAMETERS'],
  [
    'an address of kind 2',
    tables.nodeInfo,
    '080001000000010c00027f0000018729000200',
    'ERR_INVALID_PARAMETERS',
  ],
  ['a host_port of kind 2', tables.nodeInfo, '0c00030000000161000102', 'ERR_INVALID_PARAMETERS'],
  ['a decree beyond 2^53', tables.scanRequest, '0a00017fffffffffffffff00', 'ERR_INVALID_DATA'],
  ['a name that is not UTF-8', tables.duplicationQueryRequest, '0b000100000001ff00', 'ERR_INVALID_DATA'],
  ['bytes behind the struct', tables.configurationClusterInfoRequest, '0000', 'ERR_INVALID_DATA'],
  [
    'a list of the wrong type',
    tables.queryCfgRequest,
    '0f00020a000000010000000000000001',
    'ERR_INVALID_PARAMETERS',
  ],
])('given %s, when decoded, then it is refused', (_, table: StructType, hex, error) => {
  expect(() => decodeStruct(table, Buffer.from(hex, 'hex'))).toThrow(code(error));
});

test('given values out of range, when encoded, then they are refused, never truncated', () => {
  const wide = struct('w', {
    a: optional(1, 'i32'),
    b: optional(2, 'i64'),
    c: optional(3, list('i8')),
    d: optional(4, 'rpcAddress'),
  });
  const refused = code('ERR_INVALID_PARAMETERS');
  expect(() => encodeStruct(wide, { a: 2 ** 31 })).toThrow(refused);
  expect(() => encodeStruct(wide, { b: 2 ** 53 })).toThrow(refused);
  expect(() => encodeStruct(wide, { c: [128] })).toThrow(refused);
  expect(() => encodeStruct(wide, { d: { host: 'localhost', port: 1 } })).toThrow(refused);
  expect(() => encodeStruct(wide, { d: { host: '1.2.3.4', port: 65536 } })).toThrow(refused);
  expect(() => encodeStruct(before, {} as never)).toThrow(refused);
});

test('given the published dumps, when the same requests are encoded, then the bytes agree', () => {
  const w = new BinaryWriter();
  const head = { version: 0, isBackup: false, timeoutMs: 1000, partitionHash: 0x8c2f8445b4cbfc3cn } as const;
  const gpid = { appId: 2, partitionIndex: 4 };
  encodeThftRequest(w, { ...head, code: 'RPC_RRDB_RRDB_GET', seqId: 9, gpid, threadHash: 0x3de2 }, (to) =>
    encodeWrapped(to, 'blob', Buffer.from('00016162', 'hex'), 1),
  );
  expect(w.finish().toString('hex')).toBe(
    `${'544846540000000000000030000000000000002900000000000000020000000400'}0003e800003de28c2f8445b4cbfc3c${'80010001000000115250435f525244425f525244425f474554000000090c0001000000040001616200'}`,
  );
  const rdsn = new BinaryWriter();
  const none = { appId: 0, partitionIndex: 0 };
  const request = {
    id: 8n,
    code: 'RPC_CM_QUERY_DUPLICATION',
    gpid: none,
    from: null,
    timeoutMs: 5000,
    threadHash: 0,
    partitionHash: 0n,
  };
  encodeRdsnRequest(rdsn, request, (to) =>
    encodeWrapped(to, tables.duplicationQueryRequest, { appName: 'temp' }, 0),
  );
  const bytes = rdsn.finish();
  expect(bytes.subarray(104, 128).toString('hex')).toBe('410000000000000000000000000000008813000000000000');
  expect(bytes.subarray(0, 32).toString('hex')).toBe(
    `5244534e00000000c0000000000000001000000000000000${'0800000000000000'}`,
  );
  expect(bytes.subarray(192).toString('hex')).toBe('0c00000b00010000000474656d700000');
});

test('given a THFT version 1 request, when decoded, then its head comes back and the thread hash is derived', () => {
  const w = new BinaryWriter();
  const head = {
    version: 1,
    code: 'RPC_RRDB_RRDB_GET',
    seqId: 3,
    gpid: { appId: 2, partitionIndex: 4 },
    timeoutMs: 5000,
    threadHash: 0,
    partitionHash: 7n,
    isBackup: true,
  } as const;
  encodeThftRequest(w, head, (to) => to.u8(0));
  const { args, ...decoded } = decodeThftRequest(w.finish());
  expect(decoded).toEqual({ ...head, threadHash: 0x3de2 });
  expect(args.toString('hex')).toBe('00');
});

test('given many frames cut at any places, when read, then the same frames come out', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 });
  const property = fc.property(
    frames,
    fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
    (bodies, steps) => {
      const w = new BinaryWriter();
      const head = {
        version: 0,
        code: 'c',
        seqId: 1,
        gpid: { appId: 0, partitionIndex: 0 },
        timeoutMs: 1,
        threadHash: 0,
        partitionHash: 0n,
        isBackup: false,
      } as const;
      for (const body of bodies) encodeThftRequest(w, head, (to) => to.bytes(body));
      const stream = w.finish();
      const reader = new FrameReader({ maxFrameBytes: 10_000 });
      const out: string[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const step = steps[i % steps.length] as number;
        reader.push(Buffer.from(stream.subarray(at, at + step)));
        at += step;
        for (let f = reader.next(); f !== undefined; f = reader.next()) {
          out.push(decodeThftRequest(f).args.toString('hex'));
        }
      }
      expect(out).toEqual(bodies.map((b) => Buffer.from(b).toString('hex')));
      expect(reader.heldBytes).toBe(0);
    },
  );
  fc.assert(property);
});

test('given a large frame in small chunks, when read, then the work is linear', () => {
  const w = new BinaryWriter();
  const head = {
    version: 0,
    code: 'c',
    seqId: 1,
    gpid: { appId: 0, partitionIndex: 0 },
    timeoutMs: 1,
    threadHash: 0,
    partitionHash: 0n,
    isBackup: false,
  } as const;
  encodeThftRequest(w, head, (to) => to.zeros(4_000_000));
  const stream = w.finish();
  const reader = new FrameReader({ maxFrameBytes: 5_000_000 });
  let frame: Buffer | undefined;
  // Quadratic copying of 250,000 chunks would outlast the test's deadline.
  for (let at = 0; at < stream.length; at += 16) {
    reader.push(stream.subarray(at, at + 16));
    frame = reader.next() ?? frame;
  }
  expect(frame?.length).toBe(stream.length);
});

test('given headers that announce too much or nonsense, when read, then they are refused before the body comes', () => {
  const refuse = (hex: string) => {
    const reader = new FrameReader({ maxFrameBytes: 1000 });
    reader.push(Buffer.from(hex, 'hex'));
    expect(() => reader.next()).toThrow(code('ERR_INVALID_DATA'));
  };
  refuse('5448465400000000000000300000000000ffffff');
  refuse('5448465400000000000000310000000000000001');
  refuse('5448465400000002000000300000000000000001');
  refuse('5448465400000001ffffffffffffffff00000000');
  refuse('5244534e00000000c000000000000000ffffffff');
  refuse('5244534e00000000c100000000000000ffffffff');
  refuse('5f524157');
  refuse(Buffer.from(`GET /${'a'.repeat(17_000)}`).toString('hex'));
});
