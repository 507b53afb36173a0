/** Clusters that run, as a run to look at and, where permitted, to steer. */
import type { Observable, Subscription } from 'rxjs';
import type { Cluster } from '../../../runtime/client/index.js';
import { type RunRecording, recordRun } from '../../../runtime/live/recording/index.js';
import type { HeaderLine, RecordingLine } from '../../../runtime/observe/recording/lines.js';
import { formatAddress } from '../../../runtime/pegasus/index.js';
import { ourChartLines } from '../../diagrams/our-chart-lines.js';
import type { InspectedRun, RunControl } from '../inspected-run.js';
import { ChartBook } from '../serve/chart-book.js';
import { ClusterControl } from './cluster-control.js';
import type { Killer, Server } from './killer.js';
import { isEmbedded } from './policy-faults.js';

export interface LiveRunOptions {
  /** They stay the caller's. */
  readonly clusters: readonly Cluster[];
  readonly title?: string | undefined;
  /** What may be killed; null: nothing. */
  readonly killer?: Killer | null | undefined;
}

/** A recording under way; see {@link openLiveRun}. */
export class LiveRun implements InspectedRun {
  readonly header: HeaderLine;
  readonly live = true;
  readonly lines$: Observable<RecordingLine>;
  readonly control: RunControl;
  readonly #clusters: readonly Cluster[];
  readonly #recording: RunRecording;
  readonly #book = new ChartBook();
  readonly #servers = new Map<string, Server>();
  readonly #watching: Subscription;

  /** @param real names of clusters that are not embedded */
  constructor({ clusters, title, killer = null }: LiveRunOptions, real: readonly string[]) {
    this.#clusters = clusters;
    const names = clusters.map(({ name }) => name).join(', ');
    this.#recording = recordRun({ clusters, charts: ourChartLines(), title: title ?? names });
    this.header = this.#recording.header;
    this.lines$ = this.#recording.lines$;
    this.#watching = this.lines$.subscribe((line) => this.#take(line));
    this.control = new ClusterControl({
      clusters,
      real,
      servers: () => [...this.#servers.values()],
      killer,
      onFault: (what, process) => this.#recording.fault(what, process),
    });
  }

  /** Resolves when every server that was found records. @throws BridleError */
  async ready(): Promise<void> {
    await this.#recording.ready;
    const nodes = await Promise.all(this.#clusters.map((cluster) => cluster.listNodes()));
    const metas = this.#clusters.flatMap(({ meta }) => meta.map(formatAddress));
    for (const address of [...metas, ...nodes.flat().map((node) => node.address)]) {
      const process = this.#recording.processAt(address);
      if (process === undefined || this.#servers.has(process)) continue;
      this.#servers.set(process, { process, address, pid: null });
    }
  }

  charts() {
    return this.#book.charts();
  }

  async close(): Promise<void> {
    await this.#recording.stop();
    this.#watching.unsubscribe();
  }

  #take(line: RecordingLine): void {
    this.#book.take(line);
    if (line.t !== 'process' || line.address === undefined) return;
    const { process, address, what, pid } = line;
    const isUp = what === 'up' || what === 'restarted';
    this.#servers.set(process, { process, address, pid: isUp ? (pid ?? null) : null });
  }
}

/**
 * Begins to watch; the clusters need nothing for it but to be there.
 *
 * @throws BridleError when one of them cannot be reached
 */
export async function openLiveRun(options: LiveRunOptions): Promise<LiveRun> {
  const embedded = await Promise.all(options.clusters.map((cluster) => isEmbedded(cluster)));
  const real = options.clusters.filter((_, at) => !embedded[at]).map(({ name }) => name);
  const run = new LiveRun(options, real);
  try {
    await run.ready();
    return run;
  } catch (error) {
    await run.close();
    throw error;
  }
}
