/**
 * Codes that a duplication does not meet: other features, start-up, internals. They are here because a
 * server may still send them, and each says where it truly comes from.
 */
import type { ErrorFacts, ErrorKind, PegasusErrorName } from './entry.js';

const MEANING: Record<ErrorKind, string> = {
  success: 'Nothing is left to do.',
  retryable: 'It is repeated after a wait, with a limit.',
  operator: 'It is not repeated until somebody has looked at the server.',
  terminal: 'It is not repeated: the same request gets the same answer.',
};

/** Facts for a code outside duplication; `area` says where it belongs. */
function elsewhere(area: string, kind: ErrorKind, what: string, cause: string, doubt = ''): ErrorFacts {
  return {
    kind,
    outcomeUnknown: doubt !== '',
    what,
    consequence: `Belongs to ${area}; a duplication does not normally see it. ${doubt}${MEANING[kind]}`,
    causes: [cause],
    next: 'bridle explain {table}',
  };
}

const DOUBT = 'The request may have been carried out. ';
const STARTUP = 'the start of a server';
const INTERNAL = 'the inside of a server';
const LOCKS = 'the locks and nodes of the coordination store';
const BACKUP = 'backup, restore and bulk load';
const SECURITY = 'authentication and access policies';
const SPLIT = 'partition split';

export const ELSEWHERE_ERRORS = {
  ERR_SERVICE_NOT_FOUND: elsewhere(
    INTERNAL,
    'operator',
    'The named service does not exist in that process.',
    'The address belongs to another kind of server.',
  ),
  ERR_SERVICE_ALREADY_RUNNING: elsewhere(
    STARTUP,
    'success',
    'The service is running already.',
    'It was started twice.',
  ),
  ERR_SERVICE_ALREADY_EXIST: elsewhere(
    STARTUP,
    'operator',
    'A service of that name is registered already.',
    'Two services were given one name.',
  ),
  ERR_IO_PENDING: elsewhere(
    INTERNAL,
    'retryable',
    'The work has begun and has no result yet.',
    'A write to disk or to the coordination store is under way.',
    DOUBT,
  ),
  ERR_NETWORK_INIT_FAILED: elsewhere(
    STARTUP,
    'operator',
    'The network layer could not be set up.',
    'The interface or address in the configuration does not exist.',
  ),
  ERR_NETWORK_START_FAILED: elsewhere(
    STARTUP,
    'operator',
    'The network layer could not be started.',
    'The port cannot be opened.',
  ),
  ERR_BIND_IOCP_FAILED: elsewhere(
    STARTUP,
    'operator',
    'A socket or file could not be tied to a completion port.',
    'The operating system has run out of handles; only old Windows builds send it.',
  ),
  ERR_INVALID_HANDLE: elsewhere(
    INTERNAL,
    'terminal',
    'A file or object was used after it had been closed.',
    'A defect in the server.',
  ),
  ERR_PATH_ALREADY_EXIST: elsewhere(
    'file handling',
    'operator',
    'A file or directory is there already.',
    'An earlier run left it behind.',
  ),
  ERR_DIR_NOT_EMPTY: elsewhere(
    'file handling',
    'operator',
    'A directory to be removed still has content.',
    'Somebody else writes into it.',
  ),
  ERR_NOT_IMPLEMENTED: elsewhere(
    'listing with patterns',
    'terminal',
    'The server has no code for this request or this way of matching names.',
    'A regular expression was given as a pattern.',
  ),
  ERR_NOT_MATCHED: elsewhere(
    'listing with patterns',
    'terminal',
    'Nothing matches the pattern.',
    'The pattern is too narrow or misspelt.',
  ),
  ERR_NO_NEED_OPERATE: elsewhere(
    'checkpoints and status changes',
    'success',
    'There was nothing to do, or the step was left out because the one before it failed.',
    'The wanted state is there already.',
  ),
  ERR_CLUSTER_ALREADY_EXIST: elsewhere(
    'cluster registration',
    'operator',
    'A cluster of that name is known already.',
    'Two clusters were given one name.',
  ),
  ERR_INJECTED: elsewhere(
    'fault injection',
    'retryable',
    'A test made this request fail on purpose.',
    'Fault injection is switched on.',
    DOUBT,
  ),
  ERR_MOCK_INTERNAL: elsewhere(
    'unit tests of Pegasus',
    'terminal',
    'A test double failed.',
    'A production server should never send it.',
  ),
  ERR_REPLICATION_FAILURE: elsewhere(
    'replication inside a cluster',
    'retryable',
    'A write did not reach enough copies.',
    'A secondary failed during the write.',
    DOUBT,
  ),
  ERR_LEARNER_NOT_FOUND: elsewhere(
    'replication inside a cluster',
    'retryable',
    'The primary no longer knows the copy that is learning from it.',
    'The primary has changed or the learner was taken off the list.',
  ),
  ERR_EXPIRED: elsewhere(
    'locks and sessions',
    'terminal',
    'What the request refers to has run out.',
    'A session or lease was not renewed in time.',
  ),
  ERR_HOLD_BY_OTHERS: elsewhere(
    LOCKS,
    'retryable',
    'Another process holds the lock.',
    'Another meta server is the leader.',
  ),
  ERR_RECURSIVE_LOCK: elsewhere(
    LOCKS,
    'terminal',
    'A process asked for a lock that it holds already.',
    'A defect in the server.',
  ),
  ERR_NO_OWNER: elsewhere(
    LOCKS,
    'terminal',
    'Nobody holds the lock that was asked about.',
    'The leader has just gone.',
  ),
  ERR_NODE_ALREADY_EXIST: elsewhere(
    LOCKS,
    'operator',
    'A node to be created is there already.',
    'An earlier attempt created it, or two clusters share one root path.',
  ),
  ERR_ZOOKEEPER_OPERATION: elsewhere(
    LOCKS,
    'retryable',
    'ZooKeeper did not carry out an operation properly.',
    'The connection to ZooKeeper broke.',
    DOUBT,
  ),
  ERR_ARRAY_INDEX_OUT_OF_RANGE: elsewhere(
    INTERNAL,
    'terminal',
    'A number lies outside the permitted range.',
    'A partition index beyond the partition count.',
  ),
  ERR_FS_INTERNAL: elsewhere(
    BACKUP,
    'retryable',
    'The remote file system failed.',
    'The store for backups cannot be reached.',
    DOUBT,
  ),
  ERR_IGNORE_BAD_DATA: elsewhere(
    BACKUP,
    'operator',
    'A partition was restored empty because its backup is damaged and skipping was allowed.',
    'The backup is incomplete.',
  ),
  ERR_INGESTION_FAILED: elsewhere(
    BACKUP,
    'operator',
    'Files prepared for a bulk load could not be taken in.',
    'The files are damaged or do not fit the table.',
  ),
  ERR_KRB5_INTERNAL: elsewhere(
    SECURITY,
    'operator',
    'Kerberos failed.',
    'The key table or the ticket cannot be used.',
  ),
  ERR_SASL_INTERNAL: elsewhere(
    SECURITY,
    'operator',
    'The authentication library failed.',
    'A mechanism is not installed or its plug-in is missing.',
  ),
  ERR_SASL_INCOMPLETE: elsewhere(
    SECURITY,
    'retryable',
    'The exchange that proves an identity needs another round.',
    'The handshake is still going on.',
  ),
  ERR_SYNC_RANGER_POLICIES_FAILED: elsewhere(
    SECURITY,
    'retryable',
    'Policies could not be fetched from Ranger or stored.',
    'The Ranger server cannot be reached.',
  ),
  ERR_RANGER_PARSE_ACL: elsewhere(
    SECURITY,
    'operator',
    'A policy from Ranger cannot be read.',
    'The policy is malformed or of a newer format.',
  ),
  ERR_RANGER_POLICIES_NO_NEED_UPDATE: elsewhere(
    SECURITY,
    'success',
    'The policies from Ranger have not changed.',
    'The version is the same as before.',
  ),
  ERR_CHILD_REGISTERED: elsewhere(
    SPLIT,
    'success',
    'The new partition is registered already, or its split was called off.',
    'The request was repeated.',
  ),
  ERR_CURL_FAILED: elsewhere(
    'HTTP calls to other services',
    'retryable',
    'An HTTP call could not be completed.',
    'The other service cannot be reached.',
    DOUBT,
  ),
  ERR_HTTP_ERROR: elsewhere(
    'HTTP calls to other services',
    'retryable',
    'An HTTP call was answered with an error status.',
    'The other service is failing or refuses the call.',
    DOUBT,
  ),
} satisfies Partial<Record<PegasusErrorName, ErrorFacts>>;
