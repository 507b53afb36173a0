import type { Infer } from '../schema.js';
import { defaulted, field, list, optional, struct } from '../schema.js';

// `error` below is always a rocksdb status code (0 is OK, 1 is not found), never a dsn error.
// `expireTsSeconds` is a pegasus epoch: seconds since 2016-01-01 UTC, 0 is "never".

export const updateRequest = struct('update_request', {
  key: field(1, 'blob'),
  value: field(2, 'blob'),
  expireTsSeconds: field(3, 'i32'),
  type: optional(4, 'i32'),
  checkValueReturned: optional(5, 'bool'),
  checkValueExist: optional(6, 'bool'),
  checkValue: optional(7, 'blob'),
});

export const updateResponse = struct('update_response', {
  error: field(1, 'i32'),
  appId: field(2, 'i32'),
  partitionIndex: field(3, 'i32'),
  decree: field(4, 'i64'),
  server: field(5, 'string'),
});

/** `key` is a sort key in MULTI_PUT and MULTI_GET, a raw key in a scan. */
export const keyValue = struct('key_value', {
  key: field(1, 'blob'),
  value: field(2, 'blob'),
  expireTsSeconds: optional(3, 'i32'),
});
export type KeyValue = Infer<typeof keyValue>;

export const multiPutRequest = struct('multi_put_request', {
  hashKey: field(1, 'blob'),
  kvs: field(2, list(keyValue)),
  expireTsSeconds: field(3, 'i32'),
});

export const multiRemoveRequest = struct('multi_remove_request', {
  hashKey: field(1, 'blob'),
  sortKeys: field(2, list('blob')),
  maxCount: field(3, 'i64'),
});

export const multiRemoveResponse = struct('multi_remove_response', {
  error: field(1, 'i32'),
  count: field(2, 'i64'),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  decree: field(5, 'i64'),
  server: field(6, 'string'),
});

export const incrRequest = struct('incr_request', {
  key: field(1, 'blob'),
  increment: field(2, 'i64big'),
  expireTsSeconds: field(3, 'i32'),
});

export const incrResponse = struct('incr_response', {
  error: field(1, 'i32'),
  newValue: field(2, 'i64big'),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  decree: field(5, 'i64'),
  server: field(6, 'string'),
});

export const readResponse = struct('read_response', {
  error: field(1, 'i32'),
  value: field(2, 'blob'),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  server: field(6, 'string'),
});

export const ttlResponse = struct('ttl_response', {
  error: field(1, 'i32'),
  ttlSeconds: field(2, 'i32'),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  server: field(6, 'string'),
});

export const countResponse = struct('count_response', {
  error: field(1, 'i32'),
  count: field(2, 'i64'),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  server: field(6, 'string'),
});

const NO_BYTES = Buffer.alloc(0);

/** Thin clients leave out what they do not use, so everything behind the limits has a default. */
export const multiGetRequest = struct('multi_get_request', {
  hashKey: field(1, 'blob'),
  sortKeys: defaulted(2, list('blob'), []),
  maxKvCount: field(3, 'i32'),
  maxKvSize: field(4, 'i32'),
  noValue: defaulted(5, 'bool', false),
  startSortkey: defaulted(6, 'blob', NO_BYTES),
  stopSortkey: defaulted(7, 'blob', NO_BYTES),
  startInclusive: defaulted(8, 'bool', false),
  stopInclusive: defaulted(9, 'bool', false),
  sortKeyFilterType: defaulted(10, 'i32', 0),
  sortKeyFilterPattern: defaulted(11, 'blob', NO_BYTES),
  reverse: defaulted(12, 'bool', false),
});
export type MultiGetRequest = Infer<typeof multiGetRequest>;

/** error 7 (incomplete) says that more rows wait. */
export const multiGetResponse = struct('multi_get_response', {
  error: field(1, 'i32'),
  kvs: field(2, list(keyValue)),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  server: field(6, 'string'),
});

export const fullKey = struct('full_key', { hashKey: field(1, 'blob'), sortKey: field(2, 'blob') });

export const fullData = struct('full_data', {
  hashKey: field(1, 'blob'),
  sortKey: field(2, 'blob'),
  value: field(3, 'blob'),
});

export const batchGetRequest = struct('batch_get_request', { keys: field(1, list(fullKey)) });
export type BatchGetRequest = Infer<typeof batchGetRequest>;

export const batchGetResponse = struct('batch_get_response', {
  error: field(1, 'i32'),
  data: field(2, list(fullData)),
  appId: field(3, 'i32'),
  partitionIndex: field(4, 'i32'),
  server: field(6, 'string'),
});

/** Keys are raw keys. */
export const getScannerRequest = struct('get_scanner_request', {
  startKey: field(1, 'blob'),
  stopKey: field(2, 'blob'),
  startInclusive: field(3, 'bool'),
  stopInclusive: field(4, 'bool'),
  batchSize: field(5, 'i32'),
  noValue: field(6, 'bool'),
  hashKeyFilterType: field(7, 'i32'),
  hashKeyFilterPattern: field(8, 'blob'),
  sortKeyFilterType: field(9, 'i32'),
  sortKeyFilterPattern: field(10, 'blob'),
  validatePartitionHash: optional(11, 'bool'),
  returnExpireTs: optional(12, 'bool'),
  fullScan: optional(13, 'bool'),
  onlyReturnCount: optional(14, 'bool'),
});
export type GetScannerRequest = Infer<typeof getScannerRequest>;

export const scanRequest = struct('scan_request', { contextId: field(1, 'i64') });

/** contextId: 0 or more to continue, -1 completed, -2 unknown to the server (open a new scanner). */
export const scanResponse = struct('scan_response', {
  error: field(1, 'i32'),
  kvs: field(2, list(keyValue)),
  contextId: field(3, 'i64'),
  appId: field(4, 'i32'),
  partitionIndex: field(5, 'i32'),
  server: field(6, 'string'),
  kvCount: optional(7, 'i32'),
});
export type ScanResponse = Infer<typeof scanResponse>;
