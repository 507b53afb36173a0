import type { Infer } from '../schema.js';
import { defaulted, field, list, map, optional, struct } from '../schema.js';

export const duplicationAddRequest = struct('duplication_add_request', {
  appName: field(1, 'string'),
  remoteClusterName: field(2, 'string'),
  /** Absent means true upstream, false in the shells: always set it. */
  isDuplicatingCheckpoint: optional(3, 'bool'),
  remoteAppName: optional(4, 'string'),
  remoteReplicaCount: optional(5, 'i32'),
  /** Ours: what to do with a follower table that already exists. */
  existingTablePolicy: optional(100, 'string'),
  /** Ours: drop the follower table when this duplication is removed. */
  dropFollowerOnRemove: optional(101, 'bool'),
});

export const duplicationAddResponse = struct('duplication_add_response', {
  err: field(1, 'errorCode'),
  appid: field(2, 'i32'),
  dupid: field(3, 'i32'),
  hint: optional(4, 'string'),
  remoteAppName: optional(5, 'string'),
  remoteReplicaCount: optional(6, 'i32'),
});

export const duplicationModifyRequest = struct('duplication_modify_request', {
  appName: field(1, 'string'),
  dupid: field(2, 'i32'),
  status: optional(3, 'i32'),
  failMode: optional(4, 'i32'),
  /** Ours: end the current back-off now. */
  retryNow: optional(100, 'bool'),
  /** Ours: 'keep' or 'drop' the follower table on removal. */
  followerTablePolicy: optional(101, 'string'),
});

export const duplicationModifyResponse = struct('duplication_modify_response', {
  err: field(1, 'errorCode'),
  appid: field(2, 'i32'),
  /** Ours: why it was refused. */
  hint: optional(100, 'string'),
});

export const duplicationPartitionState = struct('duplication_partition_state', {
  confirmedDecree: field(1, 'i64'),
  lastCommittedDecree: field(2, 'i64'),
});

/** One duplication. `progress` travels in a sync, `partitionStates` in a query or a list. */
export const duplicationEntry = struct('duplication_entry', {
  dupid: field(1, 'i32'),
  status: field(2, 'i32'),
  remote: field(3, 'string'),
  /** Milliseconds since 1970. */
  createTs: field(4, 'i64'),
  progress: optional(5, map('i32', 'i64')),
  failMode: optional(7, 'i32'),
  remoteAppName: optional(8, 'string'),
  remoteReplicaCount: optional(9, 'i32'),
  mode: optional(10, 'i32'),
  partitionStates: optional(11, map('i32', duplicationPartitionState)),
});
export type DuplicationEntry = Infer<typeof duplicationEntry>;

export const duplicationAppState = struct('duplication_app_state', {
  appid: field(1, 'i32'),
  duplications: field(2, map('i32', duplicationEntry)),
  appName: field(3, 'string'),
  partitionCount: field(4, 'i32'),
});

export const duplicationQueryRequest = struct('duplication_query_request', {
  appName: field(1, 'string'),
});

export const duplicationQueryResponse = struct('duplication_query_response', {
  err: field(1, 'errorCode'),
  appid: field(3, 'i32'),
  entryList: field(4, list(duplicationEntry)),
});

/** What a primary reports about one duplication of one partition. */
export const duplicationConfirmEntry = struct('duplication_confirm_entry', {
  dupid: field(1, 'i32'),
  confirmedDecree: field(2, 'i64'),
  checkpointPrepared: optional(3, 'bool'),
  lastCommittedDecree: optional(4, 'i64'),
});

export const duplicationSyncRequest = struct('duplication_sync_request', {
  node: field(1, 'rpcAddress'),
  confirmList: field(2, map('gpid', list(duplicationConfirmEntry))),
  /** Servers before 2.5 do not send it. */
  hpNode: defaulted(3, 'hostPort', null),
});

export const duplicationSyncResponse = struct('duplication_sync_response', {
  err: field(1, 'errorCode'),
  /** app id to dup id to duplication. */
  dupMap: field(2, map('i32', map('i32', duplicationEntry))),
});

export const duplicationListRequest = struct('duplication_list_request', {
  appNamePattern: field(1, 'string'),
  matchType: field(2, 'i32'),
});

export const duplicationListResponse = struct('duplication_list_response', {
  err: field(1, 'errorCode'),
  hintMessage: field(2, 'string'),
  appStates: field(3, map('string', duplicationAppState)),
});

/** One shipped write. `rawMessage` is an argument struct: field header, value, stop byte. */
export const duplicateEntry = struct('duplicate_entry', {
  /** Microseconds since 1970; bigint because it is shifted into a timetag. */
  timestamp: optional(1, 'i64big'),
  taskCode: optional(2, 'taskCode'),
  rawMessage: optional(3, 'blob'),
  clusterId: optional(4, 'i8'),
  verifyTimetag: optional(5, 'bool'),
});
export type DuplicateEntry = Infer<typeof duplicateEntry>;

export const duplicateRequest = struct('duplicate_request', {
  entries: field(1, list(duplicateEntry)),
  /** Ours, 100 to 102: the decrees this batch covers and which duplication sends it. */
  fromDecreeExcluded: optional(100, 'i64'),
  toDecreeIncluded: optional(101, 'i64'),
  owner: optional(102, 'string'),
});
export type DuplicateRequest = Infer<typeof duplicateRequest>;

export const duplicateResponse = struct('duplicate_response', {
  /** A rocksdb status code, not a dsn error. */
  error: optional(1, 'i32'),
  errorHint: optional(2, 'string'),
  /** Ours: the highest source decree this follower has applied. */
  appliedDecree: optional(100, 'i64'),
});
export type DuplicateResponse = Infer<typeof duplicateResponse>;
