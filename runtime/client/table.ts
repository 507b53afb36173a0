/** Rows of one table: reading, writing, scanning. */
import { formatAddress } from '../pegasus/address.js';
import type { Request, Response } from '../pegasus/codes.js';
import { FilterType } from '../pegasus/enums.js';
import { encodeRawKey, keyHash, MAX_HASH_KEY_BYTES, partitionIndex } from '../pegasus/key.js';
import type { DigestOpenRequest } from '../pegasus/schemas/index.js';
import { PEGASUS_EPOCH_SECONDS } from '../pegasus/value.js';
import { Deadline } from './deadline.js';
import { BridleError } from './errors.js';
import type { CallLimits } from './model.js';
import { type DataCode, type Router, storageError } from './router.js';
import { type Row, readRow, type ScanOptions, scanBatches } from './scan.js';
import { PartitionSnapshot } from './verify/snapshot.js';

export type { Row, ScanOptions } from './scan.js';

/** Strings travel as UTF-8. */
export type Bytes = string | Uint8Array;

/** When a row expires; without either it never does. */
export interface PutOptions extends CallLimits {
  /** Seconds from now; 0 or left out: never expires. */
  readonly ttlSeconds?: number | undefined;
  /** Absolute expiry (pegasus epoch); wins over ttlSeconds. */
  readonly expireTsSeconds?: number | undefined;
}

/** Which rows of a hash key to get. */
export interface MultiGetOptions extends CallLimits {
  /** Left out: every sort key. */
  readonly sortKeys?: readonly Bytes[];
  /** Rows at most; left out: all. */
  readonly maxCount?: number;
  readonly noValue?: boolean;
}

/** Rows of one hash key. */
export interface MultiGetResult {
  /** In sort key order. */
  readonly rows: readonly { readonly sortKey: Buffer; readonly value: Buffer }[];
  /** False when `maxCount` cut the answer off. */
  readonly complete: boolean;
}

/** Largest write a server takes by default, and room for what travels around key and value. */
const MAX_WRITE_BYTES = 1024 * 1024;
const WRITE_OVERHEAD_BYTES = 128;
/** What one row, keys and value together, may take. */
export const MAX_ROW_BYTES = MAX_WRITE_BYTES - WRITE_OVERHEAD_BYTES;

const NOT_FOUND = 1;
const INCOMPLETE = 7;
const MULTI_GET_PAGE_ROWS = 1000;
const EMPTY = Buffer.alloc(0);

/**
 * One table. All calls are idempotent, so they are repeated within their deadline when a primary moves or
 * a server restarts; only the count of {@link multiRemove} can then be lower than what was removed.
 *
 * @example
 * const users = await cluster.table('users');
 * await users.put('ada', 'born', '1815', { ttlSeconds: 3600 });
 * for await (const row of users.scan()) console.log(row.hashKey.toString(), row.value.length);
 */
export class Table {
  readonly #router: Router;
  readonly #timeoutMs: number;

  /** @internal Use Cluster.table. */
  constructor(router: Router, timeoutMs: number) {
    this.#router = router;
    this.#timeoutMs = timeoutMs;
  }

  /** As the table was opened. */
  get name(): string {
    return this.#router.table;
  }

  /** Number of the table in its cluster; a table that is made anew has another. */
  get appId(): number {
    return this.#router.appId;
  }

  /** Fixed when the table was made. */
  get partitionCount(): number {
    return this.#router.partitionCount;
  }

  /** Writes one row. BRIDLE_VALUE_TOO_LARGE above {@link MAX_ROW_BYTES}. */
  async put(hashKey: Bytes, sortKey: Bytes, value: Bytes, options: PutOptions = {}): Promise<void> {
    const key = keyOf(hashKey, sortKey);
    const data = bytes(value);
    this.#checkSize(key.raw.length + data.length);
    const request = { key: key.raw, value: data, expireTsSeconds: expiryOf(options) };
    await this.#call('RPC_RRDB_RRDB_PUT', request, key.hashKey, key.sortKey, options);
  }

  /** The value; undefined when there is no such row. */
  async get(hashKey: Bytes, sortKey: Bytes, limits: CallLimits = {}): Promise<Buffer | undefined> {
    const key = keyOf(hashKey, sortKey);
    const answer = await this.#call(
      'RPC_RRDB_RRDB_GET',
      key.raw,
      key.hashKey,
      key.sortKey,
      limits,
      NOT_FOUND,
    );
    return answer.error === NOT_FOUND ? undefined : answer.value;
  }

  /** Removing a row that is not there succeeds. */
  async remove(hashKey: Bytes, sortKey: Bytes, limits: CallLimits = {}): Promise<void> {
    const key = keyOf(hashKey, sortKey);
    await this.#call('RPC_RRDB_RRDB_REMOVE', key.raw, key.hashKey, key.sortKey, limits);
  }

  /** Writes rows of one hash key atomically; together at most {@link MAX_ROW_BYTES}. */
  async multiPut(
    hashKey: Bytes,
    rows: readonly { readonly sortKey: Bytes; readonly value: Bytes }[],
    options: PutOptions = {},
  ): Promise<void> {
    if (rows.length === 0) return;
    const hash = nonEmptyHashKey(hashKey);
    const kvs = rows.map((row) => ({ key: bytes(row.sortKey), value: bytes(row.value) }));
    // Each pair travels with 15 bytes of its own.
    this.#checkSize(kvs.reduce((sum, kv) => sum + kv.key.length + kv.value.length + 15, hash.length));
    const request = { hashKey: hash, kvs, expireTsSeconds: expiryOf(options) };
    await this.#call('RPC_RRDB_RRDB_MULTI_PUT', request, hash, EMPTY, options);
  }

  /** Rows of one hash key, fetched page by page. */
  async multiGet(hashKey: Bytes, options: MultiGetOptions = {}): Promise<MultiGetResult> {
    const hash = nonEmptyHashKey(hashKey);
    const sortKeys = options.sortKeys?.map(bytes) ?? [];
    if (options.sortKeys !== undefined && sortKeys.length === 0) return { rows: [], complete: true };
    const most = options.maxCount ?? Number.POSITIVE_INFINITY;
    const rows: { readonly sortKey: Buffer; readonly value: Buffer }[] = [];
    for (let startSortkey: Buffer = EMPTY, startInclusive = true; ; startInclusive = false) {
      const request = {
        hashKey: hash,
        sortKeys,
        maxKvCount: Math.min(MULTI_GET_PAGE_ROWS + sortKeys.length, most - rows.length),
        maxKvSize: MAX_WRITE_BYTES,
        noValue: options.noValue ?? false,
        startSortkey,
        stopSortkey: EMPTY,
        startInclusive,
        stopInclusive: false,
        sortKeyFilterType: FilterType.NO_FILTER,
        sortKeyFilterPattern: EMPTY,
        reverse: false,
      };
      const code = 'RPC_RRDB_RRDB_MULTI_GET';
      const answer = await this.#call(code, request, hash, EMPTY, options, NOT_FOUND, INCOMPLETE);
      rows.push(...answer.kvs.map(({ key, value }) => ({ sortKey: key, value })));
      const last = rows.at(-1)?.sortKey;
      if (answer.error !== INCOMPLETE) return { rows, complete: true };
      const noWayOn = answer.kvs.length === 0 || last === undefined || sortKeys.length > 0;
      if (rows.length >= most || noWayOn) return { rows, complete: false };
      startSortkey = last;
    }
  }

  /** Number of rows removed, as far as the last attempt knows. */
  async multiRemove(hashKey: Bytes, sortKeys: readonly Bytes[], limits: CallLimits = {}): Promise<number> {
    if (sortKeys.length === 0) return 0;
    const hash = nonEmptyHashKey(hashKey);
    const request = { hashKey: hash, sortKeys: sortKeys.map(bytes), maxCount: 0 };
    return (await this.#call('RPC_RRDB_RRDB_MULTI_REMOVE', request, hash, EMPTY, limits)).count;
  }

  /** Seconds until it expires, -1 when it never does, undefined when there is no such row. */
  async ttl(hashKey: Bytes, sortKey: Bytes, limits: CallLimits = {}): Promise<number | undefined> {
    const key = keyOf(hashKey, sortKey);
    const answer = await this.#call(
      'RPC_RRDB_RRDB_TTL',
      key.raw,
      key.hashKey,
      key.sortKey,
      limits,
      NOT_FOUND,
    );
    return answer.error === NOT_FOUND ? undefined : answer.ttlSeconds;
  }

  /** Rows under one hash key. */
  async sortKeyCount(hashKey: Bytes, limits: CallLimits = {}): Promise<number> {
    const hash = nonEmptyHashKey(hashKey);
    return (await this.#call('RPC_RRDB_RRDB_SORTKEY_COUNT', hash, hash, EMPTY, limits)).count;
  }

  /** All rows, one partition after the other, each in raw key order. The timeout bounds each batch. */
  async *scan(options: ScanOptions & { readonly partitions?: readonly number[] } = {}): AsyncGenerator<Row> {
    const all = Array.from({ length: this.partitionCount }, (_, index) => index);
    for (const index of options.partitions ?? all) yield* this.scanPartition(index, options);
  }

  /** The rows of one partition in raw key order. */
  async *scanPartition(index: number, options: ScanOptions = {}): AsyncGenerator<Row> {
    for await (const batch of this.scanBatches(index, options)) yield* batch;
  }

  /** As {@link scanPartition}, a batch at a time; batches are never empty. */
  scanBatches(index: number, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    return scanBatches(this.#router, index, options, this.#timeoutMs);
  }

  /** One row with its expiry; undefined when there is none. Servers before 2.1 do not tell the expiry. */
  readRow(
    rawKey: Buffer,
    limits: CallLimits & { readonly noValue?: boolean } = {},
  ): Promise<Row | undefined> {
    return readRow(this.#router, rawKey, limits, this.#timeoutMs);
  }

  /** @internal What `verify` compares by; ERR_HANDLER_NOT_FOUND at servers that compute no digests. */
  openSnapshot(
    index: number,
    request: DigestOpenRequest,
    limits: CallLimits = {},
  ): Promise<PartitionSnapshot> {
    return PartitionSnapshot.open(this.#router, index, request, limits, this.#timeoutMs);
  }

  /** `accepted`: storage codes besides 0 that the caller understands. */
  async #call<C extends RowCode>(
    code: C,
    request: Request<C>,
    hashKey: Buffer,
    sortKey: Buffer,
    limits: CallLimits,
    ...accepted: readonly number[]
  ): Promise<Response<C>> {
    const options = {
      deadline: new Deadline(limits, this.#timeoutMs),
      partitionHash: keyHash(hashKey, sortKey),
    };
    const partition = (count: number) => partitionIndex(hashKey, sortKey, count);
    const { response, server } = await this.#router.call(partition, code, request, options);
    const { error } = response as Response<RowCode>;
    if (error !== 0 && !accepted.includes(error)) {
      throw storageError(error, code, formatAddress(server), this.name);
    }
    return response;
  }

  #checkSize(size: number): void {
    if (size <= MAX_ROW_BYTES) return;
    throw BridleError.of('BRIDLE_VALUE_TOO_LARGE', {
      operation: 'put',
      hint: `keys and values of ${size} bytes; a server takes ${MAX_ROW_BYTES} in one write`,
      values: { table: this.name },
    });
  }
}

/** Requests about one row or one hash key; all answer with a storage code. */
type RowCode = Exclude<
  Extract<DataCode, `RPC_RRDB_${string}`>,
  'RPC_RRDB_RRDB_CLEAR_SCANNER' | 'RPC_RRDB_RRDB_DUPLICATE' | 'RPC_RRDB_RRDB_BATCH_GET'
>;

function bytes(value: Bytes): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function checkHashKey(hashKey: Buffer): void {
  if (hashKey.length <= MAX_HASH_KEY_BYTES) return;
  throw BridleError.of('ERR_INVALID_PARAMETERS', {
    hint: `a hash key of ${hashKey.length} bytes; ${MAX_HASH_KEY_BYTES} is the limit`,
  });
}

function keyOf(hash: Bytes, sort: Bytes): { raw: Buffer; hashKey: Buffer; sortKey: Buffer } {
  const hashKey = bytes(hash);
  const sortKey = bytes(sort);
  checkHashKey(hashKey);
  return { raw: encodeRawKey(hashKey, sortKey), hashKey, sortKey };
}

/** Requests for a whole hash key cannot be routed without one. */
function nonEmptyHashKey(hash: Bytes): Buffer {
  const hashKey = bytes(hash);
  checkHashKey(hashKey);
  if (hashKey.length > 0) return hashKey;
  throw BridleError.of('ERR_INVALID_PARAMETERS', { hint: 'the hash key is empty' });
}

const MAX_EXPIRE_TS_SECONDS = 0x7fffffff;

/** Absolute, and computed once: a put that is repeated later must not live longer. */
function expiryOf({ ttlSeconds = 0, expireTsSeconds }: PutOptions): number {
  const nowSeconds = Math.floor(Date.now() / 1000) - PEGASUS_EPOCH_SECONDS;
  const expiry = expireTsSeconds ?? (ttlSeconds === 0 ? 0 : nowSeconds + ttlSeconds);
  const legal = Number.isInteger(expiry) && expiry >= 0 && expiry <= MAX_EXPIRE_TS_SECONDS && ttlSeconds >= 0;
  if (legal) return expiry;
  throw BridleError.of('ERR_INVALID_PARAMETERS', {
    hint: `a time to live of ${ttlSeconds} seconds; it has to be a whole number of seconds from 1 to ${MAX_EXPIRE_TS_SECONDS - nowSeconds}`,
  });
}
