import type { BinaryWriter } from './buffer.js';
import type { Infer, WireType } from './schema.js';
import * as s from './schemas/index.js';
import { encodeWrapped } from './thrift.js';

/** What one RPC carries. `response: null` marks a one-way call: nothing is ever answered. */
export interface RpcSpec {
  readonly request: WireType;
  readonly response: WireType | null;
}

/** Every RPC this folder speaks, by the name that identifies it on the wire. */
export const RPC = {
  RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: { request: s.queryCfgRequest, response: s.queryCfgResponse },
  RPC_CM_CREATE_APP: {
    request: s.configurationCreateAppRequest,
    response: s.configurationCreateAppResponse,
  },
  RPC_CM_DROP_APP: { request: s.configurationDropAppRequest, response: s.configurationDropAppResponse },
  RPC_CM_RECALL_APP: {
    request: s.configurationRecallAppRequest,
    response: s.configurationRecallAppResponse,
  },
  RPC_CM_RENAME_APP: {
    request: s.configurationRenameAppRequest,
    response: s.configurationRenameAppResponse,
  },
  RPC_CM_LIST_APPS: { request: s.configurationListAppsRequest, response: s.configurationListAppsResponse },
  RPC_CM_LIST_NODES: {
    request: s.configurationListNodesRequest,
    response: s.configurationListNodesResponse,
  },
  RPC_CM_CLUSTER_INFO: {
    request: s.configurationClusterInfoRequest,
    response: s.configurationClusterInfoResponse,
  },
  RPC_CM_UPDATE_APP_ENV: {
    request: s.configurationUpdateAppEnvRequest,
    response: s.configurationUpdateAppEnvResponse,
  },
  RPC_CM_CONTROL_META: {
    request: s.configurationMetaControlRequest,
    response: s.configurationMetaControlResponse,
  },
  RPC_CM_GET_MAX_REPLICA_COUNT: {
    request: s.configurationGetMaxReplicaCountRequest,
    response: s.configurationGetMaxReplicaCountResponse,
  },
  RPC_CM_SET_MAX_REPLICA_COUNT: {
    request: s.configurationSetMaxReplicaCountRequest,
    response: s.configurationSetMaxReplicaCountResponse,
  },
  RPC_CM_ADD_DUPLICATION: { request: s.duplicationAddRequest, response: s.duplicationAddResponse },
  RPC_CM_MODIFY_DUPLICATION: { request: s.duplicationModifyRequest, response: s.duplicationModifyResponse },
  RPC_CM_QUERY_DUPLICATION: { request: s.duplicationQueryRequest, response: s.duplicationQueryResponse },
  RPC_CM_LIST_DUPLICATION: { request: s.duplicationListRequest, response: s.duplicationListResponse },
  RPC_CM_DUPLICATION_SYNC: { request: s.duplicationSyncRequest, response: s.duplicationSyncResponse },
  RPC_QUERY_LAST_CHECKPOINT_INFO: { request: s.learnRequest, response: s.learnResponse },
  RPC_NFS_GET_FILE_SIZE: { request: s.getFileSizeRequest, response: s.getFileSizeResponse },
  RPC_NFS_COPY: { request: s.copyRequest, response: s.copyResponse },
  RPC_CLI_CLI_CALL: { request: s.command, response: 'string' },
  RPC_RRDB_RRDB_PUT: { request: s.updateRequest, response: s.updateResponse },
  RPC_RRDB_RRDB_MULTI_PUT: { request: s.multiPutRequest, response: s.updateResponse },
  RPC_RRDB_RRDB_REMOVE: { request: 'blob', response: s.updateResponse },
  RPC_RRDB_RRDB_MULTI_REMOVE: { request: s.multiRemoveRequest, response: s.multiRemoveResponse },
  RPC_RRDB_RRDB_INCR: { request: s.incrRequest, response: s.incrResponse },
  RPC_RRDB_RRDB_GET: { request: 'blob', response: s.readResponse },
  RPC_RRDB_RRDB_MULTI_GET: { request: s.multiGetRequest, response: s.multiGetResponse },
  RPC_RRDB_RRDB_BATCH_GET: { request: s.batchGetRequest, response: s.batchGetResponse },
  RPC_RRDB_RRDB_TTL: { request: 'blob', response: s.ttlResponse },
  RPC_RRDB_RRDB_SORTKEY_COUNT: { request: 'blob', response: s.countResponse },
  RPC_RRDB_RRDB_GET_SCANNER: { request: s.getScannerRequest, response: s.scanResponse },
  RPC_RRDB_RRDB_SCAN: { request: s.scanRequest, response: s.scanResponse },
  RPC_RRDB_RRDB_CLEAR_SCANNER: { request: 'i64', response: null },
  RPC_RRDB_RRDB_DUPLICATE: { request: s.duplicateRequest, response: s.duplicateResponse },
  /** Ours: no Pegasus server knows them. */
  RPC_BRIDLE_DIGEST_OPEN: { request: s.digestOpenRequest, response: s.digestOpenResponse },
  RPC_BRIDLE_DIGEST_READ: { request: s.digestReadRequest, response: s.digestReadResponse },
  RPC_BRIDLE_DIGEST_CLOSE: { request: 'i64', response: null },
  RPC_BRIDLE_NODE_SYNC: { request: s.nodeSyncRequest, response: s.nodeSyncResponse },
} as const satisfies Record<string, RpcSpec>;

export type RpcCode = keyof typeof RPC;

/** The argument of an RPC. @example type Put = Request<'RPC_RRDB_RRDB_PUT'> */
export type Request<C extends RpcCode> = Infer<(typeof RPC)[C]['request']>;

/** The result of an RPC; undefined for a one-way one. */
export type Response<C extends RpcCode> = (typeof RPC)[C]['response'] extends WireType
  ? Infer<(typeof RPC)[C]['response']>
  : undefined;

/** Names arrive from the network: `toString` and friends must not count as codes. */
export function isRpcCode(name: string): name is RpcCode {
  return Object.hasOwn(RPC, name);
}

/** Appends an RPC's argument; its field id is 1 in a THFT frame and in a log, 0 in an RDSN message. */
export function encodeArgument<C extends RpcCode>(
  w: BinaryWriter,
  code: C,
  request: Request<C>,
  fieldId: number,
): void {
  const type: (typeof RPC)[C]['request'] = RPC[code].request;
  encodeWrapped(w, type, request, fieldId);
}
