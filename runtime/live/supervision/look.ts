/** One look at both clusters: what is there, and whose the table at the follower is. */
import type { FollowerClaim, FollowerSight, SupervisionView } from '../../../machines/supervisorHeals.js';
import type { SupervisionMemory } from '../../../machines/supervisorVerdict.js';
import {
  ENV_MASTER_APP_NAME,
  ENV_MASTER_CLUSTER,
  ENV_OWNER,
  formatOwner,
} from '../../../machines/vocabulary.js';
import {
  BridleError,
  type CallLimits,
  type Cluster,
  type DuplicationInfo,
  type TableInfo,
} from '../../client/index.js';
import type { Explanation } from '../../observe/explain.js';
import { composeExplanation } from '../compose-explanation.js';
import { troubleOf } from '../events.js';
import { isBlocked } from '../progress.js';
import { fetchExplanations } from '../remote-commands.js';

/** What is looked at, by names. */
export interface Watched {
  readonly source: Cluster;
  readonly target: Cluster;
  readonly table: string;
  readonly remoteTable: string;
}

export interface BothSeen {
  readonly view: SupervisionView;
  /** The source's own account, or one made of the status; null without a duplication. */
  readonly explanation: Explanation | null;
}

/** ERR_APP_NOT_EXIST without the source table; ERR_INVALID_PARAMETERS if it is duplicated there as another one. */
export async function lookAtBoth(
  { source, target, table, remoteTable }: Watched,
  memory: SupervisionMemory,
  nowMs: number,
  limits: CallLimits,
): Promise<BothSeen> {
  const [infos, tables] = await Promise.all([
    source.queryDuplication(table, limits),
    target.listTables(limits),
  ]);
  const there = infos.filter(({ remoteCluster }) => remoteCluster === target.name);
  const info = there.find(({ status }) => status !== 'DS_REMOVED') ?? there[0];
  if (info !== undefined && info.remoteTable !== remoteTable) {
    throw BridleError.of('ERR_INVALID_PARAMETERS', {
      operation: 'Look',
      hint: `${table} is duplicated to ${target.name} as ${info.remoteTable} (${info.dupid}), not as ${remoteTable}`,
    });
  }
  const found = tables.find(({ name }) => name === remoteTable);
  const follower = sightOf(found, { sourceCluster: source.name, table, remoteTable }, info, memory);
  if (info === undefined) return { view: { ...NONE, follower }, explanation: null };
  const told = (await fetchExplanations(source, table, limits))?.find(
    ({ duplicationId }) => duplicationId === info.dupid,
  );
  const trouble = told === undefined ? null : troubleOf(told);
  const view: SupervisionView = {
    status: info.status,
    dupid: info.dupid,
    progress: progressOf(info, told),
    blocked: told !== undefined && isBlocked(told),
    skippedMutations: told?.progress.skippedMutations ?? -1,
    trouble:
      trouble === null
        ? null
        : {
            error: trouble.error,
            operation: trouble.operation,
            ...(trouble.peer === undefined ? {} : { peer: trouble.peer }),
            ...(trouble.hint === undefined ? {} : { hint: trouble.hint }),
          },
    follower,
  };
  return { view, explanation: told ?? composeExplanation(info, nowMs) };
}

const NONE = {
  status: 'none',
  dupid: 0,
  progress: 0,
  blocked: false,
  skippedMutations: -1,
  trouble: null,
} as const;

/** Grows while checkpoints, copies and shipping get on; what clients write does not count. */
function progressOf({ partitions }: DuplicationInfo, told: Explanation | undefined): number {
  const confirmed = partitions.reduce((sum, { confirmedDecree }) => sum + Math.max(0, confirmedDecree), 0);
  if (told === undefined) return confirmed;
  const { prepared, ready, copiedBytes } = told.progress;
  return confirmed + Math.max(0, prepared) + Math.max(0, ready) + copiedBytes;
}

interface Names {
  readonly sourceCluster: string;
  readonly table: string;
  readonly remoteTable: string;
}

/** What the table's own environment says, and the journal about who made it. A name alone proves nothing. */
export function sightOf(
  found: TableInfo | undefined,
  names: Names,
  info: DuplicationInfo | undefined,
  memory: SupervisionMemory,
): FollowerSight {
  if (found === undefined) return { claim: 'absent', appId: 0, owner: null };
  const owner = found.envs[ENV_OWNER] ?? null;
  const claim = owner === null ? claimByMaster(found, names, info, memory) : claimByOwner(owner, names, info);
  return { claim, appId: found.appId, owner };
}

/** What an earlier duplication has left may be a copy that somebody wants to keep, whoever added it. */
function claimByOwner(
  owner: string,
  { sourceCluster, table }: Names,
  info: DuplicationInfo | undefined,
): FollowerClaim {
  const duplicationId = info?.dupid ?? 0;
  if (owner === formatOwner({ sourceCluster, sourceTable: table, duplicationId })) return 'own';
  return owner.startsWith(`${sourceCluster}/${table}/`) ? 'leftover' : 'foreign';
}

/**
 * A real source writes no owner, only its own name and the table's. That a table with these names is the work of
 * this very duplication, and was never in use, is known where it was added from here when no table was there, and
 * is in DS_PREPARE, to which there is no way back.
 */
function claimByMaster(
  { envs, name }: TableInfo,
  { sourceCluster, table }: Names,
  info: DuplicationInfo | undefined,
  { made }: SupervisionMemory,
): FollowerClaim {
  // Sources before 2.6 name no table, and give the copy the name of their own.
  const sourceTable = envs[ENV_MASTER_APP_NAME] ?? name;
  if (envs[ENV_MASTER_CLUSTER] !== sourceCluster || sourceTable !== table) return 'foreign';
  if (info === undefined) return 'leftover';
  if (info.status === 'DS_INIT' || info.status === 'DS_PREPARE') {
    return made.includes(info.dupid) ? 'orphan' : 'leftover';
  }
  return 'own';
}
