/** Adding, changing and reading duplications, each safe against an answer that never comes. */
import { DUPLICATION_STATUSES, type DuplicationStatus, FAIL_MODES } from '../../machines/vocabulary.js';
import {
  DuplicationFailMode,
  PatternMatchType,
  DuplicationStatus as StatusNumber,
} from '../pegasus/enums.js';
import type { DuplicationEntry } from '../pegasus/schemas/index.js';
import type { Deadline } from './deadline.js';
import { BridleError } from './errors.js';
import { isOutcomeUnknown, type MetaSession } from './meta-session.js';
import type {
  AddDuplicationOptions,
  AddedDuplication,
  DuplicationChange,
  DuplicationInfo,
  ModifiedDuplication,
  PartitionProgress,
} from './model.js';
import { checkTableName, listTables } from './table-admin.js';

const LOOK_AGAIN_MS = 20;

/** All duplications of one table, removed ones not included. */
export async function queryDuplication(
  metas: MetaSession,
  table: string,
  deadline: Deadline,
): Promise<DuplicationInfo[]> {
  checkTableName(table);
  const code = 'RPC_CM_QUERY_DUPLICATION';
  const answer = await metas.call(code, { appName: table }, { deadline, idempotent: true });
  if (answer.err !== 'ERR_OK') throw refused(metas, answer.err, code, table);
  return answer.entryList.map((entry) => toDuplicationInfo(table, answer.appid, entry));
}

/** Duplications of all tables, by table and dupid. */
export async function listDuplications(metas: MetaSession, deadline: Deadline): Promise<DuplicationInfo[]> {
  const found = (await listAtOnce(metas, deadline)) ?? (await listOneByOne(metas, deadline));
  return found.sort((a, b) => (a.table === b.table ? a.dupid - b.dupid : a.table < b.table ? -1 : 1));
}

/** Undefined where the server cannot list: older than 2.6, or its rules name this request nowhere. */
async function listAtOnce(metas: MetaSession, deadline: Deadline): Promise<DuplicationInfo[] | undefined> {
  const code = 'RPC_CM_LIST_DUPLICATION';
  const cannot = new Set(['ERR_HANDLER_NOT_FOUND', 'ERR_ACL_DENY', 'ERR_NOT_IMPLEMENTED']);
  try {
    const request = { appNamePattern: '', matchType: PatternMatchType.ALL };
    const answer = await metas.call(code, request, { deadline, idempotent: true });
    if (cannot.has(answer.err)) return undefined;
    if (answer.err !== 'ERR_OK') throw refused(metas, answer.err, code, undefined, answer.hintMessage);
    return [...answer.appStates.values()].flatMap((app) =>
      [...app.duplications.values()].map((entry) => toDuplicationInfo(app.appName, app.appid, entry)),
    );
  } catch (error) {
    if (error instanceof BridleError && cannot.has(error.code)) return undefined;
    throw error;
  }
}

async function listOneByOne(metas: MetaSession, deadline: Deadline): Promise<DuplicationInfo[]> {
  const found: DuplicationInfo[] = [];
  for (const table of await listTables(metas, deadline)) {
    if (table.status !== 'AVAILABLE') continue;
    try {
      found.push(...(await queryDuplication(metas, table.name, deadline)));
    } catch (error) {
      // Dropped between the two questions.
      if (!(error instanceof BridleError && error.code === 'ERR_APP_NOT_EXIST')) throw error;
    }
  }
  return found;
}

/**
 * Adds a duplication, or finds the one that is there: one table has at most one to each cluster.
 * ERR_INVALID_PARAMETERS when that one goes into another table than wanted.
 */
export async function addDuplication(
  metas: MetaSession,
  options: AddDuplicationOptions,
  deadline: Deadline,
): Promise<AddedDuplication> {
  const { table, remoteCluster, remoteTable = table } = options;
  checkTableName(table);
  checkTableName(remoteTable);
  const code = 'RPC_CM_ADD_DUPLICATION';
  let unsure = false;
  for (;;) {
    try {
      const answer = await metas.call(
        code,
        {
          appName: table,
          remoteClusterName: remoteCluster,
          // Always said: the interface and the shells disagree about what leaving it out means.
          isDuplicatingCheckpoint: true,
          remoteAppName: remoteTable,
          remoteReplicaCount: options.remoteReplicaCount,
          existingTablePolicy: options.existingTablePolicy,
          dropFollowerOnRemove: options.dropFollowerOnRemove,
        },
        { deadline, idempotent: false },
      );
      if (answer.err !== 'ERR_OK' && answer.err !== 'ERR_DUP_EXIST') {
        throw refused(metas, answer.err, code, table, answer.hint, { cluster: remoteCluster, remoteTable });
      }
      const found = answer.remoteAppName ?? remoteTable;
      if (found !== remoteTable) throw goesElsewhere(metas, options, found, answer.dupid);
      return {
        appId: answer.appid,
        dupid: answer.dupid,
        remoteTable: found,
        remoteReplicaCount: answer.remoteReplicaCount,
        existed: answer.err === 'ERR_DUP_EXIST' && !unsure,
        hint: answer.hint,
      };
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      unsure = true;
      const there = await queryDuplication(metas, table, deadline);
      const added = there.find((one) => one.remoteCluster === remoteCluster && one.status !== 'DS_REMOVED');
      if (added !== undefined) {
        if (added.remoteTable !== remoteTable) {
          throw goesElsewhere(metas, options, added.remoteTable, added.dupid);
        }
        const { appId, dupid, remoteReplicaCount } = added;
        return { appId, dupid, remoteTable, remoteReplicaCount, existed: false, hint: undefined };
      }
      if (!(await deadline.pause(LOOK_AGAIN_MS))) throw error;
    }
  }
}

/**
 * Changes status or fail mode. Asking for what is there already succeeds, so a request whose answer was
 * lost is looked up, and repeated only where the change is not there.
 */
export async function modifyDuplication(
  metas: MetaSession,
  table: string,
  dupid: number,
  change: DuplicationChange,
  deadline: Deadline,
): Promise<ModifiedDuplication> {
  checkTableName(table);
  const code = 'RPC_CM_MODIFY_DUPLICATION';
  let unsure = false;
  for (;;) {
    try {
      const answer = await metas.call(
        code,
        {
          appName: table,
          dupid,
          status: change.status === undefined ? undefined : StatusNumber[change.status],
          failMode: change.failMode === undefined ? undefined : DuplicationFailMode[change.failMode],
          retryNow: change.retryNow,
          followerTablePolicy: change.followerTablePolicy,
        },
        { deadline, idempotent: false },
      );
      const removed = unsure && change.status === 'DS_REMOVED' && answer.err === 'ERR_OBJECT_NOT_FOUND';
      if (answer.err === 'ERR_OK' || removed) return { appId: answer.appid, hint: answer.hint };
      const hint =
        answer.hint ?? (answer.err === 'ERR_OBJECT_NOT_FOUND' ? noSuchDup(table, dupid) : undefined);
      throw refused(metas, answer.err, code, table, hint, { dupid: String(dupid) });
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      unsure = true;
      const now = (await queryDuplication(metas, table, deadline)).find((one) => one.dupid === dupid);
      if (now !== undefined && change.retryNow !== true && hasBecome(now, change)) {
        return { appId: now.appId, hint: undefined };
      }
      if (!(await deadline.pause(LOOK_AGAIN_MS))) throw error;
    }
  }
}

function hasBecome(now: DuplicationInfo, change: DuplicationChange): boolean {
  const status = change.status === undefined || change.status === now.status;
  return status && (change.failMode === undefined || change.failMode === now.failMode);
}

function noSuchDup(table: string, dupid: number): string {
  return `table ${table} has no duplication ${dupid}`;
}

function goesElsewhere(
  metas: MetaSession,
  { table, remoteCluster, remoteTable = table }: AddDuplicationOptions,
  found: string,
  dupid: number,
): BridleError {
  return BridleError.of('ERR_INVALID_PARAMETERS', {
    operation: 'RPC_CM_ADD_DUPLICATION',
    peer: metas.peer,
    hint: `table ${table} is already duplicated to cluster ${remoteCluster} as "${found}" (duplication ${dupid}), not as "${remoteTable}"`,
    values: { table, cluster: remoteCluster, dupid: String(dupid) },
  });
}

function refused(
  metas: MetaSession,
  err: string,
  operation: string,
  table: string | undefined,
  hint?: string,
  values?: Readonly<Record<string, string>>,
): BridleError {
  const missing = err === 'ERR_APP_NOT_EXIST' && table !== undefined;
  const words = hint === '' || hint === undefined ? undefined : hint;
  const unknown = words?.startsWith('unknown cluster') === true;
  return BridleError.of(err, {
    operation,
    peer: metas.peer,
    ...(unknown ? { consequence: 'Nothing was added.', causes: UNKNOWN_CLUSTER } : {}),
    hint: words ?? (missing ? `there is no table named "${table}"` : undefined),
    // The table in the way is at the follower, so a look at the cluster that was asked would not help.
    next:
      err === 'ERR_APP_EXIST' && values?.cluster !== undefined
        ? `bridle duplicate ${table} --to ${values.cluster} --remote-table OTHER_NAME`
        : unknown
          ? `bridle duplicate ${table ?? 'TABLE'} --to ${values?.cluster ?? 'CLUSTER'} --remote-meta HOST:PORT`
          : undefined,
    values: { ...(table === undefined ? {} : { table }), ...values },
  });
}

const UNKNOWN_CLUSTER: readonly string[] = [
  'The name is a slip; the detail lists the clusters that the source knows.',
  'The source has not been told where that cluster is: bridle up --remote, or duplicate --remote-meta.',
];

function toDuplicationInfo(table: string, appId: number, entry: DuplicationEntry): DuplicationInfo {
  const status: DuplicationStatus | undefined = DUPLICATION_STATUSES[entry.status];
  if (status === undefined) {
    throw BridleError.of('ERR_INVALID_DATA', {
      hint: `duplication ${entry.dupid} has status ${entry.status}`,
    });
  }
  return {
    table,
    appId,
    dupid: entry.dupid,
    status,
    failMode: FAIL_MODES[entry.failMode ?? 0] ?? 'FAIL_SLOW',
    remoteCluster: entry.remote,
    remoteTable: entry.remoteAppName ?? table,
    remoteReplicaCount: entry.remoteReplicaCount,
    createdAtMs: entry.createTs,
    partitions: partitionsOf(entry).sort((a, b) => a.index - b.index),
  };
}

/** Servers before 2.6 fill `progress` instead. */
function partitionsOf(entry: DuplicationEntry): PartitionProgress[] {
  if (entry.partitionStates !== undefined) {
    return [...entry.partitionStates].map(([index, state]) => ({ index, ...state }));
  }
  const progress = [...(entry.progress ?? [])];
  return progress.map(([index, confirmedDecree]) => ({ index, confirmedDecree, lastCommittedDecree: -1 }));
}
