/** The handle of one duplication: watch it, steer it, prove it. */
import { distinctUntilChanged, filter, map, type Observable } from 'rxjs';
import {
  type DuplicationStatus,
  type FollowerTableOnRemove,
  formatOwner,
} from '../../machines/vocabulary.js';
import {
  BridleError,
  type CallLimits,
  type Cluster,
  type VerifyOptions,
  type VerifyReport,
  verifyTables,
} from '../client/index.js';
import type { Alert } from '../observe/alerts/index.js';
import type { Explanation } from '../observe/explain.js';
import { alertsOf } from './alerts.js';
import { type DuplicationEvent, eventsOf } from './events.js';
import {
  explanationOf,
  findDuplication,
  type Observation,
  observeDuplication,
  type Watched,
} from './poll.js';
import type { Progress } from './progress.js';
import { type WaitOptions, type WaitTarget, waitForTarget } from './wait.js';

/** What {@link Duplication} is made of; users get one from `duplicate` or `openDuplication`. */
export interface DuplicationParts {
  readonly source: Cluster;
  /** Known when it was given as a cluster; `verify` reads from it. */
  readonly target: Cluster | undefined;
  readonly table: string;
  readonly dupid: number;
  readonly remoteCluster: string;
  readonly remoteTable: string;
  /** True when it was there before `duplicate` was called. */
  readonly existed: boolean;
  readonly pollMs: number;
}

/** How a duplication is removed. */
export interface RemoveOptions extends CallLimits {
  /** What becomes of the follower table; left out: as said when the duplication was added. */
  readonly follower?: FollowerTableOnRemove | undefined;
  /** Resolve only when nothing of it is left at the source. Default false. */
  readonly wait?: boolean | undefined;
}

/** How both sides are compared. */
export interface VerifyDuplicationOptions extends Omit<VerifyOptions, 'source' | 'follower'> {
  /** The follower cluster, when the handle was opened with its name only. */
  readonly target?: Cluster | undefined;
}

/**
 * One duplication. It lives in the cluster, not here: disposing of the handle ends only the watching.
 *
 * The clusters it was made from belong to the caller and stay open.
 *
 * @example
 * await using users = await duplicate({ source, table: 'users', target });
 * users.events$.subscribe((event) => console.log(event.type));
 * await users.waitFor('DS_LOG', { timeoutMs: 60_000, failWhenBlocked: true });
 */
export class Duplication implements AsyncDisposable {
  /** The duplication id that the source gave. */
  readonly id: number;
  /** In the source cluster. */
  readonly table: string;
  /** The follower cluster, as the source's configuration calls it. */
  readonly remoteCluster: string;
  /** In the follower cluster. */
  readonly remoteTable: string;
  /** True when it was there before `duplicate` was called. */
  readonly existed: boolean;
  /** The latest status first, then each change; completes with DS_REMOVED or when disposed of. */
  readonly status$: Observable<DuplicationStatus>;
  /** The latest progress first, then one per look. */
  readonly progress$: Observable<Progress>;
  /** From the subscription on; a duplication that is blocked already says so at once. */
  readonly events$: Observable<DuplicationEvent>;
  /**
   * For an alerting of one's own: blocked, stuck, recovered, changes of the status, unreachable, removed, each with
   * the explanation of that moment and an id that is the same whoever tells it. From the subscription on; one that
   * is blocked already says so at once. {@link Webhook} posts them.
   *
   * @example
   * users.alerts$.subscribe(({ severity, summary, next }) => {
   *   if (severity === 'critical') pager.page(`${summary}. Type: ${next}`);
   * });
   */
  readonly alerts$: Observable<Alert>;
  readonly #watched: Watched;
  readonly #target: Cluster | undefined;
  readonly #observations: Observable<Observation>;
  readonly #disposal = new AbortController();

  /** @internal Use `duplicate` or `openDuplication`. */
  constructor(parts: DuplicationParts) {
    this.id = parts.dupid;
    this.table = parts.table;
    this.remoteCluster = parts.remoteCluster;
    this.remoteTable = parts.remoteTable;
    this.existed = parts.existed;
    this.#target = parts.target;
    this.#watched = parts;
    this.#observations = observeDuplication(parts, this.#disposal.signal);
    this.status$ = this.#observations.pipe(
      filter((look) => look.kind !== 'unreachable'),
      map((look) => (look.kind === 'removed' ? 'DS_REMOVED' : look.info.status)),
      distinctUntilChanged(),
    );
    this.progress$ = this.#observations.pipe(
      filter((look) => look.kind === 'seen'),
      map((look) => look.progress),
    );
    this.events$ = eventsOf(this.#observations);
    this.alerts$ = alertsOf(this.#observations, {
      cluster: parts.source.name,
      table: parts.table,
      duplicationId: parts.dupid,
    });
  }

  /** @internal The source, and the follower where it was given as a cluster. */
  get clusters(): readonly Cluster[] {
    const { source } = this.#watched;
    return this.#target === undefined ? [source] : [source, this.#target];
  }

  /**
   * Why it is where it is, and the command to type next. From the server where it can tell; else put
   * together from the status. ERR_OBJECT_NOT_FOUND when it was removed.
   */
  async explain(limits: CallLimits = {}): Promise<Explanation> {
    const info = await findDuplication(this.#watched, limits);
    if (info === undefined) throw this.#gone('explain');
    return explanationOf(this.#watched, info, Date.now(), limits);
  }

  /** Ships no more until started; only in DS_LOG. */
  async pause(limits: CallLimits = {}): Promise<void> {
    await this.#modify({ status: 'DS_PAUSE', ...limits });
  }

  /** Goes on after a pause. Refused before the follower holds the full copy, with what is legal instead. */
  async start(limits: CallLimits = {}): Promise<void> {
    await this.#modify({ status: 'DS_LOG', ...limits });
  }

  /** Ends the present back-off; for when the cause has been dealt with. Embedded clusters only. */
  async retry(limits: CallLimits = {}): Promise<void> {
    await this.#modify({ retryNow: true, ...limits });
  }

  /**
   * What to do about a damaged part of the log: `slow` retries and stands still, `skip` jumps over it and
   * loses those mutations on the follower.
   */
  async setFailMode(mode: 'slow' | 'skip', limits: CallLimits = {}): Promise<void> {
    await this.#modify({ failMode: mode === 'skip' ? 'FAIL_SKIP' : 'FAIL_SLOW', ...limits });
  }

  /** Resolves when accepted, or with `wait` when nothing of it is left. Removing twice is harmless. */
  async remove({ follower, wait = false, ...limits }: RemoveOptions = {}): Promise<void> {
    const policy = follower === undefined ? {} : { followerTablePolicy: follower };
    try {
      await this.#modify({ status: 'DS_REMOVED', ...policy, ...limits });
    } catch (error) {
      if (!(error instanceof BridleError && error.code === 'ERR_OBJECT_NOT_FOUND')) throw error;
    }
    if (wait) await this.waitRemoved(limits);
  }

  /** Resolves when the source does not list it any more. */
  async waitRemoved(options: Pick<WaitOptions, 'timeoutMs' | 'signal'> = {}): Promise<void> {
    await waitForTarget(this.#observations, 'gone', this.table, options);
  }

  /**
   * Resolves with the progress that fulfils it. On the deadline, and when blocked if `failWhenBlocked`,
   * rejects with a BridleError whose code, hint and next command explain why. ERR_OBJECT_NOT_FOUND when it
   * is removed meanwhile, ERR_THREAD_INTERRUPTED when canceled or disposed of.
   *
   * @example
   * await users.waitFor((now) => now.status === 'DS_LOG' && now.lagDecrees === 0, { timeoutMs: 30_000 });
   */
  async waitFor(
    target: Exclude<WaitTarget, 'DS_REMOVED' | 'gone'>,
    options: WaitOptions = {},
  ): Promise<Progress> {
    const progress = await waitForTarget(this.#observations, target, this.table, options);
    if (progress === undefined) throw this.#gone('wait');
    return progress;
  }

  /**
   * Compares every row of both tables, at a decree where the servers can; see verifyTables.
   *
   * @example
   * const { equal, missing } = await users.verify();
   */
  async verify({ target = this.#target, ...options }: VerifyDuplicationOptions = {}): Promise<VerifyReport> {
    if (target === undefined) {
      throw BridleError.of('BRIDLE_USAGE', {
        operation: 'verify',
        hint: `cluster ${this.remoteCluster} is known by name only; give it as target`,
      });
    }
    const limits = options.signal === undefined ? {} : { signal: options.signal };
    const source = await this.#watched.source.table(this.table, limits);
    const follower = await target.table(this.remoteTable, limits);
    const sourceCluster = this.#watched.source.name;
    const owner = formatOwner({ sourceCluster, sourceTable: this.table, duplicationId: this.id });
    return verifyTables({ owner, ...options, source, follower });
  }

  /** Ends every stream and wait of this handle. The duplication goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
  }

  #modify(change: Parameters<Cluster['modifyDuplication']>[2]): Promise<unknown> {
    return this.#watched.source.modifyDuplication(this.table, this.id, change);
  }

  #gone(operation: string): BridleError {
    return BridleError.of('ERR_OBJECT_NOT_FOUND', {
      operation,
      hint: `table ${this.table} has no duplication ${this.id} any more`,
      values: { table: this.table, dupid: String(this.id) },
    });
  }
}
