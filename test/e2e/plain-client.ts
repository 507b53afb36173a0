/**
 * A THFT client written from wire.md alone. It shares no line with runtime/pegasus on purpose: what both
 * sides of a protocol got wrong together, nobody notices.
 */
import { connect, type Socket } from 'node:net';

// ---- 2. Thrift binary, strict, big-endian ---------------------------------------------------------------

const BOOL = 2;
const BYTE = 3;
const I16 = 6;
const I32 = 8;
const I64 = 10;
const STRING = 11;
const STRUCT = 12;
const MAP = 13;
const LIST = 15;

const num = (bytes: number, write: (b: Buffer) => void): Buffer => {
  const b = Buffer.alloc(bytes);
  write(b);
  return b;
};
const u8 = (n: number) => num(1, (b) => b.writeUInt8(n));
const i16 = (n: number) => num(2, (b) => b.writeInt16BE(n));
const i32 = (n: number) => num(4, (b) => b.writeInt32BE(n | 0));
const i64 = (n: bigint) => num(8, (b) => b.writeBigInt64BE(BigInt.asIntN(64, n)));
const bytes = (data: Buffer | string) => {
  const b = Buffer.from(data);
  return Buffer.concat([i32(b.length), b]);
};

/** A field with its header; the special types of 2.1 say STRUCT and hold something else. */
export const field = {
  raw: (id: number, type: number, value: Buffer) => Buffer.concat([u8(type), i16(id), value]),
  bool: (id: number, value: boolean) => field.raw(id, BOOL, u8(value ? 1 : 0)),
  byte: (id: number, value: number) => field.raw(id, BYTE, u8(value)),
  i32: (id: number, value: number) => field.raw(id, I32, i32(value)),
  i64: (id: number, value: bigint) => field.raw(id, I64, i64(value)),
  string: (id: number, value: string) => field.raw(id, STRING, bytes(value)),
  struct: (id: number, ...fields: Buffer[]) => field.raw(id, STRUCT, Buffer.concat([...fields, u8(0)])),
  list: (id: number, type: number, items: readonly Buffer[]) =>
    field.raw(id, LIST, Buffer.concat([u8(type), i32(items.length), ...items])),
  /** list<struct> of ready-made fields. */
  structs: (id: number, items: readonly Buffer[][]) =>
    field.list(
      id,
      STRUCT,
      items.map((fields) => Buffer.concat([...fields, u8(0)])),
    ),
  strings: (id: number, entries: Readonly<Record<string, string>>) => {
    const all = Object.entries(entries).flat();
    return field.raw(
      id,
      MAP,
      Buffer.concat([u8(STRING), u8(STRING), i32(all.length / 2), ...all.map(bytes)]),
    );
  },
  blob: (id: number, value: Buffer | string) => field.raw(id, STRUCT, bytes(value)),
  taskCode: (id: number, name: string) => field.raw(id, STRUCT, bytes(name)),
  gpid: (id: number, appId: number, partition: number) =>
    field.raw(id, STRUCT, i64((BigInt(partition) << 32n) | BigInt(appId))),
  /** `kind` 1 is IPv4; anything but 0 and 1 ends a real server. */
  address: (id: number, host: string, port: number, kind = 1) => {
    const [a = 0, b = 0, c = 0, d = 0] = host.split('.').map(Number);
    const ip = BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
    return field.raw(id, STRUCT, i64((ip << 32n) | (BigInt(port) << 16n) | BigInt(kind)));
  },
};

/** How a field of an answer is read; what an answer carries beyond it is skipped by its type. */
type Spec =
  | 'bool'
  | 'i32'
  | 'i64'
  | 'string'
  | 'error'
  | 'blob'
  | 'gpid'
  | 'address'
  | 'hostPort'
  | { readonly list: Spec }
  | { readonly map: readonly [Spec, Spec] }
  | Fields;
interface Fields {
  readonly [id: number]: readonly [name: string, spec: Spec];
}

class Reader {
  at = 0;
  constructor(readonly buffer: Buffer) {}
  u8 = () => this.buffer.readUInt8(this.#move(1));
  i16 = () => this.buffer.readInt16BE(this.#move(2));
  i32 = () => this.buffer.readInt32BE(this.#move(4));
  i64 = () => this.buffer.readBigInt64BE(this.#move(8));
  bytes = (length = this.i32()) => {
    const start = this.#move(length);
    return this.buffer.subarray(start, start + length);
  };
  #move(length: number): number {
    const start = this.at;
    this.at += length;
    if (length < 0 || this.at > this.buffer.length) throw new Error('the answer is shorter than it says');
    return start;
  }
}

function read(r: Reader, spec: Spec): unknown {
  switch (spec) {
    case 'bool':
      return r.u8() !== 0;
    case 'i32':
      return r.i32();
    case 'i64':
      return r.i64();
    case 'string':
    case 'error':
      return r.bytes().toString('utf8');
    case 'blob':
      return r.bytes();
    case 'gpid': {
      const value = r.i64();
      return { appId: Number(value & 0xffffffffn), partition: Number(value >> 32n) };
    }
    case 'address': {
      const value = BigInt.asUintN(64, r.i64());
      const ip = Number(value >> 32n);
      const host = [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.');
      return (value & 3n) === 1n ? { host, port: Number((value >> 16n) & 0xffffn) } : null;
    }
    case 'hostPort':
      return { host: r.bytes().toString(), port: r.i16() & 0xffff, kind: r.u8() };
  }
  if ('list' in spec) {
    r.u8();
    return Array.from({ length: r.i32() }, () => read(r, spec.list as Spec));
  }
  if ('map' in spec) {
    const [key, value] = spec.map as readonly [Spec, Spec];
    r.u8();
    r.u8();
    return new Map(Array.from({ length: r.i32() }, () => [read(r, key), read(r, value)] as const));
  }
  const struct: Record<string, unknown> = {};
  for (let type = r.u8(); type !== 0; type = r.u8()) {
    const id = r.i16();
    const known = (spec as Fields)[id];
    if (known === undefined) skip(r, type);
    else struct[known[0]] = read(r, known[1]);
  }
  return struct;
}

function skip(r: Reader, type: number): void {
  if (type === BOOL || type === BYTE) r.u8();
  else if (type === I16) r.i16();
  else if (type === I32) r.i32();
  else if (type === I64) r.i64();
  else if (type === STRING) r.bytes();
  else throw new Error(`an unknown field of type ${type} cannot be skipped`);
}

// ---- 7. Structs of the answers that are read here -------------------------------------------------------

const PARTITION_STATE: Fields = { 1: ['confirmed', 'i64'], 2: ['committed', 'i64'] };
const ENTRY: Fields = {
  1: ['dupid', 'i32'],
  2: ['status', 'i32'],
  3: ['remote', 'string'],
  4: ['createTs', 'i64'],
  5: ['progress', { map: ['i32', 'i64'] }],
  7: ['failMode', 'i32'],
  8: ['remoteAppName', 'string'],
  9: ['remoteReplicaCount', 'i32'],
  11: ['partitionStates', { map: ['i32', PARTITION_STATE] }],
};
const PARTITION: Fields = {
  1: ['pid', 'gpid'],
  2: ['ballot', 'i64'],
  3: ['maxReplicaCount', 'i32'],
  4: ['primary', 'address'],
  5: ['secondaries', { list: 'address' }],
  6: ['lastDrops', { list: 'address' }],
  7: ['lastCommittedDecree', 'i64'],
  8: ['flags', 'i32'],
  9: ['hpPrimary', 'hostPort'],
  10: ['hpSecondaries', { list: 'hostPort' }],
  11: ['hpLastDrops', { list: 'hostPort' }],
};
const UPDATED: Fields = {
  1: ['error', 'i32'],
  2: ['appId', 'i32'],
  3: ['partition', 'i32'],
  4: ['decree', 'i64'],
  5: ['server', 'string'],
};
const SCANNED: Fields = {
  1: ['error', 'i32'],
  2: ['kvs', { list: { 1: ['key', 'blob'], 2: ['value', 'blob'], 3: ['expire', 'i32'] } }],
  3: ['contextId', 'i64'],
  4: ['appId', 'i32'],
  5: ['partition', 'i32'],
  6: ['server', 'string'],
};
const SPEC = {
  RPC_CM_CREATE_APP: { 1: ['err', 'error'], 2: ['appId', 'i32'] },
  RPC_CM_DROP_APP: { 1: ['err', 'error'], 100: ['hint', 'string'] },
  RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: {
    1: ['err', 'error'],
    2: ['appId', 'i32'],
    3: ['partitionCount', 'i32'],
    4: ['isStateful', 'bool'],
    5: ['partitions', { list: PARTITION }],
  },
  RPC_CM_ADD_DUPLICATION: {
    1: ['err', 'error'],
    2: ['appId', 'i32'],
    3: ['dupid', 'i32'],
    4: ['hint', 'string'],
    5: ['remoteAppName', 'string'],
    6: ['remoteReplicaCount', 'i32'],
  },
  RPC_CM_MODIFY_DUPLICATION: { 1: ['err', 'error'], 2: ['appId', 'i32'], 100: ['hint', 'string'] },
  RPC_CM_QUERY_DUPLICATION: { 1: ['err', 'error'], 3: ['appId', 'i32'], 4: ['entries', { list: ENTRY }] },
  RPC_RRDB_RRDB_PUT: UPDATED,
  RPC_RRDB_RRDB_REMOVE: UPDATED,
  RPC_RRDB_RRDB_GET: {
    1: ['error', 'i32'],
    2: ['value', 'blob'],
    3: ['appId', 'i32'],
    4: ['partition', 'i32'],
    6: ['server', 'string'],
  },
  RPC_RRDB_RRDB_GET_SCANNER: SCANNED,
  RPC_RRDB_RRDB_SCAN: SCANNED,
  RPC_RRDB_RRDB_DUPLICATE: { 1: ['error', 'i32'], 2: ['hint', 'string'] },
} as const satisfies Record<string, Fields>;

/** What a call ends with: the rpc-level error, and the answer's fields by name when that is ERR_OK. */
export interface Answer {
  readonly error: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Header {
  readonly appId?: number;
  readonly partition?: number;
  readonly threadHash?: number;
  readonly partitionHash?: bigint;
}

// ---- 3. Frames ------------------------------------------------------------------------------------------

/** 3.1: the header of 48 bytes, then the message. */
export function requestFrame(code: string, seqid: number, args: Buffer, header: Header = {}): Buffer {
  const { appId = 0, partition = 0, partitionHash = 0n } = header;
  const threadHash = header.threadHash ?? (appId === 0 ? 0 : appId * 7919 + partition);
  const body = Buffer.concat([i32(0x80010001), bytes(code), i32(seqid), args, u8(0)]);
  const head = [0, 48, 0, body.length, 0, appId, partition, 5_000, threadHash].map(i32);
  return Buffer.concat([Buffer.from('THFT'), ...head, i64(partitionHash), body]);
}

/** One connection to one server. */
export class PlainConnection implements Disposable {
  readonly #socket: Socket;
  readonly #pending = new Map<number, (answer: Answer | Error) => void>();
  readonly #specs = new Map<number, Fields | undefined>();
  #received = Buffer.alloc(0);
  #seqid = 0;
  /** Resolves when the other side has closed it. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#take(data));
    socket.on('error', () => {});
    this.closed = new Promise((done) => {
      socket.once('close', () => {
        for (const settle of this.#pending.values()) settle(new Error('the server closed the connection'));
        this.#pending.clear();
        done();
      });
    });
  }

  static open({ host, port }: { host: string; port: number }): Promise<PlainConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new PlainConnection(socket)));
    });
  }

  /** Bytes as they are. */
  send(data: Buffer): void {
    this.#socket.write(data);
  }

  call(code: string, args: Buffer, header: Header = {}): Promise<Answer> {
    const seqid = ++this.#seqid;
    this.#specs.set(seqid, (SPEC as Record<string, Fields>)[code]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(new Error(`no answer to ${code} within 10 s`)), 10_000);
      const settle = (answer: Answer | Error) => {
        clearTimeout(timer);
        this.#pending.delete(seqid);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      this.#pending.set(seqid, settle);
      this.send(requestFrame(code, seqid, args, header));
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** 3.3: total length, error name, message begin, result. */
  #take(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    while (this.#received.length >= 4 && this.#received.length >= this.#received.readInt32BE(0)) {
      const length = this.#received.readInt32BE(0);
      const r = new Reader(this.#received.subarray(4, length));
      this.#received = this.#received.subarray(length);
      const error = r.bytes().toString();
      r.i32();
      r.bytes();
      const seqid = r.i32();
      const spec = this.#specs.get(seqid);
      this.#specs.delete(seqid);
      const settle = this.#pending.get(seqid);
      if (error !== 'ERR_OK' || spec === undefined) settle?.({ error, body: {} });
      else {
        // The result is field 0 of a struct.
        const result = read(r, { 0: ['success', spec] }) as { success?: Record<string, unknown> };
        settle?.({ error, body: result.success ?? {} });
      }
    }
  }
}

// ---- 8. Keys --------------------------------------------------------------------------------------------

const POLYNOMIAL = 0x9a6c9329ac4bc9b5n;
const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  return crc;
});

export function crc64(data: Buffer | string): bigint {
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of Buffer.from(data)) crc = (crc >> 8n) ^ CRC_TABLE[Number((crc ^ BigInt(byte)) & 0xffn)]!;
  return crc ^ 0xffff_ffff_ffff_ffffn;
}

export function rawKey(hashKey: Buffer | string, sortKey: Buffer | string): Buffer {
  const hash = Buffer.from(hashKey);
  return Buffer.concat([num(2, (b) => b.writeUInt16BE(hash.length)), hash, Buffer.from(sortKey)]);
}

export function hashOf(hashKey: Buffer | string, sortKey: Buffer | string): bigint {
  return crc64(hashKey.length > 0 ? hashKey : sortKey);
}

/** What version 2 of a value starts with is the server's business; here it travels as it was given. */
export const put = (key: Buffer, value: Buffer | string): Buffer =>
  field.struct(1, field.blob(1, key), field.blob(2, value), field.i32(3, 0));

export const createApp = (
  name: string,
  options: {
    partitions: number;
    replicas?: number;
    successIfExist?: boolean;
    appType?: string;
    envs?: Readonly<Record<string, string>>;
  },
): Buffer =>
  field.struct(
    1,
    field.string(1, name),
    field.struct(
      2,
      field.i32(1, options.partitions),
      field.i32(2, options.replicas ?? 1),
      field.bool(3, options.successIfExist ?? false),
      field.string(4, options.appType ?? 'pegasus'),
      field.bool(5, true),
      field.strings(6, options.envs ?? {}),
    ),
  );

const queryConfig = (name: string): Buffer => field.struct(1, field.string(1, name), field.list(2, I32, []));

export const scanner = (batchRows: number): Buffer =>
  field.struct(
    1,
    field.blob(1, Buffer.from([0, 0])),
    field.blob(2, Buffer.from([0xff, 0xff])),
    field.bool(3, true),
    field.bool(4, false),
    field.i32(5, batchRows),
    field.bool(6, false),
    field.i32(7, 0),
    field.blob(8, ''),
    field.i32(9, 0),
    field.blob(10, ''),
    field.bool(11, false),
    field.bool(13, true),
  );

// ---- 11. A client ---------------------------------------------------------------------------------------

export interface PlainPlace {
  readonly appId: number;
  readonly partitionCount: number;
  /** Primary of each partition. */
  readonly primaries: readonly ({ host: string; port: number } | null)[];
}

/** Connections by server, as a client holds them. */
export class PlainClient implements Disposable {
  readonly meta: { host: string; port: number };
  readonly #connections = new Map<string, Promise<PlainConnection>>();

  constructor(meta: string) {
    this.meta = addressOf(meta);
  }

  to(address: { host: string; port: number } = this.meta): Promise<PlainConnection> {
    const key = `${address.host}:${address.port}`;
    const known = this.#connections.get(key) ?? PlainConnection.open(address);
    this.#connections.set(key, known);
    return known;
  }

  async askMeta(code: string, args: Buffer): Promise<Answer> {
    return (await this.to()).call(code, args);
  }

  /** Where the partitions are; resolves when each has a primary. */
  async place(table: string): Promise<PlainPlace> {
    for (let left = 200; ; left--) {
      const { error, body } = await this.askMeta(
        'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
        queryConfig(table),
      );
      const partitions = (body.partitions ?? []) as { primary: PlainPlace['primaries'][number] }[];
      const primaries = partitions.map(({ primary }) => primary);
      if (error === 'ERR_OK' && primaries.length > 0 && primaries.every((primary) => primary !== null)) {
        return { appId: body.appId as number, partitionCount: body.partitionCount as number, primaries };
      }
      if (left === 0) throw new Error(`${table} is not served: ${error} ${JSON.stringify(body.err)}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** A request about one row, sent where its key belongs. */
  async askRow(
    code: string,
    args: Buffer,
    place: PlainPlace,
    [hashKey, sortKey]: readonly [Buffer | string, Buffer | string],
    header: Header = {},
  ): Promise<Answer> {
    const partitionHash = hashOf(hashKey, sortKey);
    const partition = Number(partitionHash % BigInt(place.partitionCount));
    return this.askPartition(code, args, place, partition, { partitionHash, ...header });
  }

  async askPartition(
    code: string,
    args: Buffer,
    { appId, primaries }: PlainPlace,
    partition: number,
    header: Header = {},
  ): Promise<Answer> {
    const primary = primaries[partition];
    if (!primary) throw new Error(`partition ${partition} has no primary`);
    return (await this.to(primary)).call(code, args, { appId, partition, ...header });
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) void connection.then((one) => one[Symbol.dispose]());
  }
}

export function addressOf(text: string): { host: string; port: number } {
  const [host = '', port = ''] = text.split(':');
  return { host, port: Number(port) };
}
