/**
 * A recording of a simulated run: the same lines as of a live one, on virtual time. Watching changes nothing
 * of the run, and the same seed gives the same bytes.
 *
 *   schedule ── a moment is over ──► explanations, partitions ─┐
 *   links ── frames leave, arrive, are lost ──► a server's recorder ──┤──► lines$
 *   charts ── steps ──────────────────────────► a server's recorder ──┘
 */
import { type Observable, ReplaySubject } from 'rxjs';
import { bounded } from '../../observe/recording/bounded.js';
import {
  type HeaderLine,
  type NoteLine,
  RECORDING_VERSION,
  type RecordingLine,
  type TimedLine,
} from '../../observe/recording/lines.js';
import type { LineFacts, Recorder } from '../../observe/recording/recorder.js';
import { formatAddress } from '../../pegasus/index.js';
import { VERSION } from '../../version.js';
import type { LogLine, VirtualCluster } from '../virtual-cluster.js';
import type { Fate } from '../virtual-network.js';
import type { FrameArrives, WorldWatcher } from '../watcher.js';
import type { WireMessage } from '../wire-message.js';
import type { World } from '../world.js';
import { NetworkLines } from './network-lines.js';
import { processName } from './process-name.js';
import { ProgressLines } from './progress-lines.js';

export interface SimulationRecordingOptions {
  readonly title: string;
  /** Lines that are repeated to whoever subscribes late. Default 500,000. */
  readonly keepLines?: number;
}

const DEFAULT_KEEP_LINES = 500_000;

/** Virtual milliseconds between two looks at what duplications say. */
const LOOK_MS = 100;

export class SimulationRecording implements WorldWatcher {
  readonly header: HeaderLine;
  /** After the header; whoever comes late gets the latest ones again. Completes when stopped. */
  readonly lines$: Observable<RecordingLine>;
  readonly #lines: ReplaySubject<RecordingLine>;
  readonly #world: World;
  readonly #clusters: readonly VirtualCluster[];
  readonly #network: NetworkLines;
  readonly #progress: ProgressLines;
  readonly #recorders = new Map<string, Recorder>();
  readonly #died = new Set<string>();
  readonly #beganMs: number;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(world: World, clusters: readonly VirtualCluster[], options: SimulationRecordingOptions) {
    const { title, keepLines = DEFAULT_KEEP_LINES } = options;
    this.#lines = new ReplaySubject(keepLines);
    this.#world = world;
    this.#clusters = clusters;
    this.#beganMs = world.nowMs;
    this.#network = new NetworkLines((server, facts) => this.#tell(server, facts));
    this.#progress = new ProgressLines(clusters);
    this.lines$ = this.#lines.asObservable();
    this.header = {
      ...{ t: 'recording', version: RECORDING_VERSION, source: 'simulation', title },
      ...{ madeBy: `bridle ${VERSION}`, beganUs: world.epochMs * 1_000, seed: world.seed, values: 'removed' },
    };
    if (world.watcher !== null) throw new Error('this world is being recorded already');
    world.watcher = this;
    this.#emit({ t: 'process', at: 0, process: 'operator', what: 'up', role: 'operator' });
    for (const server of clusters.flatMap(({ servers }) => servers)) {
      const recorder = world.recorders.get(server);
      if (recorder !== undefined && this.#clusterOf(server)?.isRunning(server)) this.booted(server, recorder);
    }
  }

  /** Something is done to the system from outside. */
  fault(what: string): void {
    this.#emit({ t: 'fault', at: this.#at, what });
  }

  note(text: string, level: NoteLine['level'] = 'info'): void {
    this.#emit({ t: 'note', at: this.#at, level, text });
  }

  stop(): void {
    if (this.#world.watcher !== this) return;
    this.rested();
    this.#world.watcher = null;
    for (const recorder of this.#recorders.values()) leave(recorder);
    this.#lines.complete();
  }

  booted(server: string, recorder: Recorder): void {
    const cluster = this.#clusterOf(server);
    if (cluster === undefined) return;
    this.#emit({
      ...{ t: 'process', at: this.#at, process: processName(server) },
      what: this.#died.delete(server) ? 'restarted' : 'up',
      role: server.endsWith('/meta') ? 'meta' : 'replica',
      cluster: cluster.name,
      address: formatAddress(cluster.addressOf(server)),
    });
    this.#recorders.set(server, recorder);
    for (const line of recorder.start()) this.#emit(this.#timed(line));
    recorder.listen((line) => this.#emit(this.#timed(line)));
  }

  died(server: string): void {
    const recorder = this.#recorders.get(server);
    if (recorder === undefined) return;
    leave(recorder);
    this.#recorders.delete(server);
    this.#died.add(server);
    const role = server.endsWith('/meta') ? 'meta' : 'replica';
    this.#emit({
      t: 'process',
      at: this.#at,
      process: processName(server),
      what: 'died',
      role,
      why: 'crash',
    });
  }

  logged({ server, level, message, facts }: LogLine): void {
    const process = processName(server);
    const told = Object.keys(facts).length === 0 ? {} : { facts: bounded(facts) };
    this.#emit({ t: 'note', at: this.#at, process, level, text: message, ...told });
  }

  sent(message: WireMessage, fate: Fate): FrameArrives | undefined {
    return this.#network.sent(message, fate);
  }

  rested(): void {
    if (this.#world.nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = this.#world.nowMs;
    for (const facts of this.#progress.look()) this.#emit({ ...facts, at: this.#at });
  }

  /** Goes through the server's recorder, so that what a step sends comes after the step. */
  #tell(server: string, facts: LineFacts): void {
    const recorder = facts.t === 'lost' ? undefined : this.#recorders.get(server);
    if (recorder !== undefined) recorder.add(facts);
    else {
      const process = facts.t === 'lost' ? {} : { process: processName(server) };
      this.#emit({ ...facts, at: this.#at, ...process } as TimedLine);
    }
  }

  get #at(): number {
    return Math.round((this.#world.nowMs - this.#beganMs) * 1_000);
  }

  /** Recorders count from the beginning of the world. */
  #timed(line: TimedLine): TimedLine {
    return { ...line, at: line.at - Math.round(this.#beganMs * 1_000) };
  }

  #emit(line: RecordingLine): void {
    this.#lines.next(line);
  }

  #clusterOf(server: string): VirtualCluster | undefined {
    return this.#clusters.find(({ servers }) => servers.includes(server));
  }
}

function leave(recorder: Recorder): void {
  recorder.listen(null);
  recorder.stop();
}
