/**
 * Records a run that is going on: what every server of some clusters does, what they say to each other and
 * how far their duplications are, as one stream of lines in causal order.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { concat, from, map, type Observable, ReplaySubject } from 'rxjs';
import { type Cluster, openCluster } from '../../client/index.js';
import {
  type ChartLine,
  type HeaderLine,
  type Json,
  type NoteLine,
  RECORDING_VERSION,
  type RecordingLine,
  type TimedLine,
} from '../../observe/recording/lines.js';
import { VERSION } from '../../version.js';
import { CausalMerge } from './causal-merge.js';
import { NamedMessages } from './named-messages.js';
import { nowUs } from './now.js';
import { ProgressWatch } from './progress-watch.js';
import { Rhythm } from './rhythm.js';
import { type FetchedLine, RunLine } from './run-line.js';
import { type RecordedServer, Servers } from './servers.js';

export interface RecordRunOptions {
  /** Each a handle, which stays the caller's, or the `host:port` of its metas. Cluster names must differ. */
  readonly clusters: readonly (Cluster | string | readonly string[])[];
  readonly title?: string;
  /** What the charts look like, for whoever has not got them; they come before everything else. */
  readonly charts?: readonly ChartLine[];
  /** Write what duplications say about themselves. Default true. */
  readonly explain?: boolean;
  /** Write the state of each partition. Default true. */
  readonly partitions?: boolean;
  /** `kept` lets rows into the recording. Default: their values and keys never leave the servers. */
  readonly values?: 'removed' | 'kept';
  /**
   * Between two questions to each server, in milliseconds; a fifth as often while they have much to say.
   * Default 200: more often costs the run more.
   */
  readonly pollMs?: number;
  /** Lines that are repeated to whoever subscribes late. Default 100 000. */
  readonly keepLines?: number;
}

const DEFAULT_POLL_MS = 200;
const DEFAULT_KEEP_LINES = 100_000;
/**
 * A server that does not answer, or a message nobody has sent, holds the others back no longer than this. Longer
 * than the time between two questions.
 */
const HOLD_BACK_MS = 2_500;
/** Servers are looked for this often: one may have joined. */
const FIND_MS = 2_000;
const LAST_ASK_MS = 2_000;
const OWN = '';

/** A recording under way; see {@link recordRun}. */
export class RunRecording implements AsyncDisposable {
  readonly header: HeaderLine;
  /** The lines after the header; late subscribers get the latest ones again. Completes when stopped. */
  readonly lines$: Observable<RecordingLine>;
  /** The same as they are in a file, without line breaks: cheaper, for most are never taken apart. */
  readonly texts$: Observable<string>;
  /** Every server that was found records. Rejects with BridleError when a cluster cannot be reached. */
  readonly ready: Promise<void>;
  readonly #options: RecordRunOptions;
  readonly #beganUs = nowUs();
  readonly #out: ReplaySubject<RunLine>;
  readonly #merge: CausalMerge;
  readonly #messages: NamedMessages;
  readonly #servers: Servers;
  readonly #rhythm: Rhythm;
  readonly #stop = new AbortController();
  readonly #opened: Cluster[] = [];
  readonly #loops = new Set<Promise<void>>();
  #watch: ProgressWatch | null = null;
  #draining = false;
  #lastAt = 0;
  #stopped: Promise<void> | null = null;

  /** @internal Use {@link recordRun}. */
  constructor(options: RecordRunOptions) {
    this.#options = options;
    this.#rhythm = new Rhythm(options.pollMs ?? DEFAULT_POLL_MS);
    // Each server's feed and each call under way listens.
    setMaxListeners(0, this.#stop.signal);
    this.#out = new ReplaySubject(options.keepLines ?? DEFAULT_KEEP_LINES);
    const lines$ = concat(from((options.charts ?? []).map(RunLine.of)), this.#out);
    this.lines$ = lines$.pipe(map(({ line }) => line));
    this.texts$ = lines$.pipe(map(({ text }) => text));
    this.header = {
      t: 'recording',
      version: RECORDING_VERSION,
      source: 'live',
      title: options.title ?? 'live run',
      madeBy: `bridle ${VERSION}`,
      beganUs: this.#beganUs,
      values: options.values ?? 'removed',
    };
    const nameOf = (address: string) => this.#servers.nameOf(address);
    this.#messages = new NamedMessages({ nameOf, emit: (line) => this.#emit(line) });
    this.#merge = new CausalMerge({
      holdBackUs: HOLD_BACK_MS * 1_000,
      isWatched: (address) => nameOf(address) !== undefined,
      emit: (line) => this.#messages.take(line),
    });
    // Among lines of the same time its own come first.
    this.#merge.push(OWN, [], 0);
    this.#servers = new Servers({
      feedOf: (server) => this.#feedOf(server),
      onFound: ({ feed }) => this.#run(feed.run(this.#stop.signal)),
    });
    this.ready = this.#begin();
    // Whoever does not wait for it sees a recording without servers.
    this.ready.catch(() => {});
  }

  /** Under which name the recording speaks of the server that listens at `host:port`. */
  processAt(address: string): string | undefined {
    return this.#servers.nameOf(address);
  }

  /** Something is done to the system from outside. */
  fault(what: string, process?: string): void {
    this.#own({ t: 'fault', at: nowUs(), what, ...(process === undefined ? {} : { process }) });
  }

  note(text: string, level: NoteLine['level'] = 'info', facts?: Json): void {
    this.#own({ t: 'note', at: nowUs(), level, text, ...(facts === undefined ? {} : { facts }) });
  }

  /** Fetches what there is, then ends the stream. Doing it twice is harmless. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #begin(): Promise<void> {
    const clusters = await Promise.all(this.#options.clusters.map((one) => this.#open(one)));
    await Promise.all(clusters.map((cluster) => this.#servers.find(cluster)));
    await Promise.all(this.#servers.all().map(({ feed }) => feed.ask()));
    this.#run(this.#every(FIND_MS, () => each(clusters, (cluster) => this.#servers.findAgain(cluster))));
    this.#run(this.#every(this.#options.pollMs ?? DEFAULT_POLL_MS, async () => this.#drain()));
    const { explain = true, partitions = true } = this.#options;
    if (!explain && !partitions) return;
    const replicas = (cluster: Cluster) => this.#servers.livingReplicas(cluster);
    const watch = new ProgressWatch({
      ...{ clusters, replicas, explain, partitions },
      isBusy: () => this.#rhythm.isBusy,
    });
    this.#watch = watch;
    this.#run(
      watch.run(this.#stop.signal, (facts) => {
        for (const each of facts) this.#own({ ...each, at: nowUs() });
      }),
    );
  }

  async #open(cluster: Cluster | string | readonly string[]): Promise<Cluster> {
    if (typeof cluster === 'object' && 'listNodes' in cluster) return cluster;
    const opened = await openCluster({ meta: cluster, signal: this.#stop.signal });
    this.#opened.push(opened);
    return opened;
  }

  #feedOf(server: Omit<RecordedServer, 'feed'>) {
    const { cluster, address, process, role } = server;
    const base = { t: 'process', process, role, cluster: cluster.name, address } as const;
    return {
      values: this.header.values,
      rhythm: this.#rhythm,
      onLines: (lines: readonly FetchedLine[], knownUntilUs: number) => {
        this.#merge.push(process, lines, knownUntilUs);
        this.#drainSoon();
      },
      onUp: (what: 'up' | 'restarted', at: number, pid: number | undefined) =>
        this.#own({ ...base, at, what, ...(pid === undefined ? {} : { pid }) }),
      onDied: (why: string) => {
        const diedUs = nowUs();
        this.#own({ ...base, at: diedUs, what: 'died', why });
        this.#merge.silent(process);
        this.#run(this.#noteLost(process, diedUs));
      },
      onGap: (lines: number | null, at: number, why: string) =>
        this.#own({ t: 'gap', at, process, lines, why }),
    };
  }

  /** By then whoever had got a message from the dead process has said so. */
  async #noteLost(process: string, diedUs: number): Promise<void> {
    await sleep(HOLD_BACK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    this.#drain();
    this.#messages.died(process, diedUs, nowUs());
  }

  /** A line of the recording itself, in its place among those of the servers. */
  #own(line: TimedLine): void {
    this.#merge.push(OWN, [line], line.at);
  }

  #drain(): void {
    const now = nowUs();
    this.#merge.push(OWN, [], now);
    this.#merge.drain(now);
  }

  /** Once for all answers that have come by then. */
  #drainSoon(): void {
    if (this.#draining) return;
    this.#draining = true;
    setImmediate(() => {
      this.#draining = false;
      if (!this.#stop.signal.aborted) this.#drain();
    });
  }

  #emit(line: FetchedLine): void {
    // Clocks differ by a little; what was caused does not come before its cause.
    this.#lastAt = Math.max(this.#lastAt, line.at - this.#beganUs);
    this.#out.next(RunLine.told(line, this.#lastAt));
  }

  #run(loop: Promise<void>): void {
    const running = loop
      .catch((error: unknown) => this.note(`the recording has a defect: ${String(error)}`, 'error'))
      .finally(() => this.#loops.delete(running));
    this.#loops.add(running);
  }

  async #every(periodMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await work();
      await sleep(periodMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #end(): Promise<void> {
    await this.ready.catch(() => {});
    // How far everything is comes first, for its lines are the last that the servers cannot tell.
    const last = Promise.all([
      this.#watch?.look().then((facts) => facts.forEach((each) => void this.#own({ ...each, at: nowUs() }))),
      ...this.#servers.all().map(({ feed }) => feed.leave()),
    ]);
    await Promise.race([last, sleep(LAST_ASK_MS, undefined, { ref: false })]);
    this.#stop.abort();
    await Promise.all(this.#loops);
    this.#merge.push(OWN, [], nowUs());
    this.#merge.drain(Number.POSITIVE_INFINITY);
    this.#out.complete();
    await Promise.all(this.#opened.map((cluster) => cluster.close()));
  }
}

/**
 * Begins to record; nothing has to be restarted for it. Servers stop recording with the recording's end, and
 * by themselves when they are not asked any more.
 *
 * @example
 * await using recording = recordRun({ clusters: [source, target] });
 * await recording.ready;
 * recording.lines$.subscribe((line) => console.log(line.t));
 */
export function recordRun(options: RecordRunOptions): RunRecording {
  return new RunRecording(options);
}

async function each<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  await Promise.all(things.map(work));
}
