/** A request to create a table, and what is wrong with it before anybody is asked. */
import { ENV_FOLLOWER_APP_STATUS } from '../../../machines/index.js';
import { isTableName, MAX_PARTITIONS, TABLE_NAME_RULE } from '../../pegasus/index.js';
import { ENVS_LIMIT_BYTES } from './table-envs.js';

const APP_TYPE = 'pegasus';

export interface CreateTable {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicaCount: number;
  readonly successIfExist: boolean;
  readonly appType: string;
  readonly envs: ReadonlyMap<string, string>;
}

/** In words; null if nothing is wrong. */
export function whyNotCreated(request: CreateTable, aliveNodes: number): string | null {
  const { name, partitionCount, replicaCount, envs, appType } = request;
  if (!isTableName(name)) return `table name ${JSON.stringify(name)}: ${TABLE_NAME_RULE}`;
  if (appType !== APP_TYPE) return `unknown table type ${JSON.stringify(appType)}: only ${APP_TYPE}`;
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > MAX_PARTITIONS) {
    return `${partitionCount} partitions: 1 to ${MAX_PARTITIONS}`;
  }
  if (replicaCount < 1 || replicaCount > aliveNodes) {
    return `replica count ${replicaCount}: 1 to the number of live replica servers, ${aliveNodes}`;
  }
  if (JSON.stringify([...envs]).length > ENVS_LIMIT_BYTES)
    return `environment over ${ENVS_LIMIT_BYTES} bytes`;
  const status = envs.get(ENV_FOLLOWER_APP_STATUS);
  if (status !== undefined && status !== 'creating' && status !== 'created') {
    return `${ENV_FOLLOWER_APP_STATUS} is ${JSON.stringify(status)}: creating or created`;
  }
  return null;
}
