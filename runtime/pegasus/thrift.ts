/**
 * Strict TBinaryProtocol, driven by the tables of `schemas/`.
 *
 * Each table is compiled once into a pair of closures. Decoding trusts nothing: lengths and counts are
 * checked against the bytes that are left before anything is allocated; a known field with another
 * thrift type and a missing mandatory field are ERR_INVALID_PARAMETERS (a real server would carry on
 * with an empty value and abort later); an unknown field is skipped only where that is safe.
 */
import { BinaryReader, BinaryWriter } from './buffer.js';
import { BASE_CODECS, type Codec } from './codec.js';
import { invalidData, invalidParameters } from './errors.js';
import type { Infer, ListType, MapType, StructType, WireType } from './schema.js';
import { skip, TType } from './skip.js';

function checkElementType(what: string, found: number, expected: number): void {
  if (found !== expected) throw invalidParameters(`${what} have thrift type ${found}, not ${expected}`);
}

function listCodec(type: ListType): Codec {
  const element = codecOf(type.element);
  return {
    ttype: TType.LIST,
    minBytes: 5,
    write(w, value) {
      const items = value as readonly unknown[];
      w.u8(element.ttype);
      w.i32(items.length);
      for (let i = 0; i < items.length; i++) element.write(w, items[i]);
    },
    read(r) {
      const found = r.u8();
      const n = r.count(element.minBytes);
      // Some senders write an arbitrary element type for an empty list.
      if (n > 0) checkElementType('list elements', found, element.ttype);
      const items: unknown[] = [];
      for (let i = 0; i < n; i++) items.push(element.read(r));
      return items;
    },
  };
}

function mapCodec(type: MapType): Codec {
  const key = codecOf(type.key);
  const value = codecOf(type.value);
  return {
    ttype: TType.MAP,
    minBytes: 6,
    write(w, entries) {
      const map = entries as ReadonlyMap<unknown, unknown>;
      w.u8(key.ttype);
      w.u8(value.ttype);
      w.i32(map.size);
      for (const [k, v] of map) {
        key.write(w, k);
        value.write(w, v);
      }
    },
    read(r) {
      const foundKey = r.u8();
      const foundValue = r.u8();
      const n = r.count(key.minBytes + value.minBytes);
      if (n > 0) {
        checkElementType('map keys', foundKey, key.ttype);
        checkElementType('map values', foundValue, value.ttype);
      }
      const map = new Map<unknown, unknown>();
      for (let i = 0; i < n; i++) {
        const k = key.read(r);
        map.set(k, value.read(r));
      }
      return map;
    },
  };
}

interface CompiledField {
  readonly name: string;
  readonly id: number;
  readonly codec: Codec;
  /** A bit of the "seen" word for a mandatory field, else 0. */
  readonly bit: number;
  readonly fallback: unknown;
}

const FIELD_HEAD_BYTES = 3;
const isDemanded = ({ bit, fallback }: CompiledField): boolean => bit !== 0 && fallback === undefined;

/** Mandatory fields are tracked in one 31-bit word. */
const MAX_MANDATORY_FIELDS = 31;

function structCodec(type: StructType): Codec {
  let mandatory = 0;
  const fields: CompiledField[] = Object.entries(type.fields).map(([name, f]) => ({
    name,
    id: f.id,
    codec: codecOf(f.type),
    bit: f.optional ? 0 : 1 << mandatory++,
    fallback: f.fallback,
  }));
  if (mandatory > MAX_MANDATORY_FIELDS) throw new Error(`${type.name} has too many mandatory fields`);
  const all = fields.reduce((bits, f) => bits | f.bit, 0);
  const byId: (CompiledField | undefined)[] = [];
  for (const f of fields) byId[f.id] = f;

  function fillMissing(value: Record<string, unknown>, seen: number): void {
    for (const f of fields) {
      if (f.bit === 0 || (seen & f.bit) !== 0) continue;
      if (f.fallback === undefined) throw invalidParameters(`${type.name} lacks ${f.name}`);
      value[f.name] = f.fallback;
    }
  }

  return {
    ttype: TType.STRUCT,
    minBytes: fields.reduce((sum, f) => sum + (isDemanded(f) ? FIELD_HEAD_BYTES + f.codec.minBytes : 0), 1),
    write(w, value) {
      const record = value as { readonly [name: string]: unknown };
      for (let i = 0; i < fields.length; i++) {
        const f = fields[i] as CompiledField;
        const v = record[f.name];
        if (v === undefined) {
          if (f.bit !== 0) throw invalidParameters(`${type.name} lacks ${f.name}`);
          continue;
        }
        w.u8(f.codec.ttype);
        w.u16(f.id);
        f.codec.write(w, v);
      }
      w.u8(TType.STOP);
    },
    read(r) {
      const value: Record<string, unknown> = {};
      let seen = 0;
      for (;;) {
        const ttype = r.u8();
        if (ttype === TType.STOP) break;
        const f = byId[r.u16()];
        if (f === undefined) {
          skip(r, ttype);
          continue;
        }
        if (ttype !== f.codec.ttype) {
          throw invalidParameters(`${type.name}.${f.name} has thrift type ${ttype}, not ${f.codec.ttype}`);
        }
        value[f.name] = f.codec.read(r);
        seen |= f.bit;
      }
      if (seen !== all) fillMissing(value, seen);
      return value;
    },
  };
}

const compiled = new WeakMap<object, Codec>();

function codecOf(type: WireType): Codec {
  if (typeof type === 'string') return BASE_CODECS[type];
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const codec =
    type.kind === 'struct' ? structCodec(type) : type.kind === 'list' ? listCodec(type) : mapCodec(type);
  compiled.set(type, codec);
  return codec;
}

/** Appends the value, without a field header. WireError ERR_INVALID_PARAMETERS if it does not fit. */
export function encodeValue<T extends WireType>(w: BinaryWriter, type: T, value: Infer<T>): void {
  codecOf(type).write(w, value);
}

/** Reads one value without a field header. */
export function decodeValue<T extends WireType>(r: BinaryReader, type: T): Infer<T> {
  return codecOf(type).read(r) as Infer<T>;
}

/**
 * The bytes of a struct, stop byte included.
 *
 * @example
 * const bytes = encodeStruct(commandTable, { cmd: 'server-info', arguments: [] });
 */
export function encodeStruct<T extends StructType>(table: T, value: Infer<T>): Buffer {
  const w = new BinaryWriter();
  encodeValue(w, table, value);
  return w.finish();
}

/** Decodes a struct that must fill the buffer exactly. */
export function decodeStruct<T extends StructType>(table: T, bytes: Buffer): Infer<T> {
  const r = new BinaryReader(bytes);
  const value = decodeValue(r, table);
  if (r.remaining !== 0) throw invalidData(`${r.remaining} bytes after ${table.name}`);
  return value;
}

/** Appends an argument (id 0 or 1) or a result (id 0): a struct with this one field. */
export function encodeWrapped<T extends WireType>(
  w: BinaryWriter,
  type: T,
  value: Infer<T>,
  fieldId: number,
): void {
  const codec = codecOf(type);
  w.u8(codec.ttype);
  w.u16(fieldId);
  codec.write(w, value);
  w.u8(TType.STOP);
}

/**
 * Reads a wrapped argument or result that must fill the reader exactly. The field id is not looked at,
 * as upstream. A bare blob whose length is not the rest of the bytes is ERR_INVALID_PARAMETERS: that is
 * a struct sent where a blob belongs, which ends a real server.
 */
export function decodeWrapped<T extends WireType>(r: BinaryReader, type: T): Infer<T> {
  const codec = codecOf(type);
  const ttype = r.u8();
  r.skip(2);
  if (ttype !== codec.ttype) {
    throw invalidParameters(`the argument has thrift type ${ttype}, not ${codec.ttype}`);
  }
  if (type === 'blob') {
    const length = r.remaining < 5 ? -1 : r.i32();
    if (length < 0 || length !== r.remaining - 1) throw invalidParameters('the argument is not a bare blob');
    const bytes = r.bytes(length);
    if (r.u8() !== TType.STOP) throw invalidData('no stop byte after the argument');
    return bytes as Infer<T>;
  }
  const value = codec.read(r);
  if (r.u8() !== TType.STOP) throw invalidData('no stop byte after the argument');
  if (r.remaining !== 0) throw invalidData(`${r.remaining} bytes after the argument`);
  return value as Infer<T>;
}
