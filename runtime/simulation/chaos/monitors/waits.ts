/**
 * Looked at once a minute: what stands still, what was released, what is open and how far it is. Progress is noted
 * when it is made: what comes and goes between two looks was progress to the watchdog, too.
 */
import { formatOwner } from '../../../../machines/index.js';
import type { ClusterLimits, ClusterTimes } from '../../../cluster/config.js';
import type { HostedDuplication } from '../../../cluster/meta/hosted-duplication.js';
import { sourceMark } from '../../../cluster/rrdb/state.js';
import type { VirtualClusters } from '../../virtual-clusters.js';
import type { Processes } from '../processes.js';
import type { Judge } from '../properties.js';
import type { RowBooks } from './row-books.js';
import type { Statuses } from './statuses.js';

const LOOK_MS = 60_000;

export interface WaitsOptions {
  readonly clusters: VirtualClusters;
  readonly judge: Judge;
  readonly books: RowBooks;
  readonly statuses: Statuses;
  readonly processes: Processes;
  readonly times: ClusterTimes;
  readonly limits: ClusterLimits;
  readonly isCalm: () => boolean;
}

interface Progress {
  readonly life: number;
  readonly what: string;
  readonly sinceMs: number;
  /** What was looked at; charts replace their contexts. */
  readonly contexts: readonly [unknown, unknown];
}

export class Waits {
  readonly #options: WaitsOptions;
  readonly #progress = new Map<number, Progress>();
  #lookedMs = 0;
  #calmSinceMs = 0;
  /** Since when nothing needs a log, and since when a partition has been open and not been written to. */
  #freeSinceMs: number | null = null;
  readonly #written = new Map<
    string,
    { readonly store: object; readonly decree: number; readonly sinceMs: number }
  >();

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  /** After each moment; does something only now and then. */
  look(): void {
    const { clusters, isCalm } = this.#options;
    const { nowMs } = clusters.world;
    const duplications = clusters.source.meta?.duplications.all() ?? [];
    for (const hosted of duplications) this.#noteProgress(hosted);
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    if (!isCalm()) this.#calmSinceMs = nowMs;
    this.#checkApplied();
    for (const hosted of duplications) this.#checkWait(hosted);
    this.#checkReleased();
    this.#checkCollected();
  }

  /** What was applied, and what was confirmed, is still there after a restart. */
  #checkApplied(): void {
    const { clusters, judge, books, statuses } = this.#options;
    const { source, follower } = clusters;
    for (const server of source.servers) {
      for (const partition of source.replicaNamed(server)?.partitions() ?? []) {
        const { store, gpid } = partition;
        if (store === null) continue;
        const [has, had] = [store.lastCommittedDecree, books.appliedAtSource(gpid.partitionIndex)];
        judge.check(
          'AcknowledgedKept',
          has >= had,
          () => `source partition ${gpid.partitionIndex} is open at decree ${has}, it had applied ${had}`,
        );
        this.#checkLogOf(server, gpid.partitionIndex, store.minDecreeInLog);
      }
    }
    for (const { record, confirmed } of statuses.durable()) {
      if (record.status !== 'DS_LOG' && record.status !== 'DS_PAUSE') continue;
      const { duplicationId, appName: sourceTable } = record;
      const owner = formatOwner({ sourceCluster: source.name, sourceTable, duplicationId });
      const table = statuses.followerTables().find(({ envs }) => envs['duplication.owner'] === owner);
      for (const [p, { node }] of table?.partitions.entries() ?? []) {
        const hosted = follower.replicaAt(node)?.partitions();
        const here = hosted?.find(({ gpid }) => gpid.appId === table?.appId && gpid.partitionIndex === p);
        if (here?.store === undefined || here.store === null) continue;
        const { marks } = here.store;
        const has = marks[sourceMark(owner)] ?? marks.installed ?? -1;
        const needs = confirmed[p] ?? -1;
        judge.check(
          'NoGap',
          has >= needs,
          () => `follower partition ${p} is open with decree ${has} of the source, confirmed is ${needs}`,
        );
      }
    }
  }

  /** Wherever a partition is served, live duplications find the log that they may need. */
  #checkLogOf(server: string, partition: number, firstDecree: number): void {
    const { judge, statuses } = this.#options;
    for (const { record, confirmed } of statuses.durable()) {
      const decree = confirmed[partition] ?? -1;
      if (record.status === 'DS_REMOVED' || decree < 0) continue;
      judge.check(
        'NoPrematureGc',
        firstDecree - 1 <= decree,
        () =>
          `${server} serves partition ${partition} with a log from decree ${firstDecree} on; duplication ${record.duplicationId} has confirmed ${decree}`,
      );
    }
  }

  #noteProgress({ record, context, followerTable }: HostedDuplication): void {
    const before = this.#progress.get(record.duplicationId);
    const followerContext = followerTable?.context;
    const life = this.#options.processes.lifeOf(`${this.#options.clusters.source.name}/meta`);
    const [seen, followerSeen] = before?.contexts ?? [];
    const isNew = before === undefined || before.life !== life;
    if (!isNew && seen === context && followerSeen === followerContext) return;
    const { status, failMode, confirmed, prepared } = context;
    const readiness = followerContext?.readiness ?? null;
    const what = JSON.stringify([
      status,
      failMode,
      confirmed,
      prepared,
      // A table that is there at last is progress, also where storage refuses what comes next.
      followerTable === null,
      readiness?.readyPartitions,
      readiness?.copiedBytes,
    ]);
    const { nowMs } = this.#options.clusters.world;
    const sinceMs = isNew || before.what !== what ? nowMs : before.sinceMs;
    const contexts = [context, followerContext] as const;
    this.#progress.set(record.duplicationId, { life, what, sinceMs, contexts });
  }

  /** What moves nowhere for longer than the watchdog is patient has to say why. */
  #checkWait(hosted: HostedDuplication): void {
    const { clusters, judge, times } = this.#options;
    const { nowMs } = clusters.world;
    const { record, context } = hosted;
    const { status, confirmed, lastCommitted } = context;
    const before = this.#progress.get(record.duplicationId);
    if (before === undefined) return;
    const isDone =
      status === 'DS_PAUSE' ||
      (status === 'DS_LOG' &&
        lastCommitted.every((decree, p) => decree >= 0 && (confirmed[p] ?? -1) >= decree));
    // Whoever has nothing to do is not late; his patience begins when there is something again.
    if (isDone) {
      this.#progress.set(record.duplicationId, { ...before, sinceMs: nowMs });
      return;
    }
    const { noProgressMs } = times.duplication.watchdog;
    if (nowMs - before.sinceMs < noProgressMs + 2 * LOOK_MS + times.nodeSyncMs) return;
    const explanation = clusters.source.meta?.explain(hosted);
    if (explanation === undefined) return;
    const says =
      explanation.stuck !== null ||
      explanation.blocked ||
      explanation.waiting.some(({ trouble }) => trouble !== null);
    judge.check(
      'NoSilentWait',
      says && explanation.next !== '',
      () =>
        `nothing has moved for ${Math.round((nowMs - before.sinceMs) / 1_000)} s, and all it says is: ${explanation.line}`,
    );
    // Trouble is told by whoever has it; that it lasts too long, only the watchdog says. It watches no removal.
    if (status === 'DS_REMOVED') return;
    judge.check(
      'NoSilentWait',
      explanation.stuck !== null,
      () =>
        `nothing has moved for ${Math.round((nowMs - before.sinceMs) / 1_000)} s, and the watchdog is silent: ${explanation.line}`,
    );
  }

  /** Nobody works for a duplication that is gone, once everybody has heard of it. */
  #checkReleased(): void {
    const { clusters, judge, statuses, times } = this.#options;
    const { nowMs } = clusters.world;
    const patienceMs = 4 * times.nodeSyncMs + 2 * LOOK_MS;
    const gone = statuses.released.filter(({ atMs }) => nowMs - atMs > patienceMs);
    if (gone.length === 0 || nowMs - this.#calmSinceMs < patienceMs) return;
    if (!clusters.servers.every((server) => clusters.clusterOf(server).isRunning(server))) return;
    const ids = new Set(gone.map(({ record }) => record.duplicationId));
    for (const server of clusters.source.servers) {
      for (const partition of clusters.source.replicaNamed(server)?.partitions() ?? []) {
        const left = partition.report().duplications.find(({ duplicationId }) => ids.has(duplicationId));
        judge.check(
          'Releases',
          left === undefined,
          () => `${server} still works for duplication ${left?.duplicationId}, which is gone`,
        );
      }
    }
  }

  /** Logs that no duplication needs are collected again, as far as there is a checkpoint. */
  #checkCollected(): void {
    const { clusters, judge, statuses, times, limits } = this.#options;
    const { nowMs } = clusters.world;
    const isFree = statuses.durable().length === 0 && statuses.released.length > 0;
    this.#freeSinceMs = isFree ? (this.#freeSinceMs ?? nowMs) : null;
    const patienceMs = 3 * times.maintenanceMs + 4 * times.nodeSyncMs + LOOK_MS;
    const quietSinceMs = Math.max(this.#calmSinceMs, this.#freeSinceMs ?? nowMs);
    for (const server of clusters.source.servers) {
      for (const { gpid, store } of clusters.source.replicaNamed(server)?.partitions() ?? []) {
        if (store === null) continue;
        const name = `${gpid.appId}.${gpid.partitionIndex}`;
        const decree = store.lastCommittedDecree;
        const before = this.#written.get(name);
        if (before?.store !== store || before.decree !== decree)
          this.#written.set(name, { store, decree, sinceMs: nowMs });
        const sinceMs = Math.max(quietSinceMs, this.#written.get(name)?.sinceMs ?? nowMs);
        if (nowMs - sinceMs < patienceMs) continue;
        judge.check(
          'Releases',
          store.logSizeBytes <= 2 * limits.logBytes,
          () => `nobody needs the log of partition ${name}, and it has ${store.logSizeBytes} bytes`,
        );
      }
    }
  }
}
