/** Starting a duplication, or finding the one that is there. */
import type { ExistingTablePolicy, FollowerTableOnRemove } from '../../machines/vocabulary.js';
import { BridleError, type CallLimits, type Cluster } from '../client/index.js';
import { Duplication } from './duplication.js';
import { preflight } from './preflight/index.js';
import { registerRemote } from './remote-commands.js';

/** Which duplication to find. */
export interface OpenDuplicationOptions extends CallLimits {
  readonly source: Cluster;
  readonly table: string;
  /** The follower cluster or its name; needed when the table is duplicated to several. */
  readonly target?: Cluster | string | undefined;
  /** Between two looks while somebody watches, in milliseconds. Default 500. */
  readonly pollMs?: number | undefined;
}

/** Which table to duplicate, and to where. */
export interface DuplicateOptions extends OpenDuplicationOptions {
  /**
   * The follower cluster, or its name as the source's configuration knows it. A cluster is made known to
   * an embedded source; a real one has to know it already.
   */
  readonly target: Cluster | string;
  /** Default: the same name. */
  readonly remoteTable?: string | undefined;
  /** Default: as many as the source table has. */
  readonly replicaCount?: number | undefined;
  /** What to do about a table that is there already. Default `adopt`: only one that is its own. */
  readonly existingTable?: ExistingTablePolicy | undefined;
  /** What becomes of the follower table when the duplication is removed. Default `keep`. */
  readonly onRemove?: FollowerTableOnRemove | undefined;
  /** Look first whether it can work, and add nothing if it cannot. Default false; see `preflight`. */
  readonly preflight?: boolean | undefined;
}

const DEFAULT_POLL_MS = 500;
const MIN_POLL_MS = 10;

/**
 * Copies a table in full and keeps the copy up to date. Resolves when the source has accepted; then watch
 * the handle. Calling it again finds the same duplication (`existed`).
 *
 * ERR_APP_NOT_EXIST without the table, ERR_APP_EXIST when the follower has a table of somebody else,
 * ERR_INVALID_PARAMETERS for an unknown cluster or another remote table than before, BRIDLE_PREFLIGHT when
 * `preflight` was asked for and found an error. `signal` and `timeoutMs` bound this call only.
 *
 * @example
 * await using users = await duplicate({ source, table: 'users', target });
 * await users.waitFor('DS_LOG', { timeoutMs: 60_000 });
 */
export async function duplicate(options: DuplicateOptions): Promise<Duplication> {
  const { source, table, target, remoteTable = table } = options;
  const limits = limitsOf(options);
  const pollMs = pollMsOf(options);
  const remoteCluster = typeof target === 'string' ? target : target.name;
  if (options.preflight === true) await refuseUnlessReady(options, remoteCluster);
  if (typeof target !== 'string') await registerRemote(source, target, limits);
  const added = await source.addDuplication({
    table,
    remoteCluster,
    remoteTable,
    ...(options.replicaCount === undefined ? {} : { remoteReplicaCount: options.replicaCount }),
    ...(options.existingTable === undefined ? {} : { existingTablePolicy: options.existingTable }),
    ...(options.onRemove === undefined ? {} : { dropFollowerOnRemove: options.onRemove === 'drop' }),
    ...limits,
  });
  return new Duplication({
    source,
    target: typeof target === 'string' ? undefined : target,
    table,
    dupid: added.dupid,
    remoteCluster,
    remoteTable: added.remoteTable,
    existed: added.existed,
    pollMs,
  });
}

async function refuseUnlessReady(options: DuplicateOptions, cluster: string): Promise<void> {
  const { source, table, target, remoteTable, replicaCount, existingTable, signal } = options;
  const { ready, findings, next } = await preflight({
    source,
    table,
    target,
    remoteTable,
    replicaCount,
    existingTable,
    ...(signal === undefined ? {} : { signal }),
  });
  if (ready) return;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw BridleError.of('BRIDLE_PREFLIGHT', {
    operation: 'preflight',
    hint: `${first?.code}: ${first?.what}${more}`,
    next,
    values: { table, cluster },
  });
}

/**
 * The handle of a duplication that exists. ERR_APP_NOT_EXIST without the table, ERR_OBJECT_NOT_FOUND
 * without a duplication, BRIDLE_USAGE when there are several and `target` does not say which.
 *
 * @example
 * await using users = await openDuplication({ source, table: 'users' });
 * console.log((await users.explain()).line);
 */
export async function openDuplication(options: OpenDuplicationOptions): Promise<Duplication> {
  const { source, table, target } = options;
  const pollMs = pollMsOf(options);
  const cluster = typeof target === 'object' ? target.name : target;
  const all = await source.queryDuplication(table, limitsOf(options));
  const live = all.filter((one) => one.status !== 'DS_REMOVED');
  const found = cluster === undefined ? live : live.filter((one) => one.remoteCluster === cluster);
  const [one, another] = found;
  if (one === undefined) {
    throw BridleError.of('ERR_OBJECT_NOT_FOUND', {
      operation: 'open duplication',
      hint: `table ${table} is not duplicated${cluster === undefined ? '' : ` to cluster ${cluster}`}`,
      values: { table, ...(cluster === undefined ? {} : { cluster }) },
    });
  }
  if (another !== undefined) {
    throw BridleError.of('BRIDLE_USAGE', {
      operation: 'open duplication',
      hint: `table ${table} is duplicated to ${found.map((each) => each.remoteCluster).join(', ')}; say to which`,
    });
  }
  return new Duplication({
    source,
    target: typeof target === 'object' ? target : undefined,
    table,
    dupid: one.dupid,
    remoteCluster: one.remoteCluster,
    remoteTable: one.remoteTable,
    existed: true,
    pollMs,
  });
}

function limitsOf({ signal, timeoutMs }: CallLimits): CallLimits {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function pollMsOf({ pollMs = DEFAULT_POLL_MS }: OpenDuplicationOptions): number {
  if (Number.isFinite(pollMs) && pollMs >= MIN_POLL_MS) return pollMs;
  throw BridleError.of('ERR_INVALID_PARAMETERS', {
    hint: `pollMs is ${pollMs}; ${MIN_POLL_MS} is the least`,
  });
}
