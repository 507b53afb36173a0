/** What a cluster says about its duplications; of one that says nothing, what their statuses mean. */
import { BridleError, type Cluster, type DuplicationInfo } from '../../client/index.js';
import type { Explanation } from '../../observe/explain.js';
import { composeExplanation } from '../compose-explanation.js';
import { fetchExplanations } from '../remote-commands.js';

export const keyOf = ({ table, duplicationId }: Explanation): string => `${table}/${duplicationId}`;

export class DuplicationAccounts {
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  /** The cluster knows no account of its own, as Apache Pegasus does not. */
  #isSilent = false;
  /** Since when a duplication has been seen in its status; without it each account would differ from the last. */
  readonly #seen = new Map<string, { readonly status: string; readonly sinceMs: number }>();

  constructor(cluster: Cluster, timeoutMs: number) {
    this.#cluster = cluster;
    this.#timeoutMs = timeoutMs;
  }

  /** One of each duplication; none from a cluster that does not answer. */
  async fetch(): Promise<readonly Explanation[]> {
    const limits = { timeoutMs: this.#timeoutMs };
    try {
      const told = this.#isSilent ? undefined : await fetchExplanations(this.#cluster, undefined, limits);
      if (told !== undefined) return told;
      this.#isSilent = true;
      const infos = await this.#cluster.listDuplications(undefined, limits);
      return infos.map((info) => composeExplanation(info, this.#sinceMs(info)));
    } catch (error) {
      if (!(error instanceof BridleError)) throw error;
      return [];
    }
  }

  #sinceMs({ table, dupid, status }: DuplicationInfo): number {
    const key = `${table}/${dupid}`;
    const seen = this.#seen.get(key);
    if (seen?.status === status) return seen.sinceMs;
    const sinceMs = Date.now();
    this.#seen.set(key, { status, sinceMs });
    return sinceMs;
  }
}
