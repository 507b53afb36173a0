/** Tables with different partition counts: rows are elsewhere, so each is looked up on the other side. */
import { decodeRawKey, partitionIndex } from '../../pegasus/key.js';
import type { Row, Table } from '../table.js';
import { bytesOf, fingerprint, type RowComparison, sameRow } from './by-rows.js';
import { forEachParallel } from './parallel.js';
import type { ComparedRows, Suspect } from './tally.js';

const PARALLEL_READS = 32;
const BATCH_ROWS = 500;

/** Looks every row of one source partition up at the follower: what is missing, what differs. */
export async function lookUpSource(comparison: RowComparison): Promise<void> {
  const { source, follower, unit, tally, paces } = comparison;
  const { partition } = unit;
  await eachBatch(comparison, source, paces.source, false, async (batch, limits) => {
    const suspects: Suspect[] = [];
    await forEachParallel(batch, PARALLEL_READS, async (row) => {
      const copy = await follower.readRow(row.rawKey, limits);
      if (copy !== undefined) tally.transferred(bytesOf([copy]), bytesOf([copy]));
      if (copy !== undefined && sameRow(row, copy)) return;
      suspects.push({
        rawKey: Buffer.from(row.rawKey),
        partition,
        source: fingerprint(row),
        follower: fingerprint(copy),
        counted: true,
      });
    });
    return { rows: [{ partition, source: batch.length, follower: 0 }], suspects };
  });
}

/** Looks every key of one follower partition up at the source: what is extra. */
export async function lookUpFollower(comparison: RowComparison): Promise<void> {
  const { source, follower, paces } = comparison;
  const partitionOf = ({ rawKey }: Row): number => {
    const { hashKey, sortKey } = decodeRawKey(rawKey);
    return partitionIndex(hashKey, sortKey, source.partitionCount);
  };
  await eachBatch(comparison, follower, paces.follower, true, async (batch, limits) => {
    const suspects: Suspect[] = [];
    const rows = new Map<number, number>();
    for (const row of batch) rows.set(partitionOf(row), (rows.get(partitionOf(row)) ?? 0) + 1);
    await forEachParallel(batch, PARALLEL_READS, async (row) => {
      if ((await source.readRow(row.rawKey, { ...limits, noValue: true })) !== undefined) return;
      const rawKey = Buffer.from(row.rawKey);
      suspects.push({ rawKey, partition: partitionOf(row), source: '', follower: '?', counted: true });
    });
    const counted = [...rows].map(([partition, count]) => ({ partition, source: 0, follower: count }));
    return { rows: counted, suspects };
  });
}

/** Hands over batch after batch of one partition, and notes each as passed. */
async function eachBatch(
  { unit, tally, signal }: RowComparison,
  table: Table,
  pace: RowComparison['paces']['source'],
  noValue: boolean,
  compare: (
    batch: readonly Row[],
    limits: { readonly signal?: AbortSignal },
  ) => Promise<{ readonly rows: readonly ComparedRows[]; readonly suspects: readonly Suspect[] }>,
): Promise<void> {
  const limits = signal === undefined ? {} : { signal };
  const batches = table.scanBatches(unit.partition, {
    ...limits,
    noValue,
    withExpiry: true,
    batchRows: Math.min(BATCH_ROWS, pace.maxRows),
    ...(unit.after === null ? {} : { after: Buffer.from(unit.after, 'base64') }),
  });
  for await (const batch of batches) {
    const bytes = bytesOf(batch);
    tally.transferred(bytes, bytes);
    const found = await compare(batch, limits);
    tally.passed(unit, { after: (batch.at(-1) as Row).rawKey, ...found });
    await pace.take(batch.length, bytes, signal);
  }
  tally.done(unit);
}
