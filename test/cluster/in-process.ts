/** Clusters in the test's own process, on real loopback sockets and real files, with short times. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import {
  type ClusterLimits,
  type ClusterTimes,
  DEFAULT_LIMITS,
  DEFAULT_TIMES,
  type ServerConfig,
} from '../../runtime/cluster/config.js';
import { MetaServer, type MetaServerOptions } from '../../runtime/cluster/meta/meta-server.js';
import { freePort } from '../../runtime/cluster/ports.js';
import { ReplicaServer } from '../../runtime/cluster/replica/replica-server.js';
import type { ServerLog } from '../../runtime/observe/log.js';
import { type Address, formatAddress, RpcClient } from '../../runtime/pegasus/index.js';

/** Closed after each test, last first. */
export const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'bridle-cluster-'));
  open.push(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

const RETRY = { floorMs: 10, ceilingMs: 60, limitAttempts: 6 } as const;

/** As the embedded clusters', a tenth as patient. */
export const SHORT: ClusterTimes = {
  ...DEFAULT_TIMES,
  nodeSyncMs: 25,
  nodeDeadMs: 600,
  maintenanceMs: 60,
  duplication: {
    storageRetryMs: 200,
    followerTable: { requestDeadlineMs: 250, readinessPollMs: 40, blockedRecheckMs: 300, retry: RETRY },
    watchdog: { noProgressMs: 5_000, sameErrorMs: 3_000 },
  },
  partition: {
    ...DEFAULT_TIMES.partition,
    requestDeadlineMs: 1_000,
    idlePollMs: 100,
    blockedRecheckMs: 300,
    retry: RETRY,
  },
  transfer: {
    requestDeadlineMs: 250,
    stalledFileMs: 1_000,
    installDeadlineMs: 5_000,
    blockedRecheckMs: 200,
    retry: RETRY,
  },
  move: { leaveDeadlineMs: 10_000, stalledFetchMs: 10_000, storageRetryMs: 200 },
};

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly facts: object;
}

export function recordingLog(): { readonly log: ServerLog; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const note =
    (level: LogLine['level']) =>
    (message: string, facts: object = {}) =>
      void lines.push({ level, message, facts });
  return { lines, log: { info: note('info'), warn: note('warn'), error: note('error') } };
}

export interface ServerOptions {
  readonly name: string;
  readonly id?: number;
  readonly times?: Partial<ClusterTimes>;
  readonly limits?: Partial<ClusterLimits>;
  readonly remotes?: Readonly<Record<string, readonly string[]>>;
  readonly tableMachine?: NonNullable<MetaServerOptions['tableMachine']>;
}

/** One cluster: a meta server and `replicas` replica servers, each of which can be ended and begun again. */
export class TestCluster {
  readonly #configs: ServerConfig[] = [];
  readonly #tableMachine: MetaServerOptions['tableMachine'];
  readonly replicas: (ReplicaServer | null)[] = [];
  readonly journal = recordingLog();
  #meta: MetaServer | null = null;

  private constructor(tableMachine: MetaServerOptions['tableMachine']) {
    this.#tableMachine = tableMachine;
  }

  static async start(options: ServerOptions & { readonly replicas?: number }): Promise<TestCluster> {
    const cluster = new TestCluster(options.tableMachine);
    const base = await directory();
    const metaPort = await freePort();
    const count = options.replicas ?? 2;
    for (let index = -1; index < count; index++) {
      cluster.#configs.push({
        role: index < 0 ? 'meta' : 'replica',
        cluster: { name: options.name, id: options.id ?? 1 },
        listen: { host: '127.0.0.1', port: index < 0 ? metaPort : await freePort() },
        directory: join(base, index < 0 ? 'meta' : `replica-${index}`),
        metas: [`127.0.0.1:${metaPort}`],
        remotes: options.remotes ?? {},
        policy: null,
        times: { ...SHORT, ...options.times },
        limits: { ...DEFAULT_LIMITS, ...options.limits },
      });
    }
    open.push(() => cluster.close());
    await cluster.startMeta();
    for (let index = 0; index < count; index++) await cluster.startReplica(index);
    await until(`${count} live replica servers`, () => cluster.meta.nodes.alive().length === count);
    return cluster;
  }

  get meta(): MetaServer {
    if (this.#meta === null) throw new Error('the meta server is not running');
    return this.#meta;
  }

  get metaAddress(): Address {
    return this.configOf('meta').listen;
  }

  get metaName(): string {
    return formatAddress(this.metaAddress);
  }

  get lines(): readonly LogLine[] {
    return this.journal.lines;
  }

  configOf(which: 'meta' | number): ServerConfig {
    const config = this.#configs[which === 'meta' ? 0 : which + 1];
    if (config === undefined) throw new Error(`no server ${which}`);
    return config;
  }

  async startMeta(): Promise<void> {
    this.#meta = await MetaServer.start({
      config: this.configOf('meta'),
      log: this.journal.log,
      ...(this.#tableMachine === undefined ? {} : { tableMachine: this.#tableMachine }),
    });
  }

  async stopMeta(): Promise<void> {
    const meta = this.#meta;
    this.#meta = null;
    await meta?.close();
  }

  async startReplica(index: number): Promise<void> {
    this.replicas[index] = await ReplicaServer.start({
      config: this.configOf(index),
      log: this.journal.log,
    });
  }

  async stopReplica(index: number): Promise<void> {
    const replica = this.replicas[index];
    this.replicas[index] = null;
    await replica?.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica?.close()));
    this.replicas.length = 0;
    await this.stopMeta();
  }
}

export function client(): RpcClient {
  const made = new RpcClient({ protocol: 'thft' });
  open.push(() => made.close());
  return made;
}

/** Polls a condition; fails with what was awaited and what was last seen. */
export async function until<Value>(
  what: string,
  probe: () => Value | Promise<Value>,
  timeoutMs = 25_000,
): Promise<Exclude<NonNullable<Value>, false>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== false && value !== null && value !== undefined)
        return value as Exclude<NonNullable<Value>, false>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
