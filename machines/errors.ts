/**
 * The error catalogue: for each code what happened, what it means, what probably caused it and the
 * next command to type. Callers branch on the kind found here, so one name has one treatment.
 */
import { type CatalogueEntry, type ErrorFacts, type ErrorKind, PEGASUS_ERROR_NAMES } from './errors/entry.js';

export { type CatalogueEntry, type ErrorKind, PEGASUS_ERROR_NAMES } from './errors/entry.js';

// First cut: kinds are settled, the texts follow.
const KINDS: Record<'success' | 'retryable' | 'terminal', string> = {
  success: 'OK DUP_EXIST NO_NEED_OPERATE CHILD_REGISTERED RANGER_POLICIES_NO_NEED_UPDATE',
  retryable: `IO_PENDING TIMEOUT SERVICE_NOT_ACTIVE BUSY FORWARD_TO_OTHERS OBJECT_NOT_FOUND LEARN_FILE_FAILED
    GET_LEARN_STATE_FAILED CAPACITY_EXCEEDED INVALID_STATE INACTIVE_STATE NOT_ENOUGH_MEMBER FILE_OPERATION_FAILED
    HANDLE_EOF WRONG_CHECKSUM INCOMPLETE_DATA VERSION_OUTDATED PATH_NOT_FOUND STATE_FREEZED LOCAL_APP_FAILURE
    CHECKPOINT_FAILED WRONG_TIMING TRY_AGAIN INJECTED REPLICATION_FAILURE BUSY_CREATING BUSY_DROPPING
    NETWORK_FAILURE UNDER_RECOVERY LEARNER_NOT_FOUND HOLD_BY_OTHERS FS_INTERNAL ZOOKEEPER_OPERATION
    SASL_INCOMPLETE SPLITTING PARENT_PARTITION_MISUSED CHILD_NOT_READY SYNC_RANGER_POLICIES_FAILED CURL_FAILED
    HTTP_ERROR INVALID_VERSION`,
  terminal: `INVALID_HANDLE NOT_IMPLEMENTED APP_NOT_EXIST APP_DROPPED EXPIRED RECURSIVE_LOCK NO_OWNER
    ARRAY_INDEX_OUT_OF_RANGE MOCK_INTERNAL NOT_MATCHED`,
};
const UNKNOWN_OUTCOME =
  'UNKNOWN IO_PENDING TIMEOUT NETWORK_FAILURE INJECTED REPLICATION_FAILURE RETRY_EXHAUSTED ZOOKEEPER_OPERATION FS_INTERNAL CURL_FAILED HTTP_ERROR';
const BRIDLE: Record<string, ErrorKind> = {
  BRIDLE_FOREIGN_TABLE: 'operator',
  BRIDLE_GAP: 'operator',
  BRIDLE_NO_PROGRESS: 'operator',
  BRIDLE_BAD_INPUT: 'terminal',
  BRIDLE_BAD_NAME: 'terminal',
  BRIDLE_VALUE_TOO_LARGE: 'terminal',
  BRIDLE_ROWS_DIFFER: 'operator',
  BRIDLE_LOG_DAMAGED: 'operator',
  BRIDLE_SERVER_DIED: 'retryable',
  BRIDLE_NOT_RUNNING: 'terminal',
  BRIDLE_USAGE: 'terminal',
  BRIDLE_CLUSTER_ID_CLASH: 'operator',
};
const has = (list: string, code: string) => list.split(/\s+/).includes(code.replace('ERR_', ''));

function firstCut(code: string): CatalogueEntry {
  const listed = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((kind) => has(KINDS[kind], code));
  const facts: ErrorFacts = {
    kind: BRIDLE[code] ?? listed ?? 'operator',
    outcomeUnknown: has(UNKNOWN_OUTCOME, code) || code === 'BRIDLE_SERVER_DIED',
    what: `${code} was answered.`,
    consequence: 'See the kind.',
    causes: ['Not written down yet.'],
    next: 'bridle explain {table}',
  };
  return { code, ...facts };
}

/** Every entry, by code. */
export const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = Object.fromEntries(
  [...PEGASUS_ERROR_NAMES, ...Object.keys(BRIDLE)].map((code) => [code, firstCut(code)]),
);

/**
 * The entry of a code. A name nobody knows (a newer server) gets the facts of `ERR_UNKNOWN` and keeps
 * its own code, so it can still be reported.
 */
export function describeError(code: string): CatalogueEntry {
  if (Object.hasOwn(CATALOGUE, code)) return CATALOGUE[code]!;
  return { ...CATALOGUE.ERR_UNKNOWN!, code };
}

/** @example errorKind('ERR_TIMEOUT') // 'retryable' */
export function errorKind(code: string): ErrorKind {
  return describeError(code).kind;
}

/** What a `next` command may leave open. */
export type CommandValues = Partial<
  Record<'table' | 'remoteTable' | 'peer' | 'operation' | 'dupid' | 'port' | 'path' | 'cluster', string>
>;

/**
 * The next command with its placeholders filled; what is not known stays as a word in capitals.
 * @example nextCommand('ERR_TIMEOUT', { table: 'users' }) // 'bridle explain users'
 */
export function nextCommand(code: string, values: CommandValues): string {
  return describeError(code).next.replace(
    /\{(\w+)\}/g,
    (_, name: string) => values[name as keyof CommandValues] ?? name.toUpperCase(),
  );
}

/** The whole catalogue as markdown (docs/errors.md). */
export function renderErrorDocs(): string {
  return `# Errors\n\n${Object.keys(CATALOGUE)
    .map((code) => `- ${code}`)
    .join('\n')}\n`;
}
