/** What one partition adds to a scrape. */
import { METRICS, type Scrape } from '../../observe/metrics/index.js';
import { PARTITION_STATES, type PartitionReport } from '../node-sync.js';
import type { HostedDuplicator } from './hosted-duplicator.js';

/** @param duplicators by the id of their duplication; none while the partition is not open */
export async function measurePartition(
  scrape: Scrape,
  table: string,
  { partitionIndex, state, lastCommitted, logBytes, transfer }: PartitionReport,
  duplicators: Iterable<readonly [number, HostedDuplicator]>,
  nowMs: number,
): Promise<void> {
  const of = { table, partition: partitionIndex };
  for (const each of PARTITION_STATES)
    scrape.add(METRICS.partitions, { table, state: each }, each === state ? 1 : 0);
  if (transfer !== null) {
    scrape.set(METRICS.partitionCopied, of, transfer.doneBytes);
    scrape.set(METRICS.partitionCopySize, of, transfer.totalBytes);
  }
  if (lastCommitted < 0) return;
  scrape.set(METRICS.partitionLogBytes, of, logBytes);
  scrape.set(METRICS.partitionCommitted, of, lastCommitted);
  for (const [duplication, duplicator] of duplicators) {
    const labels = { ...of, duplication };
    const held = duplicator.heldDecree;
    scrape.set(METRICS.partitionLogHeld, labels, duplicator.logHeldBytes);
    if (held < 0) continue;
    scrape.set(METRICS.partitionHeld, labels, held);
    scrape.set(METRICS.partitionLagDecrees, labels, Math.max(0, lastCommitted - held));
    const oldestMs = await duplicator.oldestUnshippedMs();
    if (oldestMs === undefined) continue;
    const lagMs = oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs);
    scrape.set(METRICS.partitionLagSeconds, labels, lagMs / 1_000);
  }
}
