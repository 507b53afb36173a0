/** The shape of one entry of the error catalogue, and the names Apache Pegasus servers can send. */

/**
 * What a caller does about a code. The class decides, never the call site.
 * - `success`: go on, the wanted state is there.
 * - `retryable`: ask again after a wait, with a limit; look first where the outcome is unknown.
 * - `operator`: waiting alone does not help; somebody has to change something.
 * - `terminal`: this request can never succeed as it was asked.
 */
export type ErrorKind = 'success' | 'retryable' | 'operator' | 'terminal';

/** What is written down about a code; {@link CatalogueEntry} adds the code itself. */
export interface ErrorFacts {
  readonly kind: ErrorKind;
  /** True where the request may have been carried out although this is the answer. */
  readonly outcomeUnknown: boolean;
  /** What happened, one sentence. */
  readonly what: string;
  /** What it means for the duplication or the caller, and what is safe. */
  readonly consequence: string;
  /** One to four, the most likely first. */
  readonly causes: readonly string[];
  /** The next command to type; `{table}` and its like are filled in by `nextCommand`. */
  readonly next: string;
}

/** A code and all that is known about it. */
export interface CatalogueEntry extends ErrorFacts {
  /** Stable name, `ERR_…` as Pegasus spells it or `BRIDLE_…`. */
  readonly code: string;
}

/** Every name of Pegasus, in registration order. Compare by name: the numbers are process-local. */
export const PEGASUS_ERROR_NAMES = [
  'ERR_OK',
  'ERR_UNKNOWN',
  'ERR_SERVICE_NOT_FOUND',
  'ERR_SERVICE_ALREADY_RUNNING',
  'ERR_IO_PENDING',
  'ERR_TIMEOUT',
  'ERR_SERVICE_NOT_ACTIVE',
  'ERR_BUSY',
  'ERR_NETWORK_INIT_FAILED',
  'ERR_FORWARD_TO_OTHERS',
  'ERR_OBJECT_NOT_FOUND',
  'ERR_HANDLER_NOT_FOUND',
  'ERR_LEARN_FILE_FAILED',
  'ERR_GET_LEARN_STATE_FAILED',
  'ERR_INVALID_VERSION',
  'ERR_INVALID_PARAMETERS',
  'ERR_CAPACITY_EXCEEDED',
  'ERR_INVALID_STATE',
  'ERR_INACTIVE_STATE',
  'ERR_NOT_ENOUGH_MEMBER',
  'ERR_FILE_OPERATION_FAILED',
  'ERR_HANDLE_EOF',
  'ERR_WRONG_CHECKSUM',
  'ERR_INVALID_DATA',
  'ERR_INVALID_HANDLE',
  'ERR_INCOMPLETE_DATA',
  'ERR_VERSION_OUTDATED',
  'ERR_PATH_NOT_FOUND',
  'ERR_PATH_ALREADY_EXIST',
  'ERR_ADDRESS_ALREADY_USED',
  'ERR_STATE_FREEZED',
  'ERR_LOCAL_APP_FAILURE',
  'ERR_BIND_IOCP_FAILED',
  'ERR_NETWORK_START_FAILED',
  'ERR_NOT_IMPLEMENTED',
  'ERR_CHECKPOINT_FAILED',
  'ERR_WRONG_TIMING',
  'ERR_NO_NEED_OPERATE',
  'ERR_CORRUPTION',
  'ERR_TRY_AGAIN',
  'ERR_CLUSTER_NOT_FOUND',
  'ERR_CLUSTER_ALREADY_EXIST',
  'ERR_SERVICE_ALREADY_EXIST',
  'ERR_INJECTED',
  'ERR_REPLICATION_FAILURE',
  'ERR_APP_EXIST',
  'ERR_APP_NOT_EXIST',
  'ERR_BUSY_CREATING',
  'ERR_BUSY_DROPPING',
  'ERR_NETWORK_FAILURE',
  'ERR_UNDER_RECOVERY',
  'ERR_LEARNER_NOT_FOUND',
  'ERR_OPERATION_DISABLED',
  'ERR_EXPIRED',
  'ERR_LOCK_ALREADY_EXIST',
  'ERR_HOLD_BY_OTHERS',
  'ERR_RECURSIVE_LOCK',
  'ERR_NO_OWNER',
  'ERR_NODE_ALREADY_EXIST',
  'ERR_INCONSISTENT_STATE',
  'ERR_ARRAY_INDEX_OUT_OF_RANGE',
  'ERR_DIR_NOT_EMPTY',
  'ERR_FS_INTERNAL',
  'ERR_IGNORE_BAD_DATA',
  'ERR_APP_DROPPED',
  'ERR_MOCK_INTERNAL',
  'ERR_ZOOKEEPER_OPERATION',
  'ERR_CHILD_REGISTERED',
  'ERR_INGESTION_FAILED',
  'ERR_UNAUTHENTICATED',
  'ERR_KRB5_INTERNAL',
  'ERR_SASL_INTERNAL',
  'ERR_SASL_INCOMPLETE',
  'ERR_ACL_DENY',
  'ERR_SPLITTING',
  'ERR_PARENT_PARTITION_MISUSED',
  'ERR_CHILD_NOT_READY',
  'ERR_DISK_INSUFFICIENT',
  'ERR_RETRY_EXHAUSTED',
  'ERR_SYNC_RANGER_POLICIES_FAILED',
  'ERR_RANGER_PARSE_ACL',
  'ERR_RANGER_POLICIES_NO_NEED_UPDATE',
  'ERR_RDB_CORRUPTION',
  'ERR_DISK_IO_ERROR',
  'ERR_CURL_FAILED',
  'ERR_DUP_EXIST',
  'ERR_HTTP_ERROR',
  'ERR_NOT_MATCHED',
] as const;
export type PegasusErrorName = (typeof PEGASUS_ERROR_NAMES)[number];
