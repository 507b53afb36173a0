/** Collects what the source's meta knows about one duplication into an explanation. */
import type { ChartTimer } from '../../../actors/chartHost.js';
import { formatOwner, type StateMeta, type Trouble } from '../../../machines/index.js';
import { correlationId } from '../../observe/correlation.js';
import { type ExplainedActor, type Explanation, explain } from '../../observe/explain.js';
import type { ActorHistory, TroubleHistory } from '../../observe/journal.js';
import type { DuplicationReport, PartitionReport, TroubleReport } from '../node-sync.js';
import type { PolicyGate } from '../policy.js';
import { blockedBy } from './blocked-by.js';
import { type HostedDuplication, STORAGE_HISTORY } from './hosted-duplication.js';
import type { HostedMove } from './hosted-move.js';

/** What the meta knows about one partition of the source table. */
export interface SourcePartition {
  /** `host:port` of its node. */
  readonly node: string;
  readonly alive: boolean;
  /** When the node reported last; null if it has not since the meta server started. */
  readonly lastReportMs: number | null;
  readonly report: PartitionReport | undefined;
  /** While the partition moves to another node. */
  readonly move?: HostedMove | undefined;
}

export function explainDuplication(
  hosted: HostedDuplication,
  source: readonly SourcePartition[],
  gate: PolicyGate,
): Explanation {
  const { record, context, journal } = hosted;
  const confirms = source.map(({ report }) =>
    report?.duplications.find(({ duplicationId }) => duplicationId === record.duplicationId),
  );
  const follower = hosted.followerTable;
  const partitions = source.flatMap((partition, p) => explainedPartition(confirms[p], p, partition));
  const own = journal.of(hosted.host.name);
  const ofStorage = journal.of(STORAGE_HISTORY)?.trouble ?? null;
  const storage = storageActor(hosted, ofStorage);
  const shown = worstFirst(partitions).slice(0, 5);
  const timers = hosted.host.timers();
  const actors: ExplainedActor[] = [
    {
      ...actorOf('duplication', hosted.host.snapshot.getMeta(), own, LIFECYCLE),
      ...nextOf(timers, `duplication.${LIFECYCLE}`),
      // Each of the others tells its own; nobody but the duplication waits for its record to be deleted.
      trouble: storage === null ? (ofStorage ?? (follower === null ? (own?.trouble ?? null) : null)) : null,
    },
    ...(storage === null || storage.trouble !== null ? [] : [storage]),
    ...(follower === null
      ? []
      : [
          {
            ...actorOf('followerTable', follower.meta, journal.of('followerTable')),
            ...nextOf(timers, 'followerTable.'),
            attempt: follower.context.attempt,
            attemptsLimit: follower.context.times.retry.limitAttempts,
          },
        ]),
    ...shown.map(({ explained }) => explained),
    // Last, for the headline: whatever else is in trouble, no status moves before the write is done.
    ...(storage?.trouble ? [storage] : []),
  ];
  return explain({
    table: record.appName,
    duplicationId: record.duplicationId,
    status: context.status,
    failMode: context.failMode,
    remoteCluster: record.remoteCluster,
    remoteTable: record.remoteTable,
    blockedBy: blockedBy(
      gate,
      context.identity.sourceCluster,
      actors.map(({ trouble }) => trouble),
    ),
    blocked: context.blocked || partitions.some(({ blocked }) => blocked),
    stuck: context.stuck,
    enteredMs: record.enteredMs,
    correlation: correlationId(formatOwner(context.identity)),
    progress: {
      partitionCount: context.confirmed.length,
      prepared: context.prepared.filter(Boolean).length,
      ready:
        follower?.context.readiness?.readyPartitions ??
        (afterCopy(context.status) ? context.confirmed.length : 0),
      lagDecrees: lag(context.confirmed, context.lastCommitted),
      confirmed: [...context.confirmed],
      lastCommitted: [...context.lastCommitted],
      copiedBytes: follower?.context.readiness?.copiedBytes ?? 0,
      totalBytes: follower?.context.readiness?.totalBytes ?? 0,
      skippedMutations: confirms.reduce((sum, confirm) => sum + (confirm?.skippedMutations ?? 0), 0),
      lagMs: hosted.lagMs,
      logHeldBytes: confirms.reduce((sum, confirm) => sum + (confirm?.logHeldBytes ?? 0), 0),
    },
    actors,
  });
}

/** Writing a status is a wait of its own, beside whatever the status waits for. */
function storageActor(
  { host, journal }: HostedDuplication,
  trouble: TroubleHistory | null,
): ExplainedActor | null {
  const meta = host.snapshot.getMeta();
  if (metaOf(meta, STORAGE) === null) return null;
  const next = nextOf(host.timers(), `duplication.${STORAGE}`);
  return { ...actorOf('storage', meta, journal.of(host.name), STORAGE), ...next, trouble };
}

/** A node that does not report is the trouble of all that lives there, whatever it said last. */
function silentNode({ node, lastReportMs }: SourcePartition): TroubleReport {
  return {
    error: 'ERR_NETWORK_FAILURE',
    operation: 'RPC_BRIDLE_NODE_SYNC',
    peer: node,
    node,
    hint:
      lastReportMs === null
        ? 'it has not reported since the meta server started'
        : `it is silent since ${new Date(lastReportMs).toISOString()}`,
    attempts: 1,
    firstSeenMs: lastReportMs ?? 0,
  };
}

function explainedPartition(
  confirm: DuplicationReport | undefined,
  partition: number,
  source: SourcePartition,
) {
  const { alive, report, move } = source;
  if (move !== undefined) return [{ explained: movingPartition(move), blocked: false }];
  if (!alive) {
    const trouble = silentNode(source);
    const explained: ExplainedActor = {
      actor: `source partition ${partition}`,
      state: 'unreachable',
      meta: {
        waitingFor: `the replica server of source partition ${partition} to report`,
        from: source.node,
        leavesWhen: 'it reports to its meta server again',
        operatorCan: ['explain'],
      },
      sinceMs: trouble.firstSeenMs,
      trouble: historyOf(trouble),
    };
    return [{ explained, blocked: false }];
  }
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
    ...(trouble.nextTryMs === undefined ? {} : { nextWhat: 'tries again', nextAtMs: trouble.nextTryMs }),
    trouble: historyOf(trouble),
  };
  return [{ explained, blocked: confirm?.state.includes('blocked') ?? false }];
}

/** Nobody serves or ships a partition that moves: whatever its node says besides is a consequence. */
function movingPartition(move: HostedMove): ExplainedActor {
  const { state, meta, sinceMs, trouble } = move.view();
  const { partition, from, to } = move.subject;
  return {
    actor: `move of source partition ${partition}`,
    state,
    meta: {
      ...(meta ?? NOTHING),
      from: state === 'leaving' ? from : state === 'fetching' ? to : (meta?.from ?? ''),
    },
    sinceMs,
    trouble,
  };
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

/** What waits for the hour, in the words of an operator. A delay that is not here is no business of his. */
const WHAT_COMES: Readonly<Record<string, string>> = {
  retryBackoff: 'tries again',
  readinessPoll: 'asks again',
  blockedRecheck: 'looks again',
  requestDeadline: 'gives this request up',
  storageRetry: 'writes again',
};

/** The next thing that happens by itself in the states whose ids begin like this. */
function nextOf(timers: readonly ChartTimer[], place: string): Pick<ExplainedActor, 'nextWhat' | 'nextAtMs'> {
  const [next] = timers
    .filter((timer) => timer.place.startsWith(place) && WHAT_COMES[timer.delay] !== undefined)
    .sort((a, b) => a.dueAtMs - b.dueAtMs);
  const what = WHAT_COMES[next?.delay ?? ''];
  return next === undefined || what === undefined ? {} : { nextWhat: what, nextAtMs: next.dueAtMs };
}

/** Regions of the duplication chart, as its states are called. */
const LIFECYCLE = 'living.lifecycle.';
const STORAGE = 'living.storage.';

function actorOf(
  actor: string,
  meta: unknown,
  history: ActorHistory | undefined,
  region = '',
): ExplainedActor {
  const path = history?.state.split(' ').find((active) => active.startsWith(region));
  return {
    actor,
    // Which region a state is in is the chart's own affair; people and programs get what it is called.
    state: path !== undefined && region !== '' ? path.slice(region.length) : (history?.state ?? ''),
    meta: metaOf(meta, region) ?? NOTHING,
    sinceMs: (path === undefined ? undefined : history?.pathsSinceMs.get(path)) ?? history?.sinceMs ?? 0,
    trouble: history?.trouble ?? null,
  };
}

const NOTHING: StateMeta = { waitingFor: 'nothing', from: 'nobody', leavesWhen: 'never', operatorCan: [] };

/** The innermost meta in one region of a snapshot; `getMeta` lists one for each active state node. */
function metaOf(meta: unknown, region: string): StateMeta | null {
  const entries = Object.entries(meta as Record<string, StateMeta | undefined>)
    .map(([id, one]) => [id.slice(id.indexOf('.') + 1), one] as const)
    .filter(([path, one]) => one !== undefined && path.startsWith(region))
    .sort(([a], [b]) => b.split('.').length - a.split('.').length);
  return entries[0]?.[1] ?? null;
}

const afterCopy = (status: string): boolean => status === 'DS_LOG' || status === 'DS_PAUSE';

const lag = (confirmed: readonly number[], committed: readonly number[]): number =>
  confirmed.reduce((sum, decree, p) => sum + (decree < 0 ? 0 : Math.max(0, (committed[p] ?? 0) - decree)), 0);
