/** Tables, partitions and duplications of a meta server as wire structs show them. */
import { DUPLICATION_STATUSES, FAIL_MODES } from '../../../machines/index.js';
import {
  type AppInfo,
  AppStatus,
  type DuplicationEntry,
  formatAddress,
  parseAddress,
} from '../../pegasus/index.js';
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

/** @param wantTransfer whether a partition without a primary says how far its copy is */
export function partitionConfiguration(
  server: MetaServer,
  table: TableRecord,
  p: number,
  wantTransfer: boolean,
) {
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

/** @param status `AS_AVAILABLE` and so on */
export function tableInfo(server: MetaServer, table: TableRecord, status: string): AppInfo {
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

/** As `RPC_CM_CLUSTER_INFO` and the page of the meta server tell it. */
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
export function duplicationEntry({ record, context }: HostedDuplication): DuplicationEntry {
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
