import { readHostPort, readRpcAddress, writeHostPort, writeRpcAddress } from './address.js';
import type { BinaryReader, BinaryWriter } from './buffer.js';
import { invalidParameters } from './errors.js';
import type { BaseType, Gpid } from './schema.js';
import { TType } from './skip.js';

/** How one kind of value travels. */
export interface Codec {
  readonly ttype: number;
  /** Least bytes of one value: bounds element counts. */
  readonly minBytes: number;
  write(w: BinaryWriter, value: unknown): void;
  read(r: BinaryReader): unknown;
}

function base<T>(
  ttype: number,
  minBytes: number,
  write: (w: BinaryWriter, value: T) => void,
  read: (r: BinaryReader) => T,
): Codec {
  return { ttype, minBytes, write: write as Codec['write'], read };
}

function writeBlob(w: BinaryWriter, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw invalidParameters('bytes are needed');
  w.i32(value.length);
  w.bytes(value);
}

const readText = (r: BinaryReader): string => r.string();
const writeText = (w: BinaryWriter, value: string): void => w.string(value);

/** The base types, Pegasus' six pseudo-structs among them. */
export const BASE_CODECS: { readonly [K in BaseType]: Codec } = {
  bool: base<boolean>(
    TType.BOOL,
    1,
    (w, v) => w.u8(v ? 1 : 0),
    (r) => r.u8() !== 0,
  ),
  i8: base<number>(
    TType.BYTE,
    1,
    (w, v) => w.i8(v),
    (r) => r.i8(),
  ),
  i16: base<number>(
    TType.I16,
    2,
    (w, v) => w.i16(v),
    (r) => r.i16(),
  ),
  i32: base<number>(
    TType.I32,
    4,
    (w, v) => w.i32(v),
    (r) => r.i32(),
  ),
  i64: base<number>(
    TType.I64,
    8,
    (w, v) => w.i64(v),
    (r) => r.i64(),
  ),
  i64big: base<bigint>(
    TType.I64,
    8,
    (w, v) => w.i64big(v),
    (r) => r.i64big(),
  ),
  u64: base<bigint>(
    TType.I64,
    8,
    (w, v) => w.u64(v),
    (r) => r.u64(),
  ),
  double: base<number>(
    TType.DOUBLE,
    8,
    (w, v) => w.double(v),
    (r) => r.double(),
  ),
  string: base<string>(TType.STRING, 4, writeText, readText),
  errorCode: base<string>(TType.STRUCT, 4, writeText, readText),
  taskCode: base<string>(TType.STRUCT, 4, writeText, readText),
  blob: base<Uint8Array>(TType.STRUCT, 4, writeBlob, (r) => r.bytes(r.i32())),
  gpid: base<Gpid>(
    TType.STRUCT,
    8,
    (w, v) => {
      w.i32(v.partitionIndex);
      w.i32(v.appId);
    },
    (r) => {
      const partitionIndex = r.i32();
      return { appId: r.i32(), partitionIndex };
    },
  ),
  rpcAddress: base(TType.STRUCT, 8, writeRpcAddress, readRpcAddress),
  hostPort: base(TType.STRUCT, 7, writeHostPort, readHostPort),
};
