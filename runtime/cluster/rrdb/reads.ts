import {
  type BatchGetRequest,
  encodeRawKey,
  type KeyValue,
  type MultiGetRequest,
  type Response,
} from '../../pegasus/index.js';
import { type Admitted, checkRawKey, checkSortKeys } from './gate.js';
import { checkOwnRow, hashKeyRange, isFilterType, passesFilter, sortKeyRange, splitRawKey } from './keys.js';
import { liveValue, readRow, type Visit, visitRows } from './rows.js';
import { RrdbStatus } from './status.js';

/** One reply holds at most this many rows, and ends with the row that reaches this many bytes. */
const maxReplyRows = 10_000;
const maxReplyBytes = 4 * 1024 * 1024;
/** Rows looked at for one reply: expired and filtered ones cost time too. */
const maxVisitedRows = 100_000;
const maxCountedRows = 1_000_000;
/** Point reads of one request under way at once. */
const pointReads = 64;

const nothing = Buffer.alloc(0);

/** What every read response repeats. */
export interface Origin {
  readonly appId: number;
  readonly partitionIndex: number;
  /** Address of this server, `host:port`. */
  readonly server: string;
}

/** One read, and the moment it is made at. */
export interface Reading {
  readonly admitted: Admitted;
  readonly origin: Origin;
  /** Pegasus epoch seconds. */
  readonly nowEpoch: number;
}

function visiting({ admitted }: Reading, expectedRows: number, maxRows: number): Visit {
  return { expectedRows, maxRows, aborted: () => admitted.context.signal.aborted };
}

/** GET: error 1 without a row. */
export async function get(
  key: Buffer,
  { admitted, origin, nowEpoch }: Reading,
): Promise<Response<'RPC_RRDB_RRDB_GET'>> {
  checkRawKey(key, admitted);
  const row = await readRow(admitted.partition.store, key, nowEpoch);
  if (row === undefined) return { error: RrdbStatus.NOT_FOUND, value: nothing, ...origin };
  return { error: RrdbStatus.OK, value: row.data, ...origin };
}

/** TTL in seconds; -1 for a row that does not expire. */
export async function ttl(
  key: Buffer,
  { admitted, origin, nowEpoch }: Reading,
): Promise<Response<'RPC_RRDB_RRDB_TTL'>> {
  checkRawKey(key, admitted);
  const row = await readRow(admitted.partition.store, key, nowEpoch);
  if (row === undefined) return { error: RrdbStatus.NOT_FOUND, ttlSeconds: 0, ...origin };
  const ttlSeconds = row.expireTsSeconds === 0 ? -1 : row.expireTsSeconds - nowEpoch;
  return { error: RrdbStatus.OK, ttlSeconds, ...origin };
}

/** SORTKEY_COUNT: live rows of a hash key; error 7 and -1 when there are too many to count in one go. */
export async function sortkeyCount(
  hashKey: Buffer,
  reading: Reading,
): Promise<Response<'RPC_RRDB_RRDB_SORTKEY_COUNT'>> {
  const { admitted, origin, nowEpoch } = reading;
  checkSortKeys(hashKey, [], admitted);
  let count = 0;
  const visit = visiting(reading, maxCountedRows, maxCountedRows);
  const { ended } = await visitRows(
    admitted.partition.store,
    hashKeyRange(hashKey),
    visit,
    (_key, stored) => {
      if (liveValue(stored, nowEpoch) !== undefined) count++;
      return true;
    },
  );
  if (!ended) return { error: RrdbStatus.INCOMPLETE, count: -1, ...origin };
  return { error: RrdbStatus.OK, count, ...origin };
}

/** BATCH_GET: the rows that exist, in the order of the request. */
export async function batchGet(
  { keys }: BatchGetRequest,
  { admitted, origin, nowEpoch }: Reading,
): Promise<Response<'RPC_RRDB_RRDB_BATCH_GET'>> {
  if (keys.length === 0) return { error: RrdbStatus.INVALID_ARGUMENT, data: [], ...origin };
  // The partition hash of this request is that of one of its keys, or none: only the partition tells.
  for (const { hashKey, sortKey } of keys) checkOwnRow(hashKey, sortKey, admitted.space);
  const page = new Page(maxReplyRows, maxReplyBytes);
  const data: { hashKey: Buffer; sortKey: Buffer; value: Buffer }[] = [];
  for (let at = 0; at < keys.length; at += pointReads) {
    const some = keys.slice(at, at + pointReads);
    const rows = await Promise.all(
      some.map((key) => readRow(admitted.partition.store, encodeRawKey(key.hashKey, key.sortKey), nowEpoch)),
    );
    for (const [i, key] of some.entries()) {
      const row = rows[i];
      if (row === undefined) continue;
      if (page.full) return { error: RrdbStatus.INCOMPLETE, data, ...origin };
      page.add(key.hashKey.length + key.sortKey.length + row.data.length);
      data.push({ ...key, value: row.data });
    }
  }
  return { error: RrdbStatus.OK, data, ...origin };
}

/** MULTI_GET, by list of sort keys or by range; rows of a range ascend also when read in reverse. */
export async function multiGet(
  request: MultiGetRequest,
  reading: Reading,
): Promise<Response<'RPC_RRDB_RRDB_MULTI_GET'>> {
  const { admitted, origin } = reading;
  checkSortKeys(request.hashKey, request.sortKeys, admitted);
  if (!isFilterType(request.sortKeyFilterType)) {
    return { error: RrdbStatus.INVALID_ARGUMENT, kvs: [], ...origin };
  }
  const page = new Page(
    request.maxKvCount > 0 ? Math.min(request.maxKvCount, maxReplyRows) : maxReplyRows,
    request.maxKvSize > 0 ? Math.min(request.maxKvSize, maxReplyBytes) : maxReplyBytes,
  );
  const kvs: KeyValue[] = [];
  const read = request.sortKeys.length > 0 ? readListed : readRange;
  const complete = await read(request, reading, (key, data) => {
    if (page.full) return false;
    const value = request.noValue ? nothing : data;
    page.add(key.length + value.length);
    kvs.push({ key, value });
    return true;
  });
  if (request.reverse && request.sortKeys.length === 0) kvs.reverse();
  return { error: complete ? RrdbStatus.OK : RrdbStatus.INCOMPLETE, kvs, ...origin };
}

type TakeRow = (sortKey: Buffer, data: Buffer) => boolean;

async function readListed(request: MultiGetRequest, reading: Reading, take: TakeRow): Promise<boolean> {
  const { sortKeys, hashKey } = request;
  const { store } = reading.admitted.partition;
  for (let at = 0; at < sortKeys.length; at += pointReads) {
    const some = sortKeys.slice(at, at + pointReads);
    const rows = await Promise.all(
      some.map((key) => readRow(store, encodeRawKey(hashKey, key), reading.nowEpoch)),
    );
    for (const [i, key] of some.entries()) {
      const row = rows[i];
      if (row !== undefined && !take(key, row.data)) return false;
    }
  }
  return true;
}

async function readRange(request: MultiGetRequest, reading: Reading, take: TakeRow): Promise<boolean> {
  const { sortKeyFilterType, sortKeyFilterPattern, maxKvCount } = request;
  // One more than wanted tells at once whether there is more.
  const visit = visiting(reading, maxKvCount > 0 ? maxKvCount + 1 : maxReplyRows, maxVisitedRows);
  const { store } = reading.admitted.partition;
  const { ended } = await visitRows(store, sortKeyRange(request), visit, (key, stored) => {
    const row = liveValue(stored, reading.nowEpoch);
    if (row === undefined) return true;
    const { sortKey } = splitRawKey(key);
    if (!passesFilter(sortKeyFilterType, sortKeyFilterPattern, sortKey)) return true;
    return take(sortKey, row.data);
  });
  return ended;
}

/** How full a reply is. A page takes one row at least, whatever its size. */
class Page {
  #rowsLeft: number;
  #bytesLeft: number;

  constructor(maxRows: number, maxBytes: number) {
    this.#rowsLeft = maxRows;
    this.#bytesLeft = maxBytes;
  }

  get full(): boolean {
    return this.#rowsLeft <= 0 || this.#bytesLeft <= 0;
  }

  add(bytes: number): void {
    this.#rowsLeft--;
    this.#bytesLeft -= bytes;
  }
}
