/** Creating, listing and dropping tables, each safe against an answer that never comes. */
import { formatAddress } from '../pegasus/address.js';
import { AppStatus } from '../pegasus/enums.js';
import type { AppInfo } from '../pegasus/schemas/index.js';
import { isTableName, MAX_PARTITIONS, TABLE_NAME_RULE } from '../pegasus/table-rules.js';
import { Deadline } from './deadline.js';
import { BridleError } from './errors.js';
import { isOutcomeUnknown, type MetaSession } from './meta-session.js';
import type { CreateTableOptions, PartitionPlace, TableInfo, TableStatus } from './model.js';

/** On the wire: a table without an owner. */
const NO_OWNER = '';
const POLL_FIRST_MS = 20;
const POLL_CAP_MS = 500;

/** BRIDLE_BAD_NAME unless the name is one that every cluster takes. */
export function checkTableName(name: string): void {
  if (isTableName(name)) return;
  throw BridleError.of('BRIDLE_BAD_NAME', {
    hint: `${JSON.stringify(name.slice(0, 80))} is not a table name: ${TABLE_NAME_RULE}`,
  });
}

function checkCount(what: string, count: number, most: number, table: string): void {
  if (Number.isInteger(count) && count >= 1 && count <= most) return;
  throw BridleError.of('ERR_INVALID_PARAMETERS', {
    operation: 'create table',
    hint: `${what} is ${count}; it has to be a whole number from 1 to ${most}`,
    causes: ['The number is a slip, or it belongs to another option.'],
    next: 'bridle table create NAME --partitions N',
    values: { table },
  });
}

/**
 * Creates a table and waits until every partition has a primary. The name is looked up first: only so can
 * an ERR_APP_EXIST after a lost answer be told from a table that was there before.
 */
export async function createTable(
  metas: MetaSession,
  name: string,
  options: CreateTableOptions,
  deadline: Deadline,
): Promise<TableInfo> {
  const { partitionCount, replicaCount = 1, envs = {} } = options;
  checkTableName(name);
  checkCount('the partition count', partitionCount, MAX_PARTITIONS, name);
  checkCount('the replica count', replicaCount, 127, name);
  if ((await findTable(metas, name, deadline)) !== undefined) throw tableExists(metas, name);
  let unsure = false;
  for (let asked = false; !asked; ) {
    try {
      const answer = await metas.call(
        'RPC_CM_CREATE_APP',
        {
          appName: name,
          options: {
            partitionCount,
            replicaCount,
            successIfExist: false,
            appType: 'pegasus',
            isStateful: true,
            envs: new Map(Object.entries(envs)),
          },
        },
        { deadline, idempotent: false, giveBack: ['ERR_BUSY_CREATING'] },
      );
      const ours = unsure && answer.err === 'ERR_APP_EXIST';
      if (answer.err !== 'ERR_OK' && answer.err !== 'ERR_BUSY_CREATING' && !ours) {
        if (answer.err === 'ERR_APP_EXIST') throw tableExists(metas, name);
        throw await creationRefused(metas, answer.err, name, replicaCount);
      }
      asked = true;
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      unsure = true;
      // The answer was lost, the table perhaps was not.
      asked = (await findTable(metas, name, deadline)) !== undefined;
      if (!asked && !(await deadline.pause(POLL_FIRST_MS))) throw error;
    }
  }
  return waitUntilServed(metas, name, deadline);
}

/** Resolves when the table is available and each partition has a primary; else ERR_BUSY_CREATING. */
async function waitUntilServed(metas: MetaSession, name: string, deadline: Deadline): Promise<TableInfo> {
  let pollMs = POLL_FIRST_MS;
  for (;;) {
    const answer = await metas.call(
      'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
      { appName: name, partitionIndices: [] },
      { deadline, idempotent: true, giveBack: ['ERR_BUSY_CREATING'] },
    );
    const served = answer.partitions.filter((p) => (p.primary ?? p.hpPrimary ?? null) !== null).length;
    if (answer.err === 'ERR_OK' && answer.partitionCount > 0 && served === answer.partitionCount) {
      const table = await findTable(metas, name, deadline);
      if (table?.status === 'AVAILABLE') return table;
    }
    if (!(await deadline.pause(pollMs))) {
      throw BridleError.of('ERR_BUSY_CREATING', {
        operation: 'create table',
        peer: metas.peer,
        hint: `table ${name} is registered, and after ${deadline.timeoutMs} ms ${served} of its partitions have a primary`,
        values: { table: name },
      });
    }
    pollMs = Math.min(POLL_CAP_MS, pollMs * 2);
  }
}

/** The commonest reason is invisible in the answer: more replicas than servers. */
async function creationRefused(
  metas: MetaSession,
  err: string,
  name: string,
  replicaCount: number,
): Promise<BridleError> {
  let hint = `${metas.peer} refused to create table ${name}`;
  if (err === 'ERR_INVALID_PARAMETERS' || err === 'ERR_NOT_ENOUGH_MEMBER') {
    try {
      const options = { deadline: new Deadline({}, 1000), idempotent: true };
      const nodes = await metas.call('RPC_CM_LIST_NODES', { status: 0 }, options);
      const alive = nodes.infos.filter((node) => node.status === 1).length;
      if (alive < replicaCount) {
        hint += `: ${replicaCount} replicas of each partition need as many servers, and ${alive} are alive`;
      }
    } catch {
      // The refusal is what counts; this only explains it.
    }
  }
  return BridleError.of(err, {
    operation: 'create table',
    peer: metas.peer,
    hint,
    values: { table: name },
  });
}

function tableExists(metas: MetaSession, name: string): BridleError {
  return BridleError.of('ERR_APP_EXIST', {
    operation: 'create table',
    peer: metas.peer,
    hint: `there is already a table named "${name}"`,
    consequence: 'Nothing was changed.',
    causes: ['The table was created before, by you or by somebody else.', 'A duplication copies into it.'],
    values: { table: name, remoteTable: name },
  });
}

/** A dropped table stays on the list of a real cluster for a while, under its old name. */
async function findTable(
  metas: MetaSession,
  name: string,
  deadline: Deadline,
): Promise<TableInfo | undefined> {
  const tables = await listTables(metas, deadline);
  return tables.find((table) => table.name === name);
}

/** Tables that are not dropped, by name. */
export async function listTables(metas: MetaSession, deadline: Deadline): Promise<TableInfo[]> {
  const code = 'RPC_CM_LIST_APPS';
  const answer = await metas.call(code, { status: AppStatus.INVALID }, { deadline, idempotent: true });
  if (answer.err !== 'ERR_OK') {
    const hint = answer.hintMessage === '' ? undefined : answer.hintMessage;
    throw BridleError.of(answer.err, { operation: code, peer: metas.peer, hint });
  }
  return answer.infos
    .filter((app) => app.status !== AppStatus.DROPPED && app.status !== AppStatus.DROP_FAILED)
    .map(toTableInfo)
    .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** Where the partitions of a table are, by index; ERR_APP_NOT_EXIST. */
export async function listPartitions(
  metas: MetaSession,
  table: string,
  deadline: Deadline,
): Promise<PartitionPlace[]> {
  checkTableName(table);
  const code = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';
  const answer = await metas.call(
    code,
    { appName: table, partitionIndices: [] },
    { deadline, idempotent: true },
  );
  if (answer.err !== 'ERR_OK') {
    const gone = answer.err === 'ERR_OBJECT_NOT_FOUND' || answer.err === 'ERR_APP_NOT_EXIST';
    throw BridleError.of(gone ? 'ERR_APP_NOT_EXIST' : answer.err, {
      operation: code,
      peer: metas.peer,
      hint: gone ? `there is no table named "${table}"` : `table ${table}: ${answer.err}`,
      values: { table },
    });
  }
  return answer.partitions
    .map(({ pid, primary, hpPrimary, secondaries, hpSecondaries }) => {
      const at = primary ?? hpPrimary ?? null;
      const others = secondaries.length > 0 ? secondaries : (hpSecondaries ?? []);
      return {
        index: pid.partitionIndex,
        primary: at === null ? null : formatAddress(at),
        secondaries: others.flatMap((each) => (each === null ? [] : [formatAddress(each)])),
      };
    })
    .sort((a, b) => a.index - b.index);
}

/**
 * ERR_APP_NOT_EXIST when there is none. Resolves when it is gone from the list. With an expected owner, null for
 * none, an embedded cluster refuses what belongs to another by then; a real one takes no notice.
 */
export async function dropTable(
  metas: MetaSession,
  name: string,
  deadline: Deadline,
  expectedOwner?: string | null,
): Promise<void> {
  checkTableName(name);
  let unsure = false;
  for (;;) {
    try {
      const answer = await metas.call(
        'RPC_CM_DROP_APP',
        // Once it may have happened, a missing table is the wanted outcome.
        {
          appName: name,
          options: { successIfNotExist: unsure },
          ...(expectedOwner === undefined ? {} : { expectedOwner: expectedOwner ?? NO_OWNER }),
        },
        { deadline, idempotent: false, giveBack: ['ERR_BUSY_DROPPING'] },
      );
      const gone = answer.err === 'ERR_APP_NOT_EXIST' || answer.err === 'ERR_OBJECT_NOT_FOUND';
      if (answer.err === 'ERR_OK' || answer.err === 'ERR_BUSY_DROPPING' || (gone && unsure)) break;
      throw BridleError.of(gone ? 'ERR_APP_NOT_EXIST' : answer.err, {
        operation: 'drop table',
        peer: metas.peer,
        hint: gone
          ? `there is no table named "${name}"`
          : `${metas.peer} refused to drop table ${name}${answer.hint === undefined ? '' : `: ${answer.hint}`}`,
        values: { table: name },
      });
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      unsure = true;
      if (!(await deadline.pause(POLL_FIRST_MS))) throw error;
    }
  }
  let pollMs = POLL_FIRST_MS;
  while ((await findTable(metas, name, deadline)) !== undefined) {
    if (!(await deadline.pause(pollMs))) {
      throw BridleError.of('ERR_BUSY_DROPPING', {
        operation: 'drop table',
        peer: metas.peer,
        hint: `table ${name} is still being dropped after ${deadline.timeoutMs} ms`,
        values: { table: name },
      });
    }
    pollMs = Math.min(POLL_CAP_MS, pollMs * 2);
  }
}

const STATUS_NAMES = Object.keys(AppStatus) as TableStatus[];

function toTableInfo(app: AppInfo): TableInfo {
  return {
    name: app.appName,
    appId: app.appId,
    status: STATUS_NAMES[app.status] ?? 'INVALID',
    partitionCount: app.partitionCount,
    replicaCount: app.maxReplicaCount,
    envs: Object.fromEntries(app.envs),
    duplicating: app.duplicating ?? false,
    createdAtMs: app.createSecond * 1000,
  };
}
