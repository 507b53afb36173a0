/** What the duplications of a cluster say about themselves, and how far each partition is: told when it differs. */
import { z } from 'zod';
import type { Cluster } from '../../client/index.js';
import type { PartitionReport } from '../../cluster/node-sync.js';
import type { Explanation } from '../../observe/explain.js';
import type { ExplainLine, Json, PartitionsLine } from '../../observe/recording/lines.js';
import { partitionState } from '../../observe/recording/partition-state.js';
import { fetchExplanations } from '../remote-commands.js';

/** A line without its time. */
export type ProgressFacts = Omit<ExplainLine, 'at'> | Omit<PartitionsLine, 'at'>;

const LOOK_TIMEOUT_MS = 2_000;
const APP_ID_GOOD_MS = 5_000;
/** Only what a partition's line needs; a server may say more. */
const reports = z.array(z.looseObject({ appId: z.number(), partitionIndex: z.number(), state: z.string() }));

/** `host:port` of the replica servers that live, by cluster. */
export type LivingReplicas = (cluster: Cluster) => readonly string[];

export class ProgressWatch {
  readonly #clusters: readonly Cluster[];
  readonly #replicas: LivingReplicas;
  readonly #wantsPartitions: boolean;
  readonly #explained = new Map<string, string>();
  readonly #partitions = new Map<string, string[]>();
  readonly #appIds = new Map<string, { readonly appId: number; readonly goodUntilMs: number }>();

  constructor(clusters: readonly Cluster[], replicas: LivingReplicas, wantsPartitions: boolean) {
    this.#clusters = clusters;
    this.#replicas = replicas;
    this.#wantsPartitions = wantsPartitions;
  }

  /** What differs from the look before. A cluster that does not answer is left out. */
  async look(): Promise<ProgressFacts[]> {
    const told = await Promise.all(this.#clusters.map((cluster) => explanationsOf(cluster)));
    const facts: ProgressFacts[] = [];
    for (const [at, explanations] of told.entries()) {
      for (const explanation of explanations) {
        if (this.#isNew(explanation))
          facts.push({ t: 'explain', explanation: explanation as unknown as Json });
        if (this.#wantsPartitions) {
          facts.push(...(await this.#partitionsOf(this.#clusters[at] as Cluster, explanation)));
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
    const follower = this.#clusters.find(({ name }) => name === remoteCluster);
    const [here, there] = await Promise.all([
      this.#reportsOf(source, table),
      follower === undefined ? new Map<number, PartitionReport>() : this.#reportsOf(follower, remoteTable),
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

  /** By partition index, from whatever replica servers answer. */
  async #reportsOf(cluster: Cluster, table: string): Promise<Map<number, PartitionReport>> {
    const found = new Map<number, PartitionReport>();
    const appId = await this.#appIdOf(cluster, table);
    if (appId === undefined) return found;
    const limits = { timeoutMs: LOOK_TIMEOUT_MS };
    await Promise.all(
      this.#replicas(cluster).map(async (address) => {
        const text = await cluster.command(address, 'bridle.partitions', [], limits).catch(() => '[]');
        for (const report of parseReports(text)) {
          if (report.appId === appId) found.set(report.partitionIndex, report);
        }
      }),
    );
    return found;
  }

  /** A table that was dropped and made anew has another id, so it is asked for now and then. */
  async #appIdOf(cluster: Cluster, table: string): Promise<number | undefined> {
    const key = `${cluster.name}/${table}`;
    const known = this.#appIds.get(key);
    if (known !== undefined && known.goodUntilMs > Date.now()) return known.appId;
    const tables = await cluster.listTables({ timeoutMs: LOOK_TIMEOUT_MS }).catch(() => []);
    const appId = tables.find(({ name }) => name === table)?.appId;
    if (appId !== undefined) this.#appIds.set(key, { appId, goodUntilMs: Date.now() + APP_ID_GOOD_MS });
    return appId;
  }
}

const keyOf = ({ table, duplicationId }: Explanation): string => `${table}/${duplicationId}`;

async function explanationsOf(cluster: Cluster): Promise<readonly Explanation[]> {
  const limits = { timeoutMs: LOOK_TIMEOUT_MS };
  return fetchExplanations(cluster, undefined, limits).then(
    (found) => found ?? [],
    () => [],
  );
}

function parseReports(text: string): PartitionReport[] {
  try {
    const parsed = reports.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as unknown as PartitionReport[]) : [];
  } catch {
    return [];
  }
}
