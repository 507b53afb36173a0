/** Collects what the source's meta knows about one duplication into an explanation. */
import type { StateMeta, Trouble } from '../../../machines/index.js';
import { type ExplainedActor, type Explanation, explain } from '../../observe/explain.js';
import type { TroubleHistory } from '../../observe/journal.js';
import type { DuplicationReport, PartitionReport, TroubleReport } from '../node-sync.js';
import type { HostedDuplication } from './hosted-duplication.js';

/** The latest report about each partition of the source table, by partition index. */
export type SourceReports = readonly (PartitionReport | undefined)[];

export function explainDuplication(hosted: HostedDuplication, reports: SourceReports): Explanation {
  const { record, context, journal } = hosted;
  const confirms = reports.map((report) =>
    report?.duplications.find(({ duplicationId }) => duplicationId === record.duplicationId),
  );
  const follower = hosted.followerTable;
  const partitions = confirms.flatMap((confirm, p) => explainedPartition(confirm, p, reports[p]));
  const shown = worstFirst(partitions).slice(0, 5);
  return explain({
    table: record.appName,
    duplicationId: record.duplicationId,
    status: context.status,
    failMode: context.failMode,
    remoteCluster: record.remoteCluster,
    remoteTable: record.remoteTable,
    blocked: context.blocked || partitions.some(({ blocked }) => blocked),
    stuck: context.stuck,
    progress: {
      partitionCount: context.confirmed.length,
      prepared: context.prepared.filter(Boolean).length,
      ready:
        follower?.context.readiness?.readyPartitions ??
        (afterCopy(context.status) ? context.confirmed.length : 0),
      lagDecrees: lag(context.confirmed, context.lastCommitted),
      confirmed: [...context.confirmed],
      lastCommitted: [...context.lastCommitted],
      copiedBytes: 0,
      totalBytes: 0,
      skippedMutations: confirms.reduce((sum, confirm) => sum + (confirm?.skippedMutations ?? 0), 0),
    },
    actors: [
      actorOf(
        'duplication',
        hosted.host.snapshot.getMeta(),
        journal.of(hosted.host.name),
        follower === null ? (journal.of(hosted.host.name)?.trouble ?? null) : null,
      ),
      ...(follower === null
        ? []
        : [
            {
              ...actorOf(
                'followerTable',
                follower.meta,
                journal.of('followerTable'),
                journal.of('followerTable')?.trouble ?? null,
              ),
              attempt: follower.context.attempt,
              attemptsLimit: follower.context.times.retry.limitAttempts,
            },
          ]),
      ...shown.map(({ explained }) => explained),
    ],
  });
}

function explainedPartition(
  confirm: DuplicationReport | undefined,
  partition: number,
  report: PartitionReport | undefined,
) {
  const trouble = confirm?.trouble ?? report?.trouble ?? null;
  if (trouble === null) return [];
  const explained: ExplainedActor = {
    actor: `source partition ${partition}`,
    state: confirm?.state ?? report?.state ?? 'unknown',
    meta: {
      waitingFor: `source partition ${partition} to get over its trouble`,
      from: trouble.peer ?? trouble.node,
      leavesWhen: 'a try succeeds',
      operatorCan: ['explain', 'retry'],
    },
    sinceMs: trouble.firstSeenMs,
    attempt: trouble.attempts,
    trouble: historyOf(trouble),
  };
  return [{ explained, blocked: confirm?.state.includes('blocked') ?? false }];
}

const worstFirst = <T extends { readonly explained: ExplainedActor }>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => (b.explained.trouble?.count ?? 0) - (a.explained.trouble?.count ?? 0));

function historyOf({ node, attempts, firstSeenMs, ...trouble }: TroubleReport): TroubleHistory {
  const own: Trouble = {
    error: trouble.error,
    operation: trouble.operation,
    ...(trouble.peer === undefined ? {} : { peer: trouble.peer }),
    hint: `source node ${node}: ${trouble.hint ?? trouble.error}`,
  };
  return { ...own, firstSeenMs, lastSeenMs: firstSeenMs, count: Math.max(1, attempts) };
}

function actorOf(
  actor: string,
  meta: unknown,
  history: { readonly state: string; readonly sinceMs: number } | undefined,
  trouble: TroubleHistory | null,
): ExplainedActor {
  return {
    actor,
    state: history?.state ?? '',
    meta: leafMeta(meta),
    sinceMs: history?.sinceMs ?? 0,
    trouble,
  };
}

/** The innermost meta of a snapshot; `getMeta` lists one for each active state node. */
function leafMeta(meta: unknown): StateMeta {
  const entries = Object.entries(meta as Record<string, StateMeta | undefined>).filter(
    ([, m]) => m !== undefined,
  );
  const deepest = entries.sort(([a], [b]) => b.split('.').length - a.split('.').length)[0]?.[1];
  return deepest ?? { waitingFor: 'nothing', from: 'nobody', leavesWhen: 'never', operatorCan: [] };
}

const afterCopy = (status: string): boolean => status === 'DS_LOG' || status === 'DS_PAUSE';

const lag = (confirmed: readonly number[], committed: readonly number[]): number =>
  confirmed.reduce((sum, decree, p) => sum + (decree < 0 ? 0 : Math.max(0, (committed[p] ?? 0) - decree)), 0);
