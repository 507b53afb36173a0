/**
 * The series of one duplication, from its explanation: a meta server writes them of itself, and `bridle metrics`
 * of any cluster, so both are called the same and mean the same.
 */
import { DUPLICATION_STATUSES, type DuplicationStatus } from '../../../machines/index.js';
import type { Explanation } from '../explain.js';
import { METRICS } from './catalogue.js';
import type { Scrape } from './scrape.js';

/** Where a stage begins, and which statuses end it. */
const STAGES: readonly { stage: string; begins: DuplicationStatus; ends: readonly DuplicationStatus[] }[] = [
  { stage: 'prepare', begins: 'DS_PREPARE', ends: ['DS_APP', 'DS_REMOVED'] },
  { stage: 'copy', begins: 'DS_APP', ends: ['DS_LOG', 'DS_REMOVED'] },
  { stage: 'ship', begins: 'DS_LOG', ends: ['DS_PAUSE', 'DS_REMOVED'] },
];

export interface MeasureOptions {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Since when it has been in its status, where the explanation does not tell. */
  readonly statusSinceMs?: number | undefined;
}

/** Adds the series; what the explanation does not know has none. */
export function measureDuplication(
  scrape: Scrape,
  explanation: Explanation,
  { nowMs, statusSinceMs }: MeasureOptions,
): void {
  const { table, duplicationId, remoteCluster, status, progress, enteredMs = {} } = explanation;
  const of = { table, duplication: duplicationId, remote_cluster: remoteCluster };
  // -1 is what nobody told.
  const told = (count: number | undefined) => (count === undefined || count < 0 ? undefined : count);
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.max(0, ms) / 1_000);
  for (const each of DUPLICATION_STATUSES) {
    scrape.set(METRICS.duplicationStatus, { ...of, status: each }, each === status ? 1 : 0);
  }
  const sinceMs = enteredMs[status] ?? statusSinceMs;
  scrape.set(METRICS.duplicationStatusAge, of, seconds(sinceMs === undefined ? undefined : nowMs - sinceMs));
  for (const { stage, begins, ends } of STAGES) {
    const beganMs = enteredMs[begins];
    if (beganMs === undefined) continue;
    scrape.set(METRICS.duplicationStageStart, { ...of, stage }, seconds(beganMs));
    // A stage that was entered again has not ended yet, whatever ended it the time before.
    const ended = ends.map((end) => enteredMs[end] ?? -1).filter((endMs) => endMs >= beganMs);
    if (status !== begins && ended.length > 0) {
      scrape.set(METRICS.duplicationStageEnd, { ...of, stage }, seconds(Math.min(...ended)));
    }
  }
  scrape.set(
    METRICS.duplicationInfo,
    {
      ...of,
      remote_table: explanation.remoteTable,
      fail_mode: explanation.failMode,
      correlation: explanation.correlation ?? '',
    },
    1,
  );
  scrape.set(METRICS.duplicationNext, { ...of, next: explanation.next }, 1);
  for (const [reason, is] of Object.entries(reasonsOf(explanation))) {
    scrape.set(METRICS.duplicationBlocked, { ...of, reason }, is ? 1 : 0);
  }
  for (const { actor, trouble } of explanation.waiting) {
    if (trouble === null) continue;
    const { error, operation, count } = trouble;
    // Partitions share a series: which of them it is, explain tells.
    const role = actor.replace(/ \d+$/, '');
    scrape.max(METRICS.duplicationTrouble, { ...of, actor: role, error, operation }, count);
  }
  scrape.set(METRICS.duplicationPartitions, of, progress.partitionCount);
  scrape.set(METRICS.duplicationPrepared, of, told(progress.prepared));
  scrape.set(METRICS.duplicationReady, of, told(progress.ready));
  const copying = progress.totalBytes > 0;
  scrape.set(METRICS.duplicationCopied, of, copying ? progress.copiedBytes : undefined);
  scrape.set(METRICS.duplicationCopySize, of, copying ? progress.totalBytes : undefined);
  scrape.set(METRICS.duplicationLagDecrees, of, told(progress.lagDecrees));
  scrape.set(METRICS.duplicationLagSeconds, of, seconds(told(progress.lagMs)));
  scrape.set(METRICS.duplicationSkipped, of, told(progress.skippedMutations));
  scrape.set(METRICS.duplicationLogHeld, of, told(progress.logHeldBytes));
  for (const [partition, decree] of progress.confirmed.entries()) {
    scrape.set(METRICS.duplicationConfirmed, { ...of, partition }, decree);
    scrape.set(METRICS.duplicationCommitted, { ...of, partition }, told(progress.lastCommitted[partition]));
  }
}

function reasonsOf({ blocked, stuck }: Explanation): Readonly<Record<string, boolean>> {
  return {
    error: blocked,
    'no-progress': stuck === 'no-progress',
    'same-error': stuck === 'same-error',
  };
}
