/** One look at both clusters: what a migration may count on, from what they say themselves. */
import type { FenceState } from '../../../machines/cutOver.js';
import type { MigrationView } from '../../../machines/migrationVerdict.js';
import {
  ENV_DENY_CLIENT_REQUEST,
  ENV_FENCE,
  ENV_MASTER_CLUSTER,
  ENV_OWNER,
  formatOwner,
} from '../../../machines/vocabulary.js';
import type { CallLimits, Cluster, DuplicationInfo, TableInfo } from '../../client/index.js';
import { BridleError } from '../../client/index.js';
import { parseDenial } from '../../cluster/rrdb/client-admission.js';
import { type FenceReport, parseFenceNote } from '../../observe/fence.js';
import { cutOverFacts } from '../progress.js';
import { fetchExplanations, fetchFence } from '../remote-commands.js';
import type { MigrationRecord } from './journal.js';

/** What is migrated, and by whom. */
export type Migrated = Pick<
  MigrationRecord,
  'id' | 'run' | 'table' | 'remoteTable' | 'dupid' | 'closedMs' | 'source' | 'target'
>;

/**
 * A real cluster does not tell which partition has which environment. Its replica servers learn of it with
 * their next config sync (30 s), and the meta server of the last decree with the duplication sync.
 */
const REAL_CLUSTER_SETTLE_MS = 90_000;

/** Decides what counts as closed and drained where only time can tell. */
export interface Patience {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly settleMs: number;
}

export async function lookAtBoth(
  source: Cluster,
  target: Cluster,
  migrated: Migrated,
  limits: CallLimits,
  settleMs = REAL_CLUSTER_SETTLE_MS,
): Promise<MigrationView> {
  const { table, remoteTable, dupid } = migrated;
  // Fences first: decrees confirmed later can only be more.
  const sides = await Promise.all([sideOf(source, table, limits), sideOf(target, remoteTable, limits)]);
  const [own, follower] = sides;
  if (own.table === undefined) throw BridleError.of('ERR_APP_NOT_EXIST', { values: { table } });
  const [infos, explanations] = await Promise.all([
    source.queryDuplication(table, limits),
    fetchExplanations(source, table, limits),
  ]);
  const info = infos.find((one) => one.dupid === dupid);
  const explanation = explanations?.find((one) => one.duplicationId === dupid);
  const followerIs = roleOf(follower.table, migrated);
  const fence = fenceOf(migrated, own, followerIs === 'follower' ? follower : null, {
    nowMs: Date.now(),
    settleMs,
  });
  return {
    ...cutOverFacts(info, explanation),
    followerPartitionsMissing: follower.unserved,
    fence,
    drained: info !== undefined && fence === 'in-force' && isDrained(info, own.report),
    follower: followerIs,
  };
}

/** What one cluster says of its table. */
export interface Side {
  readonly table: TableInfo | undefined;
  /** Undefined for a cluster that is not an embedded one. */
  readonly report: FenceReport | undefined;
  readonly unserved: number;
}

export async function sideOf(cluster: Cluster, name: string, limits: CallLimits): Promise<Side> {
  const table = (await cluster.listTables(limits)).find((one) => one.name === name);
  if (table?.status !== 'AVAILABLE') return { table: undefined, report: undefined, unserved: -1 };
  const [report, unserved] = await Promise.all([
    fetchFence(cluster, name, limits),
    cluster.unservedPartitions(name, limits),
  ]);
  return { table, report, unserved };
}

/** Whether a table is this duplication's follower, one of its own, or somebody else's. */
export function roleOf(table: TableInfo | undefined, migrated: Migrated): MigrationView['follower'] {
  if (table === undefined) return 'foreign';
  const { [ENV_OWNER]: owner, [ENV_MASTER_CLUSTER]: master } = table.envs;
  if (owner === undefined && master === undefined) return 'ordinary';
  const { source, table: sourceTable, dupid } = migrated;
  const ours = formatOwner({ sourceCluster: source.name, sourceTable, duplicationId: dupid });
  // A real source writes no owner; its name has to do.
  return owner === ours || (owner === undefined && master === source.name) ? 'follower' : 'foreign';
}

const deniesWrites = (denial: string | undefined): boolean =>
  denial !== undefined && parseDenial(denial)?.writes === true;

function fenceOf(migrated: Migrated, own: Side, follower: Side | null, patience: Patience): FenceState {
  const denial = own.table?.envs[ENV_DENY_CLIENT_REQUEST];
  const note = parseFenceNote(own.table?.envs[ENV_FENCE]);
  if (note !== null && note.id !== migrated.id) return 'foreign';
  // Something that we have not asked for, and that nobody has left word of.
  if (note === null && denial !== undefined && own.report !== undefined) return 'foreign';
  if (!deniesWrites(denial))
    return denial === undefined && isOpen(migrated, own, follower) ? 'open' : 'asked';
  if (own.report === undefined) {
    // A real cluster keeps no note: that we closed it is in the journal.
    if (migrated.closedMs === null) return 'foreign';
    return patience.nowMs - migrated.closedMs >= patience.settleMs ? 'in-force' : 'asked';
  }
  // What an earlier run still has on its way could lift it: it is put up anew, as one of this run.
  if (note !== null && note.run < migrated.run) return 'earlier';
  const closed = isClosed(own.report) && (follower?.report === undefined || isClosed(follower.report));
  return closed ? 'in-force' : 'asked';
}

const isClosed = ({ partitions, denial }: FenceReport): boolean =>
  deniesWrites(denial ?? undefined) && partitions.every(({ alive, writesClosed }) => alive && writesClosed);

/** A node that is not there gets its orders with its first report. */
function isOpen({ id }: Migrated, own: Side, follower: Side | null): boolean {
  const followerClosed = parseFenceNote(follower?.table?.envs[ENV_FENCE])?.id === id;
  const all = [...(own.report?.partitions ?? []), ...(follower?.report?.partitions ?? [])];
  return !followerClosed && all.every(({ alive, current }) => !alive || current);
}

/**
 * The follower holds durably all that a partition had committed when it was closed. Without reports, all that
 * the source has told of by now; its last word is old enough, because a fence counts only after a while.
 */
function isDrained({ partitions }: DuplicationInfo, report: FenceReport | undefined): boolean {
  return partitions.every(({ index, confirmedDecree, lastCommittedDecree }) => {
    const last = report?.partitions[index]?.lastCommitted ?? lastCommittedDecree;
    return last >= 0 && confirmedDecree >= last;
  });
}
