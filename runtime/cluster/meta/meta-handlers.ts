/** The meta server's RPCs: wire structs in, registries asked, wire structs out. */

import {
  DUPLICATION_STATUSES,
  FAIL_MODES,
  type FollowerTableOnRemove,
  type Modify,
} from '../../../machines/index.js';
import {
  AppEnvOperation,
  AppStatus,
  type Handlers,
  NodeStatus,
  PatternMatchType,
  parseAddress,
} from '../../pegasus/index.js';
import { NO_OWNER } from './follower-port.js';
import type { MetaServer } from './meta-server.js';
import type { TableRecord } from './meta-store.js';
import { runRemoteCommand } from './remote-commands.js';
import { clusterInfo, duplicationEntry, partitionConfiguration, tableInfo } from './wire-views.js';

export function metaHandlers(server: MetaServer): Handlers {
  const { tables, duplications, nodes } = server;
  return {
    RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: ({ appName, partitionIndices, wantTransfers, retryCopiesNo }) => {
      const empty = { appId: 0, partitionCount: 0, isStateful: false, partitions: [] };
      const status = tables.statusOf(appName);
      if (status === 'AS_CREATING') return { err: 'ERR_BUSY_CREATING', ...empty };
      if (status === 'AS_DROPPING') return { err: 'ERR_BUSY_DROPPING', ...empty };
      const table = tables.available(appName);
      if (table === undefined) return { err: 'ERR_OBJECT_NOT_FOUND', ...empty };
      if (retryCopiesNo !== undefined) server.copyRetries.note(table.appId, retryCopiesNo);
      const all = table.partitions.map((_, p) => p);
      const legal = partitionIndices.every((p) => p >= 0 && p < table.partitionCount);
      // As upstream: an index out of range yields the whole table.
      const wanted = partitionIndices.length > 0 && legal ? partitionIndices : all;
      return {
        err: 'ERR_OK',
        appId: table.appId,
        partitionCount: table.partitionCount,
        isStateful: true,
        partitions: wanted.map((p) => partitionConfiguration(server, table, p, wantTransfers === true)),
      };
    },
    RPC_CM_CREATE_APP: async ({ appName, options }) => {
      const { error, appId, hint } = await tables.create({ name: appName, ...options });
      return { err: error, appid: appId, ...(hint === undefined ? {} : { hint }) };
    },
    RPC_CM_DROP_APP: async ({ appName, options, expectedOwner }) => {
      const { error, hint } = await tables.drop(appName, expectedOwner === NO_OWNER ? null : expectedOwner);
      const err = error === 'ERR_APP_NOT_EXIST' && options.successIfNotExist ? 'ERR_OK' : error;
      return hint === undefined ? { err } : { err, hint };
    },
    RPC_CM_LIST_APPS: async ({ status, appNamePattern, matchType, retireOwner }) => {
      if (retireOwner !== undefined) {
        const { error, hint } = await tables.retire(appNamePattern ?? '', retireOwner);
        if (error !== 'ERR_OK') return { err: error, infos: [], hintMessage: hint ?? '' };
      }
      await tables.admissions();
      const matches = matcherOf(appNamePattern, matchType);
      if (matches === null)
        return { err: 'ERR_NOT_IMPLEMENTED', infos: [], hintMessage: 'this match type is not supported' };
      const live = tables
        .list()
        .map((table) => tableInfo(server, table, tables.statusOf(table.name) ?? 'AS_AVAILABLE'));
      const dropped = tables.droppedTables().map((table) => tableInfo(server, table, 'AS_DROPPED'));
      const infos = [...live, ...dropped].filter(
        (info) => (status === AppStatus.INVALID || info.status === status) && matches(info.appName),
      );
      return { err: 'ERR_OK', infos };
    },
    RPC_CM_LIST_NODES: ({ status }) => ({
      err: 'ERR_OK',
      infos: nodes
        .all()
        .map(({ node, alive }) => ({
          status: alive ? NodeStatus.ALIVE : NodeStatus.UNALIVE,
          node: parseAddress(node),
          hpNode: parseAddress(node),
        }))
        .filter((info) => status === NodeStatus.INVALID || info.status === status),
    }),
    RPC_CM_CLUSTER_INFO: () => {
      const info = clusterInfo(server);
      return { err: 'ERR_OK', keys: Object.keys(info), values: Object.values(info) };
    },
    RPC_CM_UPDATE_APP_ENV: async ({ appName, op, keys = [], values = [], clearPrefix }) => {
      if (op === AppEnvOperation.SET && keys.length === values.length && keys.length > 0) {
        const set = new Map(keys.map((key, i) => [key, values[i] ?? '']));
        const { error, hint } = await tables.updateEnvs(appName, set, []);
        return { err: error, hintMessage: hint ?? '' };
      }
      const remove =
        op === AppEnvOperation.DEL
          ? keys
          : op === AppEnvOperation.CLEAR
            ? envsWith(tables.available(appName), clearPrefix)
            : [];
      if (op !== AppEnvOperation.CLEAR && remove.length === 0) {
        return {
          err: 'ERR_INVALID_PARAMETERS',
          hintMessage: 'no keys, or keys and values of different number',
        };
      }
      // Upstream does not look at values here; with ours whoever lifts a fence shows its note.
      const expected = new Map(
        op === AppEnvOperation.DEL ? remove.flatMap((key, i) => (values[i] ? [[key, values[i]]] : [])) : [],
      );
      const { error, hint } = await tables.updateEnvs(appName, new Map(), remove, expected);
      return { err: error, hintMessage: hint ?? '' };
    },
    RPC_CM_ADD_DUPLICATION: async (request) => {
      const { error, hint, record } = await duplications.add({
        appName: request.appName,
        remoteCluster: request.remoteClusterName,
        remoteTable: request.remoteAppName || undefined,
        remoteReplicaCount: request.remoteReplicaCount,
        full: request.isDuplicatingCheckpoint ?? true,
        policy: request.existingTablePolicy,
        dropFollowerOnRemove: request.dropFollowerOnRemove ?? false,
      });
      return {
        err: error,
        appid: record?.appId ?? 0,
        dupid: record?.duplicationId ?? 0,
        ...(hint === undefined ? {} : { hint }),
        ...(record === null
          ? {}
          : { remoteAppName: record.remoteTable, remoteReplicaCount: record.remoteReplicaCount }),
      };
    },
    RPC_CM_MODIFY_DUPLICATION: async (request) => {
      const { appName, dupid, status, failMode, retryNow, followerTablePolicy } = request;
      const appid = tables.available(appName)?.appId ?? 0;
      if (retryNow === true) return { ...retry(server, appName, dupid), appid };
      const change = changeOf(status, failMode, followerTablePolicy);
      if (change === null)
        return { err: 'ERR_INVALID_PARAMETERS', appid, hint: 'unknown status, fail mode or policy' };
      const { error, hint } = await duplications.modify(appName, dupid, change);
      return { err: error, appid, ...(hint === undefined ? {} : { hint }) };
    },
    RPC_CM_QUERY_DUPLICATION: ({ appName }) => {
      const table = tables.available(appName);
      if (table === undefined) return { err: 'ERR_APP_NOT_EXIST', appid: 0, entryList: [] };
      return {
        err: 'ERR_OK',
        appid: table.appId,
        entryList: duplications.ofTable(table.appId).map(duplicationEntry),
      };
    },
    RPC_CM_LIST_DUPLICATION: ({ appNamePattern, matchType }) => {
      const matches = matcherOf(appNamePattern, matchType);
      if (matches === null) {
        return {
          err: 'ERR_NOT_IMPLEMENTED',
          hintMessage: 'this match type is not supported',
          appStates: new Map(),
        };
      }
      const found = tables.list().filter(({ name }) => tables.available(name) !== undefined && matches(name));
      const states = found.map(
        (table) =>
          [
            table.name,
            {
              appid: table.appId,
              appName: table.name,
              partitionCount: table.partitionCount,
              duplications: new Map(
                duplications
                  .ofTable(table.appId)
                  .map((hosted) => [hosted.record.duplicationId, duplicationEntry(hosted)]),
              ),
            },
          ] as const,
      );
      return { err: 'ERR_OK', hintMessage: '', appStates: new Map(states) };
    },
    RPC_CLI_CLI_CALL: (request) => runRemoteCommand(server, request.cmd, request.arguments),
  };
}

function changeOf(
  status: number | undefined,
  failMode: number | undefined,
  onRemove: string | undefined,
): Omit<Modify, 'type' | 'requester'> | null {
  const statusName = status === undefined ? undefined : DUPLICATION_STATUSES[status];
  const failModeName = failMode === undefined ? undefined : FAIL_MODES[failMode];
  if (
    (status !== undefined && statusName === undefined) ||
    (failMode !== undefined && failModeName === undefined)
  )
    return null;
  if (onRemove !== undefined && onRemove !== 'keep' && onRemove !== 'drop') return null;
  return {
    ...(statusName === undefined ? {} : { status: statusName }),
    ...(failModeName === undefined ? {} : { failMode: failModeName }),
    ...(onRemove === undefined ? {} : { onRemove: onRemove as FollowerTableOnRemove }),
  };
}

function retry(server: MetaServer, appName: string, id: number): { err: string } {
  const table = server.tables.available(appName);
  if (table === undefined) return { err: 'ERR_APP_NOT_EXIST' };
  const hosted = server.duplications.ofTable(table.appId).find(({ record }) => record.duplicationId === id);
  hosted?.retryNow();
  return { err: hosted === undefined ? 'ERR_OBJECT_NOT_FOUND' : 'ERR_OK' };
}

function envsWith(table: TableRecord | undefined, prefix = ''): string[] {
  return Object.keys(table?.envs ?? {}).filter(
    (key) => key.startsWith(prefix) && !key.startsWith('duplication.'),
  );
}

/** Null for a match type that is not supported. */
function matcherOf(
  pattern = '',
  matchType: number = PatternMatchType.ALL,
): ((name: string) => boolean) | null {
  switch (matchType) {
    case PatternMatchType.ALL:
      return () => true;
    case PatternMatchType.EXACT:
      return (name) => name === pattern;
    case PatternMatchType.ANYWHERE:
      return (name) => name.includes(pattern);
    case PatternMatchType.PREFIX:
      return (name) => name.startsWith(pattern);
    case PatternMatchType.POSTFIX:
      return (name) => name.endsWith(pattern);
    default:
      return null;
  }
}
