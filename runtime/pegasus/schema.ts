/** A network endpoint. `host` is a dotted IPv4 where it travels as an rpc_address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Global partition id: both halves are signed 32-bit. */
export interface Gpid {
  readonly appId: number;
  readonly partitionIndex: number;
}

/** What a value of each base type looks like in TypeScript. */
interface BaseValues {
  bool: boolean;
  i8: number;
  i16: number;
  i32: number;
  /** Safe integers only; anything else is a WireError. */
  i64: number;
  /** The full signed range. */
  i64big: bigint;
  /** Hash-like: the same eight bytes, read unsigned. */
  u64: bigint;
  double: number;
  string: string;
  /** dsn error name, for instance ERR_OK. */
  errorCode: string;
  /** RPC code name. */
  taskCode: string;
  /** Decoded blobs are views into the received frame: copy them to keep them for long. */
  blob: Buffer;
  gpid: Gpid;
  /** null is the invalid (unset) address. */
  rpcAddress: Address | null;
  /** null is the invalid (unset) host_port. */
  hostPort: Address | null;
}

export type BaseType = keyof BaseValues;

export interface ListType<E extends WireType = WireType> {
  readonly kind: 'list';
  readonly element: E;
}

export interface MapType<K extends WireType = WireType, V extends WireType = WireType> {
  readonly kind: 'map';
  readonly key: K;
  readonly value: V;
}

export interface Field<T extends WireType = WireType, O extends boolean = boolean> {
  readonly id: number;
  readonly type: T;
  readonly optional: O;
  /** What a mandatory field decodes to when the sender left it out. */
  readonly fallback?: unknown;
}

export type Fields = { readonly [name: string]: Field };

export interface StructType<F extends Fields = Fields> {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: F;
}

export type WireType = BaseType | ListType | MapType | StructType;

type InferFields<F extends Fields> = {
  readonly [K in keyof F as F[K]['optional'] extends true ? never : K]: Infer<F[K]['type']>;
} & {
  readonly [K in keyof F as F[K]['optional'] extends true ? K : never]?: Infer<F[K]['type']> | undefined;
};

type Flatten<T> = { [K in keyof T]: T[K] } & {};

/**
 * The TypeScript type of a table.
 *
 * @example
 * type AddRequest = Infer<typeof duplicationAddRequest>;
 */
export type Infer<T extends WireType> = T extends BaseType
  ? BaseValues[T]
  : T extends ListType<infer E>
    ? readonly Infer<E>[]
    : T extends MapType<infer K, infer V>
      ? ReadonlyMap<Infer<K>, Infer<V>>
      : T extends StructType<infer F>
        ? Flatten<InferFields<F>>
        : never;

/** A field every sender writes; decoding without it fails with ERR_INVALID_PARAMETERS. */
export function field<const T extends WireType>(id: number, type: T): Field<T, false> {
  return { id, type, optional: false };
}

/** A mandatory field that some senders leave out: always written, `fallback` when absent. */
export function defaulted<const T extends WireType>(
  id: number,
  type: T,
  fallback: Infer<T>,
): Field<T, false> {
  return { id, type, optional: false, fallback };
}

/** A field that may be absent: `undefined` on decode, not written when `undefined` on encode. */
export function optional<const T extends WireType>(id: number, type: T): Field<T, true> {
  return { id, type, optional: true };
}

export function list<const E extends WireType>(element: E): ListType<E> {
  return { kind: 'list', element };
}

/** Map entries keep their wire order. Maps keyed by gpid compare keys by identity: iterate them. */
export function map<const K extends WireType, const V extends WireType>(key: K, value: V): MapType<K, V> {
  return { kind: 'map', key, value };
}

/**
 * A struct table. Fields are written in table order, so list them in ascending id.
 *
 * @example
 * const commandTable = struct('command', { cmd: field(1, 'string'), arguments: field(2, list('string')) });
 */
export function struct<const F extends Fields>(name: string, fields: F): StructType<F> {
  return { kind: 'struct', name, fields };
}
