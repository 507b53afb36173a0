/** One cluster in a simulated world: the real servers, each of which can die and be started again. */
import {
  type ClusterLimits,
  type ClusterTimes,
  DEFAULT_LIMITS,
  DEFAULT_TIMES,
  type ServerConfig,
} from '../cluster/config.js';
import { MetaServer, type MetaServerOptions } from '../cluster/meta/meta-server.js';
import { ReplicaServer } from '../cluster/replica/replica-server.js';
import type { ServerLog } from '../observe/log.js';
import { type Address, formatAddress } from '../pegasus/index.js';
import type { Survival } from './disk-tree.js';
import type { Fence } from './virtual-network.js';
import type { World } from './world.js';

export interface VirtualClusterOptions {
  readonly name: string;
  /** 1..127 */
  readonly id: number;
  /** Its servers listen on 10.0.ID.1 and so on. */
  readonly replicas: number;
  readonly remotes?: Readonly<Record<string, readonly string[]>>;
  readonly times?: Partial<ClusterTimes>;
  readonly limits?: Partial<ClusterLimits>;
  readonly tableMachine?: NonNullable<MetaServerOptions['tableMachine']>;
}

/** What a server logged, and when. */
export interface LogLine {
  readonly atMs: number;
  readonly server: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly facts: object;
}

/** Log lines that are kept; older ones are forgotten. */
const LOG_LIMIT = 10_000;
const META_PORT = 34_601;
const REPLICA_PORT = 34_801;

interface Running<Server> {
  readonly fence: { readonly server: string; alive: boolean };
  /** Null while it starts. */
  server: Server | null;
}

export interface CrashOptions {
  /** The process only: what it wrote is in the system's memory and survives. Default: the machine. */
  readonly processOnly?: boolean;
  /** Of what was not synced; left out: nothing. */
  readonly survives?: Survival;
}

export class VirtualCluster {
  readonly name: string;
  /** Names of its servers: `east/meta`, `east/replica-0` and so on. */
  readonly servers: readonly string[];
  readonly log: LogLine[] = [];
  readonly #world: World;
  readonly #options: VirtualClusterOptions;
  readonly #serverAt = new Map<string, string>();
  readonly #running = new Map<string, Running<MetaServer | ReplicaServer>>();

  constructor(world: World, options: VirtualClusterOptions) {
    this.#world = world;
    this.#options = options;
    const { name, replicas } = options;
    this.name = name;
    this.servers = [`${name}/meta`, ...Array.from({ length: replicas }, (_, i) => `${name}/replica-${i}`)];
    for (const server of this.servers) {
      world.name(server, this.addressOf(server));
      this.#serverAt.set(formatAddress(this.addressOf(server)), server);
    }
  }

  get metaAddress(): Address {
    return this.addressOf(`${this.name}/meta`);
  }

  /** The meta server while it runs. */
  get meta(): MetaServer | null {
    return (this.#running.get(`${this.name}/meta`)?.server as MetaServer | undefined) ?? null;
  }

  replica(index: number): ReplicaServer | null {
    return (this.#running.get(`${this.name}/replica-${index}`)?.server as ReplicaServer | undefined) ?? null;
  }

  /** The running replica server that listens at `host:port`. */
  replicaAt(address: string): ReplicaServer | null {
    const server = this.serverAt(address);
    return server === null ? null : this.replicaNamed(server);
  }

  /** The replica server of that name, e.g. `east/replica-0`, while it runs. */
  replicaNamed(server: string): ReplicaServer | null {
    if (indexOf(server) === null) return null;
    return (this.#running.get(server)?.server as ReplicaServer | undefined) ?? null;
  }

  /** Whether it has started, and lives. */
  isRunning(server: string): boolean {
    return (this.#running.get(server)?.server ?? null) !== null;
  }

  /** Whether it lives, if only to start. */
  isUp(server: string): boolean {
    return this.#running.has(server);
  }

  addressOf(server: string): Address {
    const host = `10.0.0.${this.#options.id}`;
    const index = indexOf(server);
    return { host, port: index === null ? META_PORT : REPLICA_PORT + index };
  }

  /** The name of the server at `host:port`; null for somebody else's. */
  serverAt(address: string): string | null {
    return this.#serverAt.get(address) ?? null;
  }

  configOf(server: string): ServerConfig {
    const { id, remotes = {}, times, limits } = this.#options;
    return {
      role: indexOf(server) === null ? 'meta' : 'replica',
      cluster: { name: this.name, id },
      listen: this.addressOf(server),
      directory: `/${server}`,
      metas: [formatAddress(this.metaAddress)],
      remotes,
      policy: null,
      times: { ...DEFAULT_TIMES, ...times },
      limits: { ...DEFAULT_LIMITS, ...limits },
    };
  }

  /** Starts a server with what its disk holds; the world has to run for it to get ready. */
  async start(server: string): Promise<void> {
    if (this.#running.has(server)) throw new Error(`${server} runs already`);
    const fence = { server, alive: true };
    const running: Running<MetaServer | ReplicaServer> = { fence, server: null };
    this.#running.set(server, running);
    try {
      running.server = await this.#boot(server, fence);
    } catch (error) {
      // It ends by itself, as a process does that cannot start; its machine goes on.
      if (fence.alive) this.crash(server, { processOnly: true });
      throw error;
    }
  }

  #boot(server: string, fence: Fence): Promise<MetaServer | ReplicaServer> {
    const config = this.configOf(server);
    const options = { config, log: this.#logOf(fence), environment: this.#world.environment(fence) };
    const { tableMachine } = this.#options;
    return config.role === 'meta'
      ? MetaServer.start({ ...options, ...(tableMachine === undefined ? {} : { tableMachine }) })
      : ReplicaServer.start(options);
  }

  /** A server is gone at once, also one that is starting: what was not synced is lost. */
  crash(server: string, { processOnly = false, survives }: CrashOptions = {}): void {
    const running = this.#running.get(server);
    if (running === undefined) throw new Error(`${server} does not run`);
    running.fence.alive = false;
    this.#running.delete(server);
    this.#world.schedule.forget(server);
    this.#world.network.crash(server);
    if (!processOnly) this.#world.disk.powerFailure(`/${server}`, survives);
    this.#world.watcher?.died(server);
  }

  #logOf(fence: Fence): ServerLog {
    const note =
      (level: LogLine['level']) =>
      (message: string, facts: object = {}): void => {
        if (!fence.alive) return;
        if (this.log.length >= LOG_LIMIT) this.log.shift();
        const line = { atMs: this.#world.nowMs, server: fence.server, level, message, facts };
        this.log.push(line);
        this.#world.watcher?.logged(line);
        this.#world.onLog?.(line);
      };
    return { info: note('info'), warn: note('warn'), error: note('error') };
  }
}

/** Number of a replica server; null for the meta server. */
function indexOf(server: string): number | null {
  const [, index] = /\/replica-(\d+)$/.exec(server) ?? [];
  return index === undefined ? null : Number(index);
}
