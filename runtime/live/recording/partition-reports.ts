/** What the replica servers of clusters report about the partitions of a table. */
import { z } from 'zod';
import type { Cluster } from '../../client/index.js';
import type { PartitionReport } from '../../cluster/node-sync.js';

/** `host:port` of the replica servers that live, by cluster. */
export type LivingReplicas = (cluster: Cluster) => readonly string[];

const APP_ID_GOOD_MS = 5_000;
/** Only what a partition's line needs; a server may say more. */
const reports = z.array(z.looseObject({ appId: z.number(), partitionIndex: z.number(), state: z.string() }));

export class PartitionReports {
  readonly #replicas: LivingReplicas;
  readonly #timeoutMs: number;
  readonly #appIds = new Map<string, { readonly appId: number; readonly goodUntilMs: number }>();

  constructor(replicas: LivingReplicas, timeoutMs: number) {
    this.#replicas = replicas;
    this.#timeoutMs = timeoutMs;
  }

  /** By partition index, from whatever replica servers answer. */
  async of(cluster: Cluster, table: string): Promise<Map<number, PartitionReport>> {
    const found = new Map<number, PartitionReport>();
    const addresses = this.#replicas(cluster);
    if (addresses.length === 0) return found;
    const appId = await this.#appIdOf(cluster, table);
    if (appId === undefined) return found;
    const limits = { timeoutMs: this.#timeoutMs };
    await Promise.all(
      addresses.map(async (address) => {
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
    const tables = await cluster.listTables({ timeoutMs: this.#timeoutMs }).catch(() => []);
    const appId = tables.find(({ name }) => name === table)?.appId;
    if (appId !== undefined) this.#appIds.set(key, { appId, goodUntilMs: Date.now() + APP_ID_GOOD_MS });
    return appId;
  }
}

function parseReports(text: string): PartitionReport[] {
  try {
    const parsed = reports.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as unknown as PartitionReport[]) : [];
  } catch {
    return [];
  }
}
