/** Metrics of a cluster that is looked at from outside: of a real Pegasus, which has none per duplication. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BridleError, type Cluster } from '../client/index.js';
import type { Explanation } from '../observe/explain.js';
import { Counters, LagClock, METRICS, measureDuplication, Scrape } from '../observe/metrics/index.js';
import { snapshotDuplications } from './snapshot.js';

export interface MetricsExporterOptions {
  /** Called until it succeeds once; whoever gives the cluster closes it. */
  readonly open: (signal: AbortSignal) => Promise<Cluster>;
  /** What the cluster is called until it has told its name, such as the addresses of its meta servers. */
  readonly name: string;
  /** Between two looks, in milliseconds. Default 5,000. */
  readonly pollMs?: number;
  /** Of one look. Default 10,000. */
  readonly timeoutMs?: number;
}

/** One look at the cluster. */
interface Look {
  readonly atMs: number;
  readonly tables: number;
  readonly nodes: readonly { readonly address: string; readonly alive: boolean }[];
  readonly duplications: readonly { readonly explanation: Explanation; readonly statusSinceMs: number }[];
}

/** What is remembered of a duplication between looks. */
interface Watched {
  readonly lag: LagClock;
  status: string;
  statusSinceMs: number;
}

const DEFAULT_POLL_MS = 5_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Looks at a cluster again and again, and tells what it saw last. Looks do not depend on how often somebody
 * scrapes, because the lag in seconds is counted from them.
 *
 * @example
 * const exporter = new MetricsExporter({ open: () => openCluster({ meta }), name: meta });
 * const running = exporter.run(signal);
 * console.log(exporter.scrape().render('text'));
 */
export class MetricsExporter {
  readonly #options: MetricsExporterOptions;
  readonly #polls = new Counters();
  #watched = new Map<string, Watched>();
  #cluster: Cluster | null = null;
  #last: Look | null = null;
  #up = false;

  constructor(options: MetricsExporterOptions) {
    this.#options = options;
  }

  /** Looks until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs = DEFAULT_POLL_MS } = this.#options;
    while (!signal.aborted) {
      await this.look(signal).catch(() => undefined);
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Looks once. Rejects with a BridleError when the cluster does not answer; the last look stays. */
  async look(signal: AbortSignal): Promise<void> {
    try {
      const { timeoutMs = DEFAULT_TIMEOUT_MS, open } = this.#options;
      this.#cluster ??= await open(signal);
      const cluster = this.#cluster;
      const limits = { timeoutMs, signal };
      const [nodes, tables, duplications] = await Promise.all([
        cluster.listNodes(limits),
        cluster.listTables(limits),
        snapshotDuplications(cluster, undefined, limits),
      ]);
      const explanations = duplications.map(({ explanation }) => explanation);
      this.#last = this.#note({ nodes, tables: tables.length, explanations });
      this.#up = true;
      this.#polls.count({ result: 'ok' });
    } catch (error) {
      this.#up = false;
      this.#polls.count({ result: 'failed' });
      throw BridleError.from(error);
    }
  }

  scrape(): Scrape {
    const scrape = new Scrape({ cluster: this.#cluster?.name ?? this.#options.name });
    const nowMs = Date.now();
    scrape.set(METRICS.exporterUp, {}, this.#up ? 1 : 0);
    this.#polls.writeTo(scrape, METRICS.exporterPolls);
    if (this.#last === null) return scrape;
    const { atMs, tables, nodes, duplications } = this.#last;
    scrape.set(METRICS.exporterPollAge, {}, Math.max(0, nowMs - atMs) / 1_000);
    // What was seen is not true any more, and nobody knows what is.
    if (!this.#up) return scrape;
    scrape.set(METRICS.tables, {}, tables);
    for (const { address, alive } of nodes) scrape.set(METRICS.nodeUp, { node: address }, alive ? 1 : 0);
    for (const { explanation, statusSinceMs } of duplications) {
      measureDuplication(scrape, explanation, { nowMs, statusSinceMs });
    }
    return scrape;
  }

  #note({
    explanations,
    ...seen
  }: Omit<Look, 'duplications' | 'atMs'> & { readonly explanations: readonly Explanation[] }): Look {
    const atMs = Date.now();
    const watched = new Map<string, Watched>();
    const duplications = explanations.map((explanation) => {
      const { table, duplicationId, status, progress } = explanation;
      const key = `${table}/${duplicationId}`;
      const known = this.#watched.get(key) ?? { lag: new LagClock(), status, statusSinceMs: atMs };
      if (known.status !== status) Object.assign(known, { status, statusSinceMs: atMs });
      watched.set(key, known);
      for (const [partition, confirmed] of progress.confirmed.entries()) {
        known.lag.note(
          partition,
          { confirmed, lastCommitted: progress.lastCommitted[partition] ?? -1 },
          performance.now(),
        );
      }
      // A server that tells has looked more often.
      const lagMs = progress.lagMs ?? known.lag.oldestMs(performance.now());
      const withLag = { ...explanation, progress: { ...progress, lagMs } };
      return { explanation: withLag, statusSinceMs: known.statusSinceMs };
    });
    this.#watched = watched;
    return { ...seen, atMs, duplications };
  }
}
