import type { Infer } from '../schema.js';
import { field, list, optional, struct } from '../schema.js';

export const replicaConfiguration = struct('replica_configuration', {
  pid: field(1, 'gpid'),
  ballot: field(2, 'i64'),
  primary: field(3, 'rpcAddress'),
  status: field(4, 'i32'),
  learnerSignature: field(5, 'i64big'),
  popAll: optional(6, 'bool'),
  splitSyncToChild: optional(7, 'bool'),
  hpPrimary: optional(8, 'hostPort'),
});

export const learnState = struct('learn_state', {
  fromDecreeExcluded: field(1, 'i64'),
  toDecreeIncluded: field(2, 'i64'),
  meta: field(3, 'blob'),
  files: field(4, list('string')),
  learnStartDecree: optional(5, 'i64'),
  /** Bytes, in the order of `files`. */
  fileSizes: optional(6, list('i64')),
  fileChecksums: optional(7, list('string')),
});

export const learnRequest = struct('learn_request', {
  pid: field(1, 'gpid'),
  learner: field(2, 'rpcAddress'),
  signature: field(3, 'i64big'),
  lastCommittedDecreeInApp: field(4, 'i64'),
  lastCommittedDecreeInPrepareList: field(5, 'i64'),
  appSpecificLearnRequest: field(6, 'blob'),
  maxGcedDecree: optional(7, 'i64'),
  hpLearner: optional(8, 'hostPort'),
  checksumType: optional(9, 'i32'),
  /** Ours: only a checkpoint at this decree or later will do. */
  minDecree: optional(100, 'i64'),
  /** Ours: not a checkpoint, but the whole partition, which the server has closed for the move of this number. */
  moveBallot: optional(101, 'i64'),
});
export type LearnRequest = Infer<typeof learnRequest>;

export const learnResponse = struct('learn_response', {
  err: field(1, 'errorCode'),
  config: field(2, replicaConfiguration),
  lastCommittedDecree: field(3, 'i64'),
  prepareStartDecree: field(4, 'i64'),
  type: field(5, 'i32'),
  state: field(6, learnState),
  learnee: field(7, 'rpcAddress'),
  baseLocalDir: field(8, 'string'),
  replicaDiskTag: optional(9, 'string'),
  hpLearnee: optional(10, 'hostPort'),
});
export type LearnResponse = Infer<typeof learnResponse>;

export const copyRequest = struct('copy_request', {
  source: field(1, 'rpcAddress'),
  sourceDir: field(2, 'string'),
  dstDir: field(3, 'string'),
  fileName: field(4, 'string'),
  /** Bytes from the start of the file. */
  offset: field(5, 'i64'),
  /** Bytes wanted. */
  size: field(6, 'i32'),
  isLast: field(7, 'bool'),
  overwrite: field(8, 'bool'),
  sourceDiskTag: optional(9, 'string'),
  pid: optional(10, 'gpid'),
  hpSource: optional(11, 'hostPort'),
});
export type CopyRequest = Infer<typeof copyRequest>;

export const copyResponse = struct('copy_response', {
  error: field(1, 'errorCode'),
  fileContent: field(2, 'blob'),
  offset: field(3, 'i64'),
  size: field(4, 'i32'),
  /** Ours: CRC-32 of `fileContent`, unsigned. */
  crc32: optional(100, 'i64'),
});
export type CopyResponse = Infer<typeof copyResponse>;

export const getFileSizeRequest = struct('get_file_size_request', {
  source: field(1, 'rpcAddress'),
  dstDir: field(2, 'string'),
  /** Empty means every file below `sourceDir`. */
  fileList: field(3, list('string')),
  sourceDir: field(4, 'string'),
  overwrite: field(5, 'bool'),
  sourceDiskTag: optional(6, 'string'),
  destDiskTag: optional(7, 'string'),
  pid: optional(8, 'gpid'),
  hpSource: optional(9, 'hostPort'),
});
export type GetFileSizeRequest = Infer<typeof getFileSizeRequest>;

export const getFileSizeResponse = struct('get_file_size_response', {
  /** A number here, unlike copy_response. */
  error: field(1, 'i32'),
  fileList: field(2, list('string')),
  sizeList: field(3, list('i64')),
});
export type GetFileSizeResponse = Infer<typeof getFileSizeResponse>;

/** Ours: node state exchanged with the meta as JSON. */
export const nodeSyncRequest = struct('node_sync_request', { json: field(1, 'string') });

export const nodeSyncResponse = struct('node_sync_response', {
  err: field(1, 'errorCode'),
  json: field(2, 'string'),
});
