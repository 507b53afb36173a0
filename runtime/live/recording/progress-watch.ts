/** What the duplications of clusters say about themselves, and how far each partition is: told when it differs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../client/index.js';
import type { PartitionReport } from '../../cluster/node-sync.js';
import type { Explanation } from '../../observe/explain.js';
import type { ExplainLine, Json, PartitionsLine } from '../../observe/recording/lines.js';
import { partitionState } from '../../observe/recording/partition-state.js';
import { DuplicationAccounts, keyOf } from './duplication-accounts.js';
import { type LivingReplicas, PartitionReports } from './partition-reports.js';

/** A line without its time. */
export type ProgressFacts = Omit<ExplainLine, 'at'> | Omit<PartitionsLine, 'at'>;

export interface ProgressWatchOptions {
  readonly clusters: readonly Cluster[];
  readonly replicas: LivingReplicas;
  /** Tell accounts. */
  readonly explain: boolean;
  /** Tell partitions. */
  readonly partitions: boolean;
  /** More happens than anybody follows: then it looks less often. */
  readonly isBusy: () => boolean;
}

const LOOK_TIMEOUT_MS = 2_000;
const LOOK_PERIOD_MS = 1_000;
const BUSY_LOOK_PERIOD_MS = 2_000;
/** Partitions whose duplication says nothing new are asked at each of so many looks only. */
const QUIET_LOOKS = 4;

export class ProgressWatch {
  readonly #options: ProgressWatchOptions;
  readonly #accounts: readonly DuplicationAccounts[];
  readonly #reports: PartitionReports;
  readonly #explained = new Map<string, string>();
  readonly #partitions = new Map<string, string[]>();
  #looks = 0;
  #looking: Promise<unknown> = Promise.resolve();

  constructor(options: ProgressWatchOptions) {
    this.#options = options;
    this.#accounts = options.clusters.map((cluster) => new DuplicationAccounts(cluster, LOOK_TIMEOUT_MS));
    this.#reports = new PartitionReports(options.replicas, LOOK_TIMEOUT_MS);
  }

  /** Looks until aborted. */
  async run(signal: AbortSignal, tell: (facts: readonly ProgressFacts[]) => void): Promise<void> {
    while (!signal.aborted) {
      tell(await this.look());
      const periodMs = this.#options.isBusy() ? BUSY_LOOK_PERIOD_MS : LOOK_PERIOD_MS;
      await sleep(periodMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What differs from the look before; one look at a time. A cluster that does not answer is left out. */
  look(): Promise<ProgressFacts[]> {
    const look = this.#looking.then(() => this.#look());
    this.#looking = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<ProgressFacts[]> {
    const { clusters, explain, partitions } = this.#options;
    const told = await Promise.all(this.#accounts.map((accounts) => accounts.fetch()));
    const facts: ProgressFacts[] = [];
    const all = this.#looks % QUIET_LOOKS === 0;
    this.#looks += 1;
    for (const [at, explanations] of told.entries()) {
      for (const explanation of explanations) {
        const isNew = this.#isNew(explanation);
        if (isNew && explain) facts.push({ t: 'explain', explanation: explanation as unknown as Json });
        if (partitions && (isNew || all)) {
          facts.push(...(await this.#partitionsOf(clusters[at] as Cluster, explanation)));
        }
      }
    }
    return facts;
  }

  #isNew(explanation: Explanation): boolean {
    const key = keyOf(explanation);
    const text = JSON.stringify(explanation);
    if (this.#explained.get(key) === text) return false;
    this.#explained.set(key, text);
    return true;
  }

  async #partitionsOf(source: Cluster, explanation: Explanation): Promise<ProgressFacts[]> {
    const { table, duplicationId, remoteCluster, remoteTable, progress } = explanation;
    const follower = this.#options.clusters.find(({ name }) => name === remoteCluster);
    const [here, there] = await Promise.all([
      this.#reports.of(source, table),
      follower === undefined ? new Map<number, PartitionReport>() : this.#reports.of(follower, remoteTable),
    ]);
    const states = Array.from({ length: progress.partitionCount }, (_, partition) =>
      partitionState(partition, explanation, here.get(partition), there.get(partition)),
    );
    const key = keyOf(explanation);
    const before = this.#partitions.get(key) ?? [];
    const texts = states.map((state) => JSON.stringify(state));
    this.#partitions.set(key, texts);
    const changed = states.filter((_, at) => texts[at] !== before[at]);
    if (changed.length === 0) return [];
    return [{ t: 'partitions', table, duplication: duplicationId, count: progress.partitionCount, changed }];
  }
}
