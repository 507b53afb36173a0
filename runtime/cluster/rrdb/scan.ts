import { type GetScannerRequest, type KeyValue, partitionIndex } from '../../pegasus/index.js';
import type { ScanRange } from '../../store/index.js';
import type { KeySpace } from './keys.js';
import { isFilterType, passesFilter, splitRawKey } from './keys.js';
import type { Reading } from './reads.js';
import { behind, liveValue, visitRows } from './rows.js';

/** Rows of one reply, whatever the caller asks for. */
const maxBatchRows = 1_000;
/** A reply ends with the row that reaches this many bytes. */
const maxBatchBytes = 1024 * 1024;
/** Rows looked at for one reply. */
const maxVisitedRows = 20_000;

/** What is left of a scan, and how its rows are to be returned. Raw keys. */
export interface ScanPlan {
  readonly range: ScanRange;
  readonly batchRows: number;
  readonly request: GetScannerRequest;
}

export interface ScanBatch {
  /** Empty when only the count was asked for. */
  readonly kvs: readonly KeyValue[];
  readonly count: number;
  /** null when the scan is complete. */
  readonly rest: ScanPlan | null;
}

/** How a scan starts; undefined when it asks for a filter nobody knows. An empty stop key is "no end". */
export function planScan(received: GetScannerRequest): ScanPlan | undefined {
  // The request outlives its frame, and its buffers are views of that.
  const request: GetScannerRequest = {
    ...received,
    startKey: Buffer.from(received.startKey),
    stopKey: Buffer.from(received.stopKey),
    hashKeyFilterPattern: Buffer.from(received.hashKeyFilterPattern),
    sortKeyFilterPattern: Buffer.from(received.sortKeyFilterPattern),
  };
  if (!isFilterType(request.hashKeyFilterType) || !isFilterType(request.sortKeyFilterType)) return undefined;
  const { startKey, stopKey, batchSize } = request;
  const lower: ScanRange = request.startInclusive ? { gte: startKey } : { gt: startKey };
  const upper: ScanRange =
    stopKey.length === 0 ? {} : request.stopInclusive ? { lte: stopKey } : { lt: stopKey };
  const batchRows = batchSize > 0 ? Math.min(batchSize, maxBatchRows) : maxBatchRows;
  return { range: { ...lower, ...upper }, batchRows, request };
}

/** Reads one reply of a scan. Between replies rows may come and go; each row that stays is returned once. */
export async function scanBatch(plan: ScanPlan, { admitted, nowEpoch }: Reading): Promise<ScanBatch> {
  const { range, batchRows, request } = plan;
  const kvs: KeyValue[] = [];
  let count = 0;
  let bytes = 0;
  const visit = {
    expectedRows: batchRows + 1,
    maxRows: maxVisitedRows,
    aborted: () => admitted.context.signal.aborted,
  };
  const { ended, lastKey } = await visitRows(admitted.partition.store, range, visit, (key, stored) => {
    if (count >= batchRows || bytes >= maxBatchBytes) return false;
    const row = liveValue(stored, nowEpoch);
    if (row === undefined || !passes(request, key, admitted.space)) return true;
    count++;
    if (request.onlyReturnCount === true) return true;
    const value = request.noValue ? Buffer.alloc(0) : row.data;
    bytes += key.length + value.length;
    kvs.push(
      request.returnExpireTs === true
        ? { key, value, expireTsSeconds: row.expireTsSeconds | 0 }
        : { key, value },
    );
    return true;
  });
  return { kvs, count, rest: ended ? null : { ...plan, range: behind(range, lastKey) } };
}

function passes(request: GetScannerRequest, key: Buffer, space: KeySpace): boolean {
  const { hashKey, sortKey } = splitRawKey(key);
  return (
    passesFilter(request.hashKeyFilterType, request.hashKeyFilterPattern, hashKey) &&
    passesFilter(request.sortKeyFilterType, request.sortKeyFilterPattern, sortKey) &&
    (request.validatePartitionHash === false ||
      partitionIndex(hashKey, sortKey, space.partitionCount) === space.partitionIndex)
  );
}
