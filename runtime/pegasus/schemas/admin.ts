import type { Infer } from '../schema.js';
import { defaulted, field, list, map, optional, struct } from '../schema.js';
import { appInfo } from './layout.js';

export const createAppOptions = struct('create_app_options', {
  partitionCount: field(1, 'i32'),
  replicaCount: field(2, 'i32'),
  successIfExist: field(3, 'bool'),
  appType: field(4, 'string'),
  isStateful: field(5, 'bool'),
  envs: field(6, map('string', 'string')),
  atomicIdempotent: optional(7, 'bool'),
});

export const configurationCreateAppRequest = struct('configuration_create_app_request', {
  appName: field(1, 'string'),
  options: field(2, createAppOptions),
});

export const configurationCreateAppResponse = struct('configuration_create_app_response', {
  err: field(1, 'errorCode'),
  appid: field(2, 'i32'),
  /** Ours: why a creation was refused. */
  hint: optional(100, 'string'),
});

export const dropAppOptions = struct('drop_app_options', {
  successIfNotExist: field(1, 'bool'),
  reserveSeconds: optional(2, 'i64'),
});

export const configurationDropAppRequest = struct('configuration_drop_app_request', {
  appName: field(1, 'string'),
  options: field(2, dropAppOptions),
  /** Ours: refuse unless the table still belongs to this owner; empty: to no duplication. */
  expectedOwner: optional(100, 'string'),
});

export const configurationDropAppResponse = struct('configuration_drop_app_response', {
  err: field(1, 'errorCode'),
  /** Ours: why a drop was refused. */
  hint: optional(100, 'string'),
});

export const configurationRecallAppRequest = struct('configuration_recall_app_request', {
  appId: field(1, 'i32'),
  newAppName: field(2, 'string'),
});

export const configurationRecallAppResponse = struct('configuration_recall_app_response', {
  err: field(1, 'errorCode'),
  info: field(2, appInfo),
});

export const configurationRenameAppRequest = struct('configuration_rename_app_request', {
  oldAppName: field(1, 'string'),
  newAppName: field(2, 'string'),
});

export const configurationRenameAppResponse = struct('configuration_rename_app_response', {
  err: field(1, 'errorCode'),
  hintMessage: field(2, 'string'),
});

export const configurationListAppsRequest = struct('configuration_list_apps_request', {
  status: defaulted(1, 'i32', 0),
  appNamePattern: optional(2, 'string'),
  matchType: optional(3, 'i32'),
  /** Ours: from now on refuse to create the table of this name for this owner, and for earlier ones. */
  retireOwner: optional(100, 'string'),
});

export const configurationListAppsResponse = struct('configuration_list_apps_response', {
  err: field(1, 'errorCode'),
  infos: field(2, list(appInfo)),
  hintMessage: optional(3, 'string'),
});

export const nodeInfo = struct('node_info', {
  status: field(1, 'i32'),
  node: field(2, 'rpcAddress'),
  hpNode: optional(3, 'hostPort'),
});

export const configurationListNodesRequest = struct('configuration_list_nodes_request', {
  status: defaulted(1, 'i32', 0),
});

export const configurationListNodesResponse = struct('configuration_list_nodes_response', {
  err: field(1, 'errorCode'),
  infos: field(2, list(nodeInfo)),
});

export const configurationClusterInfoRequest = struct('configuration_cluster_info_request', {});

export const configurationClusterInfoResponse = struct('configuration_cluster_info_response', {
  err: field(1, 'errorCode'),
  keys: field(2, list('string')),
  values: field(3, list('string')),
});

export const configurationUpdateAppEnvRequest = struct('configuration_update_app_env_request', {
  appName: field(1, 'string'),
  op: field(2, 'i32'),
  keys: optional(3, list('string')),
  values: optional(4, list('string')),
  clearPrefix: optional(5, 'string'),
});

export const configurationUpdateAppEnvResponse = struct('configuration_update_app_env_response', {
  err: field(1, 'errorCode'),
  hintMessage: field(2, 'string'),
});

export const configurationMetaControlRequest = struct('configuration_meta_control_request', {
  level: field(1, 'i32'),
});

export const configurationMetaControlResponse = struct('configuration_meta_control_response', {
  err: field(1, 'errorCode'),
  oldLevel: field(2, 'i32'),
});

export const configurationGetMaxReplicaCountRequest = struct('configuration_get_max_replica_count_request', {
  appName: field(1, 'string'),
});
export const configurationGetMaxReplicaCountResponse = struct(
  'configuration_get_max_replica_count_response',
  {
    err: field(1, 'errorCode'),
    maxReplicaCount: field(2, 'i32'),
    hintMessage: field(3, 'string'),
  },
);
export const configurationSetMaxReplicaCountRequest = struct('configuration_set_max_replica_count_request', {
  appName: field(1, 'string'),
  maxReplicaCount: field(2, 'i32'),
});
export const configurationSetMaxReplicaCountResponse = struct(
  'configuration_set_max_replica_count_response',
  {
    err: field(1, 'errorCode'),
    oldMaxReplicaCount: field(2, 'i32'),
    hintMessage: field(3, 'string'),
  },
);

/** Remote command; the answer is a bare string. */
export const command = struct('command', {
  cmd: field(1, 'string'),
  arguments: field(2, list('string')),
});
export type Command = Infer<typeof command>;
