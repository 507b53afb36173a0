/**
 * A world with its own time, network and disk, in which servers run as they are. One seed decides everything
 * that is left to chance.
 */
import { Observable } from 'rxjs';
import type { Clock } from '../../actors/clock.js';
import type { Envelope } from '../../actors/envelope.js';
import type { Link } from '../../actors/link.js';
import type { Environment } from '../cluster/environment.js';
import { Recorder } from '../observe/recording/recorder.js';
import type { Address } from '../pegasus/index.js';
import { type Engine, MemoryEngine, openMemoryMap } from '../store/index.js';
import { seededRandom } from './random.js';
import { processName } from './recording/process-name.js';
import { Schedule, type Task } from './schedule.js';
import type { LogLine } from './virtual-cluster.js';
import { type DiskOperation, type DiskTroubles, VirtualDisk } from './virtual-disk.js';
import { type Fate, type Fence, VirtualNetwork } from './virtual-network.js';
import type { WorldWatcher } from './watcher.js';
import type { WireMessage } from './wire-message.js';

export interface WorldOptions {
  /** Default 1. */
  readonly seed?: number;
  /** From one server to another. Default 1 ms. */
  readonly latencyMs?: number;
  /** For each operation of a disk. Default 0. */
  readonly diskLatencyMs?: number;
  /** Dying machines tell nobody; see the network. Default false. */
  readonly silentDeath?: boolean;
  /** Milliseconds since 1970 at which the world begins. Default 2026-01-01. */
  readonly epochMs?: number;
}

/** What becomes of a frame, or `undefined` where somebody else decides. */
export type MessageRule = (message: WireMessage) => Fate | undefined;
/** An errno, or `undefined` where somebody else decides. */
export type DiskRule = (operation: DiskOperation) => string | undefined;

const DEFAULT_EPOCH_MS = Date.UTC(2026, 0, 1);

export class World {
  readonly schedule = new Schedule();
  readonly network: VirtualNetwork;
  readonly disk: VirtualDisk;
  /** In [0, 1). */
  readonly random: () => number;
  /** The first rule that says something decides. */
  readonly messageRules: MessageRule[] = [];
  readonly diskRules: DiskRule[] = [];
  readonly seed: number;
  /** Of the latest run of each server; off unless somebody records. */
  readonly recorders = new Map<string, Recorder>();
  /** Sees everything from now on. */
  watcher: WorldWatcher | null = null;
  diskTroubles: DiskTroubles = {};
  /** By server: how far its clock is from the world's. What runs on time that only passes knows nothing of it. */
  readonly clockOffsetsMs = new Map<string, number>();
  /** Called when everything of a moment has happened. */
  onRest: (() => void) | null = null;
  onLog: ((line: LogLine) => void) | null = null;
  /** Between servers and the engines of their partitions, for whoever wants to know what they are told. */
  wrapEngine: ((engine: Engine, server: string, directory: string) => Engine) | null = null;
  readonly #epochMs: number;
  readonly #names = new Map<string, string>();
  #boots = 0;

  constructor(options: WorldOptions = {}) {
    const { seed = 1, latencyMs = 1, diskLatencyMs = 0, epochMs = DEFAULT_EPOCH_MS } = options;
    const { silentDeath = false } = options;
    const { schedule } = this;
    this.seed = seed;
    this.random = seededRandom(seed);
    this.#epochMs = epochMs;
    schedule.onRest = () => {
      this.onRest?.();
      this.watcher?.rested();
    };
    this.network = new VirtualNetwork({
      schedule,
      latencyMs,
      silentDeath,
      fateOf: (message) => firstSaid(this.messageRules, message) ?? {},
      nameOf: ({ host, port }) => this.#names.get(`${host}:${port}`),
      watcher: () => this.watcher,
    });
    this.disk = new VirtualDisk({
      schedule,
      latencyMs: diskLatencyMs,
      faultOf: (operation) => firstSaid(this.diskRules, operation) ?? null,
      troubles: () => this.diskTroubles,
    });
  }

  get nowMs(): number {
    return this.schedule.nowMs;
  }

  /** Milliseconds since 1970. */
  get epochMs(): number {
    return this.#epochMs + Math.floor(this.schedule.nowMs);
  }

  /** Under which name traces and messages speak of a server. */
  name(server: string, { host, port }: Address): void {
    this.#names.set(`${host}:${port}`, server);
  }

  /** What one run of a server gets to see. With `fence.alive` false it sees nothing any more. */
  environment(fence: Fence): Environment {
    const { schedule, disk, network, random } = this;
    const fileSystem = disk.of(fence);
    this.#boots += 1;
    const clock = this.clock(fence);
    return {
      clock,
      network: network.of(fence),
      fileSystem,
      openMap: async (directory) =>
        openMemoryMap({ image: disk.imageOf(directory), beforeCommit: (keys) => disk.commit(fence, keys) }),
      openEngine: async (directory) => {
        const engine = await MemoryEngine.open(directory, fileSystem);
        return this.wrapEngine?.(engine, fence.server, directory) ?? engine;
      },
      random,
      bootId: `boot ${this.#boots}`,
      processId: this.#boots,
      link: linkThrough(schedule, fence),
      recorder: this.#recorderOf(fence, clock),
    };
  }

  /** The network knows the messages, and what becomes of them, better than a server can. */
  #recorderOf({ server }: Fence, clock: Clock): Recorder {
    const nowUs = () => Math.round(this.nowMs * 1_000);
    const recorder = new Recorder({ process: processName(server), clock, nowUs, messages: false });
    this.recorders.set(server, recorder);
    this.watcher?.booted(server, recorder);
    return recorder;
  }

  clock(fence: Fence): Clock {
    const { schedule } = this;
    const add = (kind: 'timer' | 'turn', wake: () => void, delayMs: number, label: string): Task | null => {
      if (!fence.alive) return null;
      const run = () => {
        if (fence.alive) wake();
      };
      return schedule.add({ kind, server: fence.server, label, run }, delayMs);
    };
    return {
      tellsLabels: true,
      now: () => schedule.nowMs,
      epochMs: () => this.epochMs + (this.clockOffsetsMs.get(fence.server) ?? 0),
      setTimeout: (wake, delayMs, label = '') => add('timer', wake, delayMs, label),
      clearTimeout: (timer) => {
        if (timer !== null && timer !== undefined) schedule.cancel(timer as Task);
      },
      defer: (wake) => void add('turn', wake, 0, 'turn'),
    };
  }

  /** Runs the world until the promise has settled. @throws Error when it takes longer than the limit */
  async drive<Value>(promise: Promise<Value>, limitMs = 60_000): Promise<Value> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    await this.schedule.runUntil(this.nowMs + limitMs, () => settled);
    if (!settled) throw new Error(`nothing came of it within ${limitMs} virtual ms`);
    return promise;
  }
}

function firstSaid<In, Out>(rules: readonly ((about: In) => Out | undefined)[], about: In): Out | undefined {
  for (const rule of rules) {
    const said = rule(about);
    if (said !== undefined) return said;
  }
  return undefined;
}

/** Effects begin at once, as in a real server, unless somebody holds them back. */
function linkThrough(schedule: Schedule, fence: Fence): Link {
  return (messages$) =>
    new Observable<Envelope>((subscriber) =>
      messages$.subscribe({
        next: (envelope) => {
          if (!schedule.holdsBack) return subscriber.next(envelope);
          const label = `${envelope.kind} of ${envelope.from}`;
          const task = { kind: 'effect', server: fence.server, label } as const;
          if (!schedule.wouldHold(task)) subscriber.next(envelope);
          else {
            const run = () => {
              if (fence.alive) subscriber.next(envelope);
            };
            schedule.add({ ...task, run }, 0);
          }
        },
        complete: () => subscriber.complete(),
      }),
    );
}
