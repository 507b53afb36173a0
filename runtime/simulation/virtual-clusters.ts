/**
 * Two clusters of one duplication in a simulated world: a source and a follower, each with a meta server and
 * replica servers, and an operator who uses them.
 *
 *   operator ──► source cluster ══ links in memory ══ follower cluster
 *                  │ its servers, unchanged             │
 *                  └── one disk, one schedule, one seed ┘
 */
import type { ClusterLimits, ClusterTimes } from '../cluster/config.js';
import { formatAddress } from '../pegasus/index.js';
import { type MessagePattern, matches, patternInWords } from './message-pattern.js';
import { type Observation, observe } from './observation.js';
import { type AddOptions, Operator } from './operator.js';
import { SimulationRecording, type SimulationRecordingOptions } from './recording/simulation-recording.js';
import { type CrashOptions, VirtualCluster, type VirtualClusterOptions } from './virtual-cluster.js';
import type { Fate } from './virtual-network.js';
import type { WireMessage } from './wire-message.js';
import { type MessageRule, World, type WorldOptions } from './world.js';

export interface VirtualClustersOptions extends WorldOptions {
  /** Replica servers of each cluster. Default 1. */
  readonly replicas?: number;
  /** Replica servers of the follower, if they are not as many. */
  readonly followerReplicas?: number;
  readonly times?: Partial<ClusterTimes>;
  readonly limits?: Partial<ClusterLimits>;
  readonly tableMachine?: VirtualClusterOptions['tableMachine'];
}

const SETTLE_MS = 1_000;
const DEFAULT_LIMIT_MS = 120_000;
const WRITE_LIMIT_MS = 300_000;
const WRITE_AGAIN_MS = 100;

/** A fault that is in force until it is lifted. */
export interface Fault {
  lift(): void;
}

/**
 * @example
 * const clusters = await VirtualClusters.start();
 * await clusters.createTable('users', 2);
 * await clusters.put('users', 'ada', 'born', '1815');
 * clusters.loseNext({ code: 'RPC_CM_CREATE_APP', what: 'reply' });
 * await clusters.addDuplication('users');
 * await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
 */
export class VirtualClusters {
  readonly world: World;
  readonly source: VirtualCluster;
  readonly follower: VirtualCluster;
  /** At the source. */
  readonly operator: Operator;
  readonly followerOperator: Operator;
  #recording: SimulationRecording | null = null;
  #table = 'users';
  #remoteTable: string | null = null;

  private constructor(options: VirtualClustersOptions) {
    const { replicas = 1, followerReplicas = replicas, times, limits, tableMachine } = options;
    this.world = new World(options);
    const shared = {
      ...(times === undefined ? {} : { times }),
      ...(limits === undefined ? {} : { limits }),
      ...(tableMachine === undefined ? {} : { tableMachine }),
    };
    this.follower = new VirtualCluster(this.world, {
      name: 'west',
      id: 2,
      replicas: followerReplicas,
      ...shared,
    });
    const remotes = { west: [formatAddress(this.follower.metaAddress)] };
    this.source = new VirtualCluster(this.world, { name: 'east', id: 1, replicas, remotes, ...shared });
    this.operator = new Operator(this.world, this.source.metaAddress);
    this.followerOperator = new Operator(this.world, this.follower.metaAddress);
  }

  /** Resolves when every server listens and every replica server has reported. */
  static async start(options: VirtualClustersOptions = {}): Promise<VirtualClusters> {
    const clusters = new VirtualClusters(options);
    for (const server of clusters.servers) await clusters.restart(server);
    await clusters.advance(SETTLE_MS);
    return clusters;
  }

  get servers(): readonly string[] {
    return [...this.follower.servers, ...this.source.servers];
  }

  /**
   * Records from now on: what servers and charts do, what they say to each other and what becomes of it. The
   * run is the same as without.
   *
   * @example
   * const recording = clusters.record({ title: 'a lost reply' });
   * recording.lines$.subscribe((line) => file.write(writeLine(line)));
   */
  record(options: SimulationRecordingOptions): SimulationRecording {
    this.#recording = new SimulationRecording(this.world, [this.source, this.follower], options);
    return this.#recording;
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    await this.world.schedule.runUntil(this.world.nowMs + ms);
  }

  /** Lets time pass until something is seen, looking after each 10 ms. @throws Error with what was seen last */
  async until(
    what: string,
    condition: (seen: Observation) => boolean,
    limitMs = DEFAULT_LIMIT_MS,
  ): Promise<Observation> {
    const endMs = this.world.nowMs + limitMs;
    for (;;) {
      const seen = await this.observe();
      if (condition(seen)) return seen;
      if (this.world.nowMs >= endMs) {
        throw new Error(`${limitMs} virtual ms without ${what}; last seen: ${JSON.stringify(seen)}`);
      }
      await this.advance(10);
    }
  }

  /** Under which name the follower has the table that is observed. */
  observeRemote(table: string): void {
    this.#remoteTable = table;
  }

  observe(): Promise<Observation> {
    const { world, source, follower } = this;
    return observe({
      world,
      source,
      follower,
      table: this.#table,
      remoteTable: this.#remoteTable ?? this.#table,
    });
  }

  /** Creates a table at the source and waits until its partitions are served. From now on it is observed. */
  async createTable(name: string, partitions: number): Promise<void> {
    const error = await this.world.drive(this.operator.createTable(name, partitions));
    if (error !== 'ERR_OK') throw new Error(`${name} was not created: ${error}`);
    this.#table = name;
    await this.until('open partitions', ({ source }) => source.every(({ state }) => state === 'serving'));
    await this.advance(SETTLE_MS);
  }

  /** Writes one row, again and again until it is acknowledged. @throws the last refusal after five virtual minutes */
  async put(table: string, hashKey: string, sortKey: string, value: string): Promise<void> {
    const endMs = this.world.nowMs + WRITE_LIMIT_MS;
    for (;;) {
      try {
        await this.world.drive(this.operator.put(table, hashKey, sortKey, value));
        return;
      } catch (error) {
        if (this.world.nowMs > endMs) throw error;
        await this.advance(WRITE_AGAIN_MS);
      }
    }
  }

  /** Duplicates to the follower under the same name; returns the id. */
  async addDuplication(table: string, options: AddOptions = {}): Promise<number> {
    this.observeRemote(options.remoteTable ?? table);
    const adding = this.operator.addDuplication(table, this.follower.name, options);
    const { error, id } = await this.world.drive(adding);
    if (error !== 'ERR_OK') throw new Error(`${table} is not duplicated: ${error}`);
    return id;
  }

  /** Resolves with the error of the answer. */
  modifyDuplication(
    table: string,
    id: number,
    change: Parameters<Operator['modifyDuplication']>[2],
  ): Promise<string> {
    return this.world.drive(this.operator.modifyDuplication(table, id, change));
  }

  /** The server and its machine are gone at once; what was not synced is lost. */
  crash(server: string, options?: CrashOptions): void {
    this.clusterOf(server).crash(server, options);
  }

  /** Begins to start a server, while the world runs. Rejects when it cannot start; never settles when it dies. */
  start(server: string): Promise<void> {
    return this.clusterOf(server).start(server);
  }

  restart(server: string): Promise<void> {
    return this.world.drive(this.start(server));
  }

  /** The next message that fits, on the way from now on, does not arrive. */
  loseNext(pattern: MessagePattern): Fault {
    this.#recording?.fault(`the next ${patternInWords(pattern)} is lost`);
    return this.#once(pattern, { lost: true });
  }

  /** The next message that fits arrives a second time, `afterMs` after it was sent. */
  repeatNext(pattern: MessagePattern, afterMs: number): Fault {
    this.#recording?.fault(`the next ${patternInWords(pattern)} arrives again after ${afterMs} ms`);
    return this.#once(pattern, { copiesAfterMs: [afterMs] });
  }

  delayNext(pattern: MessagePattern, delayMs: number): Fault {
    this.#recording?.fault(`the next ${patternInWords(pattern)} takes ${delayMs} ms`);
    return this.#once(pattern, { delayMs });
  }

  /** Every message that fits is lost, until this is lifted. */
  lose(pattern: MessagePattern): Fault {
    const words = `every ${patternInWords(pattern)} is lost`;
    this.#recording?.fault(words);
    const fault = this.#rule((message) => (matches(pattern, message) ? { lost: true } : undefined));
    return {
      lift: () => {
        this.#recording?.fault(`no longer: ${words}`);
        fault.lift();
      },
    };
  }

  #once(pattern: MessagePattern, fate: Fate): Fault {
    const fault = this.#rule((message: WireMessage) => {
      if (!matches(pattern, message)) return undefined;
      fault.lift();
      return fate;
    });
    return fault;
  }

  #rule(rule: MessageRule): Fault {
    const { messageRules } = this.world;
    messageRules.push(rule);
    return {
      lift: () => {
        const at = messageRules.indexOf(rule);
        if (at >= 0) messageRules.splice(at, 1);
      },
    };
  }

  /** The cluster that a server belongs to. */
  clusterOf(server: string): VirtualCluster {
    const cluster = [this.source, this.follower].find(({ servers }) => servers.includes(server));
    if (cluster === undefined) throw new Error(`no server ${server}; there are ${this.servers.join(', ')}`);
    return cluster;
  }
}
