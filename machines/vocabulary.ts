/**
 * The words of the protocol: statuses, fail modes, who owns a follower table, and which status may
 * follow which. Names and wire values are those of Apache Pegasus.
 *
 * Pure data and pure functions; everything else in the project is written in these terms.
 */

/** Statuses of a duplication, in the order of their wire values (DS_INIT = 0 … DS_REMOVED = 5). */
export const DUPLICATION_STATUSES = [
  'DS_INIT',
  'DS_PREPARE',
  'DS_APP',
  'DS_LOG',
  'DS_PAUSE',
  'DS_REMOVED',
] as const;
/** One of them; DS_INIT is never durable. */
export type DuplicationStatus = (typeof DUPLICATION_STATUSES)[number];

/** What log shipping does about a damaged log, in the order of the wire values. */
export const FAIL_MODES = ['FAIL_SLOW', 'FAIL_SKIP', 'FAIL_FAST'] as const;
/** FAIL_SLOW stops at it, FAIL_SKIP loses what cannot be read; FAIL_FAST is refused, for it ends the server. */
export type FailMode = (typeof FAIL_MODES)[number];

/**
 * Which durable status may follow which (SPEC `LegalSuccessor`). A status may also be written again
 * unchanged, which is how a fail mode is altered.
 */
export const LEGAL_SUCCESSORS: Record<DuplicationStatus, readonly DuplicationStatus[]> = {
  DS_INIT: ['DS_PREPARE', 'DS_LOG', 'DS_REMOVED'],
  DS_PREPARE: ['DS_APP', 'DS_REMOVED'],
  DS_APP: ['DS_LOG', 'DS_REMOVED'],
  DS_LOG: ['DS_PAUSE', 'DS_REMOVED'],
  DS_PAUSE: ['DS_LOG', 'DS_REMOVED'],
  DS_REMOVED: [],
};

/**
 * Which statuses an *operator* may ask for. Narrower than {@link LEGAL_SUCCESSORS}: upstream also
 * accepts DS_LOG in DS_APP, which starts log shipping before the follower holds the data.
 */
export const OPERATOR_MAY_REQUEST: Record<DuplicationStatus, readonly DuplicationStatus[]> = {
  DS_INIT: [],
  DS_PREPARE: ['DS_REMOVED'],
  DS_APP: ['DS_REMOVED'],
  DS_LOG: ['DS_PAUSE', 'DS_REMOVED'],
  DS_PAUSE: ['DS_LOG', 'DS_REMOVED'],
  DS_REMOVED: [],
};

/** The verbs an operator types, by the status they ask for. */
export const VERB_OF_STATUS: Partial<Record<DuplicationStatus, string>> = {
  DS_PAUSE: 'pause',
  DS_LOG: 'start',
  DS_REMOVED: 'remove',
};

/** `operatorVerbs('DS_LOG')` → `['pause', 'remove', 'fail-mode']`: what is legal, for refusals. */
export function operatorVerbs(status: DuplicationStatus): readonly string[] {
  const verbs = OPERATOR_MAY_REQUEST[status].map((next) => VERB_OF_STATUS[next] ?? next);
  return status === 'DS_INIT' || status === 'DS_REMOVED' ? verbs : [...verbs, 'fail-mode'];
}

/** Whether `next` may be written durably after `current`. */
export function isLegalSuccessor(current: DuplicationStatus, next: DuplicationStatus): boolean {
  return current === next || LEGAL_SUCCESSORS[current].includes(next);
}

/**
 * Who a follower table belongs to. The three together make repeating a creation harmless: the same
 * identity is the same duplication, anything else is somebody else's.
 */
export interface DuplicationIdentity {
  readonly sourceCluster: string;
  readonly sourceTable: string;
  /** Positive, unique within the source table; upstream's `dupid`. */
  readonly duplicationId: number;
}

/** `formatOwner({sourceCluster:'a', sourceTable:'t', duplicationId:7})` → `'a/t/7'`. */
export function formatOwner(identity: DuplicationIdentity): string {
  return `${identity.sourceCluster}/${identity.sourceTable}/${identity.duplicationId}`;
}

/** Table environment variables that carry the handshake; the first four are upstream's. */
export const ENV_MASTER_CLUSTER = 'duplication.master_cluster';
export const ENV_MASTER_METAS = 'duplication.master_metas';
export const ENV_MASTER_APP_NAME = 'duplication.master_app_name';
export const ENV_FOLLOWER_APP_STATUS = 'duplication.follower_app_status';
/** Ours: the full identity, so that ownership can be read back before anything is adopted. */
export const ENV_OWNER = 'duplication.owner';

/** Upstream's: which requests of clients a table refuses, e.g. `reconfig*write`. */
export const ENV_DENY_CLIENT_REQUEST = 'replica.deny_client_request';
/** Ours: who has closed a table, since when, and the command that opens it again; JSON. */
export const ENV_FENCE = 'bridle.fence';

/** Whether the follower table is still being set up, as upstream's handshake names it. */
export type FollowerAppStatus = 'creating' | 'created';

/**
 * What to do when the follower table already exists.
 * - `adopt`: go on if the table carries this duplication's identity; anything else blocks.
 * - `fail`: go on only if this very run asked for the table; anything that was there before blocks.
 * - `replace`: drop a table that is not ours, once, then create our own.
 */
export const EXISTING_TABLE_POLICIES = ['adopt', 'fail', 'replace'] as const;
/** One of them; `adopt` is the default. */
export type ExistingTablePolicy = (typeof EXISTING_TABLE_POLICIES)[number];

/** What happens to the follower table when the duplication is removed. */
export type FollowerTableOnRemove = 'keep' | 'drop';
