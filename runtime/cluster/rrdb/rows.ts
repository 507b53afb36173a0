import { decodeStoredValue, isExpired, type StoredValue } from '../../pegasus/index.js';
import { type ScanRange, StoreError } from '../../store/index.js';
import type { RrdbStore } from './gate.js';
import { valueVersion } from './state.js';

/** Rows that are fetched from the store at a time. */
const maxChunkRows = 1_000;

/**
 * The value in a stored pair, or undefined once it has expired. `nowEpoch` is in pegasus epoch seconds.
 *
 * @throws StoreError `ERR_CORRUPTION` when the bytes are no stored value.
 */
export function liveValue(stored: Buffer, nowEpoch: number): StoredValue | undefined {
  let value: StoredValue;
  try {
    value = decodeStoredValue(valueVersion, stored);
  } catch (cause) {
    throw new StoreError('ERR_CORRUPTION', { operation: 'read a value', detail: String(cause), cause });
  }
  return isExpired(value.expireTsSeconds, nowEpoch) ? undefined : value;
}

/** The row under a raw key, unless there is none or it has expired. */
export async function readRow(
  store: RrdbStore,
  key: Buffer,
  nowEpoch: number,
): Promise<StoredValue | undefined> {
  const stored = await store.get(key);
  return stored === undefined ? undefined : liveValue(stored, nowEpoch);
}

export interface Visit {
  /** Rows the caller probably wants: no more are fetched at a time. */
  readonly expectedRows: number;
  /** Rows handed to the visitor, expired ones included. */
  readonly maxRows: number;
  /** Looked at between fetches. */
  readonly aborted: () => boolean;
}

export interface Visited {
  /** Whether the range ended. Otherwise it goes on behind `lastKey`. */
  readonly ended: boolean;
  /** Raw key of the last row the visitor took. */
  readonly lastKey: Buffer | undefined;
}

/**
 * Hands the pairs of a range to `take` in order, until it answers false (the row was one too many) or `maxRows`
 * were taken. Between two fetches the partition may change; the walk goes on behind the last key.
 *
 * @throws StoreError `ERR_BUSY` when nobody waits for the answer any more.
 */
export async function visitRows(
  store: Pick<RrdbStore, 'scan'>,
  range: ScanRange,
  visit: Visit,
  take: (key: Buffer, stored: Buffer) => boolean,
): Promise<Visited> {
  const limit = Math.max(1, Math.min(visit.expectedRows, maxChunkRows));
  let lastKey: Buffer | undefined;
  let taken = 0;
  for (;;) {
    const pairs = await store.scan({ ...behind(range, lastKey), limit });
    if (pairs.length === 0) return { ended: true, lastKey };
    for (const [key, stored] of pairs) {
      if (taken >= visit.maxRows || !take(key, stored)) return { ended: false, lastKey };
      lastKey = key;
      taken++;
    }
    if (visit.aborted()) {
      throw new StoreError('ERR_BUSY', { operation: 'scan', detail: 'the caller has stopped waiting' });
    }
  }
}

/** What is left of a range after `lastKey`. */
export function behind(range: ScanRange, lastKey: Buffer | undefined): ScanRange {
  if (lastKey === undefined) return range;
  const { gt, gte, lt, lte, ...rest } = range;
  return range.reverse === true
    ? { ...rest, ...(gt && { gt }), ...(gte && { gte }), lt: lastKey }
    : { ...rest, ...(lt && { lt }), ...(lte && { lte }), gt: lastKey };
}
