import type { CallLimits } from './model.js';
import { notYet } from './not-yet.js';

/** Strings travel as UTF-8. */
export type Bytes = string | Uint8Array;

/** One row as stored. */
export interface Row {
  readonly hashKey: Buffer;
  readonly sortKey: Buffer;
  /** Empty when the scan asked for no values. */
  readonly value: Buffer;
  /** Pegasus epoch (seconds since 2016-01-01T00:00:00Z), 0 for none; undefined unless asked for. */
  readonly expireTsSeconds: number | undefined;
}

export interface PutOptions extends CallLimits {
  /** Seconds from now; 0 or left out: never expires. */
  readonly ttlSeconds?: number;
  /** Absolute expiry (pegasus epoch); wins over ttlSeconds. Repeating such a put changes nothing. */
  readonly expireTsSeconds?: number;
}

export interface MultiGetOptions extends CallLimits {
  /** Left out: every sort key. */
  readonly sortKeys?: readonly Bytes[];
  readonly maxCount?: number;
  readonly noValue?: boolean;
}

export interface MultiGetResult {
  /** In sort key order. */
  readonly rows: { readonly sortKey: Buffer; readonly value: Buffer }[];
  /** False when a limit cut the answer off. */
  readonly complete: boolean;
}

export interface ScanOptions extends CallLimits {
  /** Rows per request. Default 500. */
  readonly batchRows?: number;
  readonly noValue?: boolean;
  readonly withExpiry?: boolean;
  /** Raw key to start behind, exclusive. */
  readonly after?: Uint8Array;
}

export interface Table {
  readonly name: string;
  readonly appId: number;
  readonly partitionCount: number;
  put(hashKey: Bytes, sortKey: Bytes, value: Bytes, options?: PutOptions): Promise<void>;
  /** undefined when there is no such row. */
  get(hashKey: Bytes, sortKey: Bytes, limits?: CallLimits): Promise<Buffer | undefined>;
  remove(hashKey: Bytes, sortKey: Bytes, limits?: CallLimits): Promise<void>;
  multiPut(
    hashKey: Bytes,
    rows: readonly { readonly sortKey: Bytes; readonly value: Bytes }[],
    options?: PutOptions,
  ): Promise<void>;
  multiGet(hashKey: Bytes, options?: MultiGetOptions): Promise<MultiGetResult>;
  /** Number of removed rows. */
  multiRemove(hashKey: Bytes, sortKeys: readonly Bytes[], limits?: CallLimits): Promise<number>;
  /** Seconds until it expires, -1 when it never does, undefined when there is no such row. */
  ttl(hashKey: Bytes, sortKey: Bytes, limits?: CallLimits): Promise<number | undefined>;
  sortKeyCount(hashKey: Bytes, limits?: CallLimits): Promise<number>;
  scan(options?: ScanOptions & { readonly partitions?: readonly number[] }): AsyncIterable<Row>;
  scanPartition(index: number, options?: ScanOptions): AsyncIterable<Row>;
}
void notYet;
