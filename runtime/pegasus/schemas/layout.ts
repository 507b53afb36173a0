import type { Infer } from '../schema.js';
import { defaulted, field, list, map, optional, struct } from '../schema.js';

/** A table as the meta server describes it. Times in seconds since 1970. */
export const appInfo = struct('app_info', {
  status: field(1, 'i32'),
  appType: field(2, 'string'),
  appName: field(3, 'string'),
  appId: field(4, 'i32'),
  partitionCount: field(5, 'i32'),
  envs: field(6, map('string', 'string')),
  isStateful: field(7, 'bool'),
  maxReplicaCount: field(8, 'i32'),
  expireSecond: field(9, 'i64'),
  createSecond: field(10, 'i64'),
  dropSecond: field(11, 'i64'),
  duplicating: optional(12, 'bool'),
  initPartitionCount: defaulted(13, 'i32', -1),
  isBulkLoading: optional(14, 'bool'),
  atomicIdempotent: optional(15, 'bool'),
});
export type AppInfo = Infer<typeof appInfo>;

export const queryCfgRequest = struct('query_cfg_request', {
  appName: field(1, 'string'),
  /** Empty means all partitions. */
  partitionIndices: defaulted(2, list('i32'), []),
  /** Ours: fill `transfer` of each partition. */
  wantTransfers: optional(100, 'bool'),
  /** Ours: another number whenever somebody wants the copies of this follower table to be tried at once. */
  retryCopiesNo: optional(101, 'i64'),
});

export const partitionConfiguration = struct('partition_configuration', {
  pid: field(1, 'gpid'),
  ballot: field(2, 'i64'),
  maxReplicaCount: field(3, 'i32'),
  primary: field(4, 'rpcAddress'),
  secondaries: field(5, list('rpcAddress')),
  lastDrops: field(6, list('rpcAddress')),
  lastCommittedDecree: field(7, 'i64'),
  partitionFlags: field(8, 'i32'),
  hpPrimary: optional(9, 'hostPort'),
  hpSecondaries: optional(10, list('hostPort')),
  hpLastDrops: optional(11, list('hostPort')),
  /** Ours: progress of the checkpoint transfer, JSON. */
  transfer: optional(100, 'string'),
});

export const queryCfgResponse = struct('query_cfg_response', {
  err: field(1, 'errorCode'),
  appId: field(2, 'i32'),
  partitionCount: field(3, 'i32'),
  isStateful: field(4, 'bool'),
  partitions: field(5, list(partitionConfiguration)),
});
