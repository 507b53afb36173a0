/** A table's environment, and who serves its partitions. */
import { AppEnvOperation } from '../pegasus/enums.js';
import type { Deadline } from './deadline.js';
import { BridleError } from './errors.js';
import type { MetaSession } from './meta-session.js';
import type { TableEnvChange } from './model.js';
import { checkTableName } from './table-admin.js';

/** Sets first, then removes; each of the two is all or nothing, and may be repeated. */
export async function changeTableEnvs(
  metas: MetaSession,
  table: string,
  { set = {}, remove = {} }: TableEnvChange,
  deadline: Deadline,
): Promise<void> {
  checkTableName(table);
  const code = 'RPC_CM_UPDATE_APP_ENV';
  const changes = [
    { op: AppEnvOperation.SET, keys: Object.keys(set), values: Object.values(set) },
    { op: AppEnvOperation.DEL, keys: Object.keys(remove), values: Object.values(remove).map((v) => v ?? '') },
  ].filter(({ keys }) => keys.length > 0);
  for (const change of changes) {
    const answer = await metas.call(code, { appName: table, ...change }, { deadline, idempotent: true });
    if (answer.err === 'ERR_OK') continue;
    throw BridleError.of(answer.err === 'ERR_OBJECT_NOT_FOUND' ? 'ERR_APP_NOT_EXIST' : answer.err, {
      operation: code,
      peer: metas.peer,
      hint: answer.hintMessage === '' ? undefined : answer.hintMessage,
      values: { table },
    });
  }
}

/** How many partitions of a table have no primary. */
export async function unservedPartitions(
  metas: MetaSession,
  table: string,
  deadline: Deadline,
): Promise<number> {
  checkTableName(table);
  const code = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';
  const request = { appName: table, partitionIndices: [] };
  const answer = await metas.call(code, request, { deadline, idempotent: true });
  if (answer.err !== 'ERR_OK') {
    const gone = answer.err === 'ERR_OBJECT_NOT_FOUND';
    const values = { table };
    throw BridleError.of(gone ? 'ERR_APP_NOT_EXIST' : answer.err, {
      operation: code,
      peer: metas.peer,
      values,
    });
  }
  const served = answer.partitions.filter((p) => (p.primary ?? p.hpPrimary ?? null) !== null).length;
  return answer.partitionCount - served;
}
