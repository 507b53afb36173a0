/** The meta server's RPCs: wire structs in, registries asked, wire structs out. */

import { z } from 'zod';
import {
  DUPLICATION_STATUSES,
  FAIL_MODES,
  type FollowerTableOnRemove,
  type Modify,
} from '../../../machines/index.js';
import {
  AppEnvOperation,
  type AppInfo,
  AppStatus,
  type DuplicationEntry,
  formatAddress,
  type Handlers,
  NodeStatus,
  PatternMatchType,
  parseAddress,
} from '../../pegasus/index.js';
import { StoreError } from '../../store/index.js';
import { policyFlaw, policySchema } from '../policy.js';
import { recordsAnswer } from '../records.js';
import { fenceAnswer, releaseAnswer } from './fence.js';
import { NO_OWNER } from './follower-port.js';
import type { HostedDuplication } from './hosted-duplication.js';
import type { MetaServer } from './meta-server.js';
import type { TableRecord } from './meta-store.js';
import { describeTransfer } from './transfer-trouble.js';

const STATUS_CODE: Record<string, number> = {
  AS_CREATING: AppStatus.CREATING,
  AS_AVAILABLE: AppStatus.AVAILABLE,
  AS_DROPPING: AppStatus.DROPPING,
  AS_DROPPED: AppStatus.DROPPED,
};

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
        .map((table) => infoOf(server, table, tables.statusOf(table.name) ?? 'AS_AVAILABLE'));
      const dropped = tables.droppedTables().map((table) => infoOf(server, table, 'AS_DROPPED'));
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
      return { err: 'ERR_OK', appid: table.appId, entryList: duplications.ofTable(table.appId).map(entryOf) };
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
                  .map((hosted) => [hosted.record.duplicationId, entryOf(hosted)]),
              ),
            },
          ] as const,
      );
      return { err: 'ERR_OK', hintMessage: '', appStates: new Map(states) };
    },
    RPC_CLI_CLI_CALL: (request) => runCommand(server, request.cmd, request.arguments),
  };
}

function partitionConfiguration(server: MetaServer, table: TableRecord, p: number, wantTransfer: boolean) {
  const primary = server.primaryOf(table, p);
  const node = table.partitions[p]?.node ?? '';
  const address = primary === null ? null : parseAddress(primary);
  return {
    pid: { appId: table.appId, partitionIndex: p },
    ballot: 1,
    maxReplicaCount: 1,
    primary: address,
    secondaries: [],
    lastDrops: [],
    lastCommittedDecree: server.nodes.partition(node, table.appId, p)?.lastCommitted ?? 0,
    partitionFlags: 0,
    hpPrimary: address,
    hpSecondaries: [],
    hpLastDrops: [],
    ...(wantTransfer && primary === null
      ? {
          transfer: describeTransfer(
            node,
            server.nodes.isAlive(node) ? null : (server.nodes.lastReportMs(node) ?? 0),
            server.nodes.partition(node, table.appId, p),
          ),
        }
      : {}),
  };
}

function infoOf(server: MetaServer, table: TableRecord, status: string): AppInfo {
  return {
    status: STATUS_CODE[status] ?? AppStatus.INVALID,
    appType: 'pegasus',
    appName: table.name,
    appId: table.appId,
    partitionCount: table.partitionCount,
    envs: new Map(Object.entries(table.envs)),
    isStateful: true,
    maxReplicaCount: 1,
    expireSecond: 0,
    createSecond: table.createSecond,
    dropSecond: table.dropSecond,
    duplicating: server.duplications.ofTable(table.appId).length > 0,
    initPartitionCount: table.partitionCount,
    isBulkLoading: false,
    atomicIdempotent: false,
  };
}

export function clusterInfo(server: MetaServer): Record<string, string> {
  const address = formatAddress(server.address);
  return {
    meta_servers: address,
    primary_meta_server: address,
    zookeeper_hosts: '',
    zookeeper_root: '',
    meta_function_level: 'steady',
    balance_operation_count: '[]',
    primary_replica_count_stddev: '0.00',
    total_replica_count_stddev: '0.00',
    cluster_name: server.config.cluster.name,
  };
}

/** A duplication as query and list show it. */
export function entryOf({ record, context }: HostedDuplication): DuplicationEntry {
  return {
    dupid: record.duplicationId,
    status: DUPLICATION_STATUSES.indexOf(context.status),
    remote: record.remoteCluster,
    createTs: record.createTimestampMs,
    failMode: FAIL_MODES.indexOf(context.failMode),
    remoteAppName: record.remoteTable,
    remoteReplicaCount: record.remoteReplicaCount,
    partitionStates: new Map(
      context.confirmed.map((confirmedDecree, p) => [
        p,
        { confirmedDecree, lastCommittedDecree: context.lastCommitted[p] ?? -1 },
      ]),
    ),
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

const remoteArguments = z.tuple([z.string().min(1), z.string().min(1)]);

/** Remote commands; the answer is JSON text, an error as `{ "error", "hint" }`. */
async function runCommand(server: MetaServer, cmd: string, args: readonly string[]): Promise<string> {
  const refuse = (hint: string) => JSON.stringify({ error: 'ERR_INVALID_PARAMETERS', hint });
  switch (cmd) {
    case 'bridle.explain': {
      const explanations = server.duplications
        .all()
        .filter(({ record }) => args[0] === undefined || record.appName === args[0])
        .map((hosted) => server.explain(hosted));
      return JSON.stringify(explanations);
    }
    case 'bridle.fence':
      return fenceAnswer(server, args);
    case 'bridle.release':
      return releaseAnswer(server, args);
    case 'bridle.policy':
      return JSON.stringify({
        policy: server.gate.policy,
        nodes: server.nodes
          .alive()
          .map(({ node, report }) => ({ node, policyVersion: report.policyVersion })),
      });
    case 'bridle.set-policy': {
      const parsed = policySchema.shape.rules.safeParse(safeJson(args[0]));
      if (!parsed.success) return refuse(parsed.error.message);
      const flaw = policyFlaw(parsed.data, server.config);
      if (flaw !== undefined) return refuse(flaw);
      return written(async () => server.setPolicy(parsed.data));
    }
    case 'bridle.set-remote': {
      const parsed = remoteArguments.safeParse(args);
      if (!parsed.success) return refuse('expected a cluster name and its meta servers, separated by commas');
      const metas = parsed.data[1].split(',');
      try {
        for (const meta of metas) parseAddress(meta);
      } catch (error) {
        return refuse(error instanceof Error ? error.message : String(error));
      }
      const [cluster] = parsed.data;
      return written(async () => {
        await server.setRemote(cluster, metas);
        return { cluster, metas };
      });
    }
    case 'bridle.stats':
      return JSON.stringify(server.stats());
    case 'bridle.facts':
      return server.facts();
    case 'bridle.probe':
      return server.probe(args);
    case 'bridle.records':
      return recordsAnswer(server.recorder, { role: 'meta', address: server.address }, args);
    default:
      return `unknown command ${JSON.stringify(cmd)}`;
  }
}

/** What was written, or why storage refused it. */
async function written(work: () => Promise<object>): Promise<string> {
  try {
    return JSON.stringify(await work());
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return JSON.stringify({ error: error.code, hint: error.message });
  }
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
