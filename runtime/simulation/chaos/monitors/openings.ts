/** Partitions that cannot be opened, again and again, though nothing is wrong with their disk. */
import type { PartitionReport } from '../../../cluster/node-sync.js';
import type { VirtualClusters } from '../../virtual-clusters.js';
import type { Processes } from '../processes.js';
import type { Judge } from '../properties.js';

const LOOK_MS = 60_000;

export interface OpeningsOptions {
  readonly clusters: VirtualClusters;
  readonly judge: Judge;
  readonly processes: Processes;
  /** Whether partitions move, so that two servers might have one open. */
  readonly moves: boolean;
  /** When a server's disk had its latest trouble; null: never. */
  readonly diskTroubleMs: (server: string) => number | null;
}

interface Failing {
  readonly life: number;
  readonly sinceMs: number;
  readonly attempts: number;
}

export class Openings {
  readonly #options: OpeningsOptions;
  /** By server and partition. */
  readonly #failing = new Map<string, Failing>();
  #lookedMs = 0;

  constructor(options: OpeningsOptions) {
    this.#options = options;
  }

  /** After each moment; does something only now and then. */
  look(): void {
    const { clusters, moves } = this.#options;
    const { nowMs } = clusters.world;
    if (moves) this.#checkOneServes();
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    for (const server of clusters.servers) {
      for (const partition of clusters.clusterOf(server).replicaNamed(server)?.partitions() ?? []) {
        const { appId, partitionIndex } = partition.gpid;
        this.#check(server, `${appId}.${partitionIndex}`, partition.report());
      }
    }
  }

  /** A partition is open at one server at most. */
  #checkOneServes(): void {
    const { clusters, judge } = this.#options;
    for (const cluster of [clusters.source, clusters.follower]) {
      const openAt = new Map<string, string>();
      for (const server of cluster.servers) {
        for (const { gpid, store } of cluster.replicaNamed(server)?.partitions() ?? []) {
          if (store === null) continue;
          const name = `${gpid.appId}.${gpid.partitionIndex}`;
          const other = openAt.get(name);
          openAt.set(name, server);
          judge.check(
            cluster === clusters.source ? 'AcknowledgedKept' : 'NoGap',
            other === undefined,
            () => `partition ${name} is open at ${other} and at ${server}`,
          );
        }
      }
    }
  }

  #check(server: string, gpid: string, { state, trouble }: PartitionReport): void {
    const { clusters, judge, processes, diskTroubleMs } = this.#options;
    const name = `${server} ${gpid}`;
    const isInstalling = trouble?.operation === 'install checkpoint';
    if (state !== 'failed' && state !== 'missing' && !isInstalling) {
      this.#failing.delete(name);
      return;
    }
    const life = processes.lifeOf(server);
    const attempts = trouble?.attempts ?? 0;
    const before = this.#failing.get(name);
    const troubledMs = diskTroubleMs(server) ?? Number.NEGATIVE_INFINITY;
    // Whoever failed while his disk did has to have tried again since.
    if (before?.life !== life || troubledMs >= before.sinceMs) {
      this.#failing.set(name, { life, attempts, sinceMs: clusters.world.nowMs });
      return;
    }
    if (state !== 'missing' && attempts < before.attempts + 2) return;
    judge.violated(
      server.startsWith(clusters.source.name) ? 'AcknowledgedKept' : 'NoAbort',
      `partition ${gpid} of ${server} does not open: ${trouble?.error} in ${trouble?.operation}, ${trouble?.hint}`,
    );
  }
}
