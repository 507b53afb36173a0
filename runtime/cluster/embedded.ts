/**
 * A small cluster of one's own: a meta server and replica servers as processes of their own on loopback,
 * with one copy per partition. For development, tests, demonstrations and small data.
 *
 * The process that starts a cluster looks after it: a server that dies is started again on the same port
 * and the same directory. When that process ends, so do the servers.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Observable, Subject } from 'rxjs';
import { z } from 'zod';
import type { LogLevel } from '../observe/log.js';
import {
  type Address,
  checkServerNames,
  formatAddress,
  loadTls,
  RpcClient,
  RpcError,
  type RpcServerLimits,
  TlsCredentials,
  type TlsFiles,
  tlsNetwork,
} from '../pegasus/index.js';
import {
  type ClusterIdentity,
  type ClusterLimits,
  type ClusterTimes,
  DEFAULT_LIMITS,
  DEFAULT_TIMES,
  type ServerConfig,
} from './config.js';
import { type PolicyRule, policyFlaw } from './policy.js';
import { freePort, isPortFree } from './ports.js';
import { type ServerEvent, ServerProcess } from './server-process.js';

export type DeepPartial<T> = T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T;

/** A cluster of this machine: one meta server and some replica servers, each a process. */
export interface StartClusterOptions {
  /** 1 to 64 of A-Z a-z 0-9 _ - */
  readonly name: string;
  /** 1..127; by default derived from the name. Two clusters of one duplication need different ids. */
  readonly id?: number;
  /** Holds everything durable; made if missing. */
  readonly directory: string;
  /** 0 or left out: any free port, kept for later starts on the same directory. */
  readonly metaPort?: number;
  /** Default 3. A directory that was used before keeps its number of replica servers. */
  readonly replicas?: number;
  readonly remotes?: Readonly<Record<string, readonly string[]>>;
  readonly policy?: readonly PolicyRule[];
  readonly times?: DeepPartial<ClusterTimes>;
  readonly limits?: Partial<ClusterLimits>;
  /**
   * Everybody who talks to the cluster shows a certificate. Left out: plain TCP. That of the servers is for
   * 127.0.0.1 and has the name `URI:bridle://NAME/server`; see docs/security.md.
   */
  readonly tls?: TlsFiles;
  /** What peers may do to a server: connections, frames, patience. What is left out keeps its default. */
  readonly rpc?: Partial<RpcServerLimits>;
  /** Start a server again that has died. Default true. */
  readonly restart?: boolean;
  readonly signal?: AbortSignal;
  /** Of the servers' logs. Default `info`; `debug` has every step of every actor. */
  readonly logLevel?: LogLevel;
}

/** One server process; `pid` is null while it is down. */
export interface ServerView {
  readonly role: 'meta' | 'replica';
  readonly index: number;
  readonly address: string;
  readonly pid: number | null;
  readonly restarts: number;
}

/** What happens to a server process, and to which. */
export interface ClusterEvent extends ServerEvent {
  readonly role: 'meta' | 'replica';
  readonly index: number;
}

/** Why a cluster did not start; `code` is a dsn error name or one of ours. */
export class ClusterStartError extends Error {
  override readonly name = 'ClusterStartError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const LOOPBACK = '127.0.0.1';
const START_DEADLINE_MS = 30_000;
const LAYOUT_FILE = 'cluster.json';

const layoutSchema = z.object({
  name: z.string(),
  id: z.number().int(),
  metaPort: z.number().int(),
  replicaPorts: z.array(z.number().int()).min(1),
});
type Layout = z.infer<typeof layoutSchema>;

/** A running cluster of this machine. Its servers end with it, and with this process. */
export class EmbeddedCluster implements AsyncDisposable {
  readonly name: string;
  /** 1..127, in the timetag of every row that is written here. */
  readonly id: number;
  /** `host:port` of the meta server. */
  readonly meta: string;
  /** What it holds durably, and its servers' logs. */
  readonly directory: string;
  readonly #servers: readonly { role: 'meta' | 'replica'; index: number; process: ServerProcess }[];
  readonly #events = new Subject<ClusterEvent>();

  private constructor(layout: Layout, directory: string, configs: readonly ServerConfig[], restart: boolean) {
    this.name = layout.name;
    this.id = layout.id;
    this.directory = directory;
    this.meta = `${LOOPBACK}:${layout.metaPort}`;
    this.#servers = configs.map((config, i) => {
      const role = config.role;
      const index = role === 'meta' ? 0 : i - 1;
      const logFile = join(directory, `${role}-${index}.log`);
      const process = new ServerProcess({ config, logFile, restart });
      process.events$.subscribe((event) => this.#events.next({ ...event, role, index }));
      return { role, index, process };
    });
  }

  /** @internal Use {@link startCluster}. */
  static async start(options: StartClusterOptions): Promise<EmbeddedCluster> {
    const directory = resolve(options.directory);
    checkTls(options);
    const { layout, save } = await layoutOf(options, directory);
    const cluster = new EmbeddedCluster(
      layout,
      directory,
      configsOf(options, layout, directory),
      options.restart ?? true,
    );
    try {
      await Promise.all(cluster.#servers.map(({ process }) => process.start()));
      await cluster.#allAlive(options.signal, options.tls);
      // Not before its servers hold their locks: another cluster may live in this directory.
      await save();
      return cluster;
    } catch (error) {
      await cluster.close();
      if (error instanceof ClusterStartError) throw error;
      const code = (error as { code?: string }).code ?? 'ERR_UNKNOWN';
      throw new ClusterStartError(code, error instanceof Error ? error.message : String(error));
    }
  }

  /** Servers that died, were started again, or were given up. */
  get events$(): Observable<ClusterEvent> {
    return this.#events.asObservable();
  }

  /** The meta server first, then the replica servers by index. */
  servers(): ServerView[] {
    return this.#servers.map(({ role, index, process }) => ({
      role,
      index,
      address: process.address,
      pid: process.pid,
      restarts: process.restarts,
    }));
  }

  /** Ends a server as a crash would; it is started again unless `restart` is off. */
  async kill(role: 'meta' | 'replica', index: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const server = this.#servers.find((candidate) => candidate.role === role && candidate.index === index);
    await server?.process.kill(signal);
  }

  /** Stops every server in good order; what is durable stays. Doing it twice is harmless. */
  async close(): Promise<void> {
    // Replica servers first: they say good-bye to a meta server that still listens.
    await Promise.all(
      this.#servers.filter(({ role }) => role === 'replica').map(({ process }) => process.stop()),
    );
    await Promise.all(this.#servers.map(({ process }) => process.stop()));
    this.#events.complete();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits until the meta server counts every replica server as alive. */
  async #allAlive(signal: AbortSignal | undefined, tls: TlsFiles | undefined): Promise<void> {
    const network =
      tls === undefined ? {} : { network: tlsNetwork({ credentials: new TlsCredentials(tls) }) };
    await using client = new RpcClient({ protocol: 'thft', ...network });
    const meta = addressOf(this.meta);
    const wanted = this.#servers.length - 1;
    const deadlineMs = Date.now() + START_DEADLINE_MS;
    for (;;) {
      signal?.throwIfAborted();
      const alive = await client
        .call(meta, 'RPC_CM_LIST_NODES', { status: 1 }, { timeoutMs: 2_000 })
        .then(({ infos }) => infos.length)
        .catch((error: unknown) => {
          if (error instanceof RpcError) return 0;
          throw error;
        });
      if (alive >= wanted) return;
      if (Date.now() > deadlineMs) {
        throw new ClusterStartError(
          'ERR_TIMEOUT',
          `${alive} of ${wanted} replica servers are alive after ${START_DEADLINE_MS} ms`,
        );
      }
      await new Promise((done) => setTimeout(done, 25));
    }
  }
}

/**
 * Starts a cluster, or starts it again on a directory that was used before; resolves when every server
 * listens and the meta server sees all replica servers.
 *
 * @throws ClusterStartError `ERR_ADDRESS_ALREADY_USED`, `ERR_LOCK_ALREADY_EXIST` (the directory is in use),
 * `ERR_INVALID_PARAMETERS`, disk errors
 * @example
 * await using cluster = await startCluster({ name: 'east', directory: '/tmp/east' });
 * console.log(cluster.meta);
 */
export function startCluster(options: StartClusterOptions): Promise<EmbeddedCluster> {
  return EmbeddedCluster.start(options);
}

/** The number a cluster gets if none is given: stable, 1..127. */
export function clusterIdOf(name: string): number {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 127;
  return hash + 1;
}

/** Ports and names a cluster starts with; `save` keeps them for later starts on the same directory. */
async function layoutOf(
  options: StartClusterOptions,
  directory: string,
): Promise<{ readonly layout: Layout; readonly save: () => Promise<void> }> {
  const { name, metaPort = 0, replicas } = options;
  const id = options.id ?? clusterIdOf(name);
  const invalid = (message: string) => new ClusterStartError('ERR_INVALID_PARAMETERS', message);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw invalid(`cluster name ${JSON.stringify(name)}: 1 to 64 of A-Z a-z 0-9 _ -`);
  if (!Number.isInteger(id) || id < 1 || id > 127) throw invalid(`cluster id ${id}: 1 to 127`);
  if (replicas !== undefined && (!Number.isInteger(replicas) || replicas < 1 || replicas > 64)) {
    throw invalid(`${replicas} replica servers: 1 to 64`);
  }
  if (!Number.isInteger(metaPort) || metaPort < 0 || metaPort > 65_535)
    throw invalid(`port ${metaPort}: 0 to 65535`);
  await mkdir(directory, { recursive: true });
  const file = join(directory, LAYOUT_FILE);
  const known = await readFile(file, 'utf8').then(
    (text) => layoutSchema.parse(JSON.parse(text)),
    () => null,
  );
  if (known !== null) {
    if (known.name !== name) throw invalid(`${directory} belongs to cluster ${known.name}, not ${name}`);
    if (known.id !== id && options.id !== undefined)
      throw invalid(`${directory} belongs to a cluster with id ${known.id}, not ${id}`);
    if (replicas !== undefined && replicas !== known.replicaPorts.length) {
      throw invalid(`${directory} has ${known.replicaPorts.length} replica servers, not ${replicas}`);
    }
    if (metaPort === 0 || metaPort === known.metaPort) return { layout: known, save: async () => {} };
  }
  if (metaPort !== 0 && !(await isPortFree(metaPort))) {
    throw new ClusterStartError('ERR_ADDRESS_ALREADY_USED', `port ${metaPort} is in use`);
  }
  const layout: Layout = {
    name,
    id: known?.id ?? id,
    metaPort: metaPort === 0 ? await freePort() : metaPort,
    replicaPorts:
      known?.replicaPorts ?? (await Promise.all(Array.from({ length: replicas ?? 3 }, () => freePort()))),
  };
  const save = async () => {
    await writeFile(`${file}.new`, `${JSON.stringify(layout)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  return { layout, save };
}

/** Said here, once, and not by every server process. */
function checkTls({ tls, name, policy = [] }: StartClusterOptions): void {
  const flaw = policyFlaw(policy, tls === undefined ? {} : { tls });
  if (flaw !== undefined) throw new ClusterStartError('ERR_INVALID_PARAMETERS', flaw);
  if (tls === undefined) return;
  try {
    checkServerNames(loadTls(tls), tls, name, LOOPBACK);
  } catch (error) {
    const { code = 'ERR_UNKNOWN', message } = error as { code?: string; message: string };
    throw new ClusterStartError(code, message);
  }
}

/** Servers have other working directories. */
function absolute({ certFile, keyFile, caFile }: TlsFiles): TlsFiles {
  return { certFile: resolve(certFile), keyFile: resolve(keyFile), caFile: resolve(caFile) };
}

function configsOf(options: StartClusterOptions, layout: Layout, directory: string): ServerConfig[] {
  const cluster: ClusterIdentity = { name: layout.name, id: layout.id };
  const shared = {
    cluster,
    remotes: options.remotes ?? {},
    tls: options.tls === undefined ? null : absolute(options.tls),
    rpc: options.rpc ?? {},
    policy: options.policy === undefined ? null : { version: 0, rules: [...options.policy] },
    times: merged(DEFAULT_TIMES, options.times ?? {}),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
  };
  const meta: Address = { host: LOOPBACK, port: layout.metaPort };
  return [
    { ...shared, role: 'meta', listen: meta, directory: join(directory, 'meta'), metas: [] },
    ...layout.replicaPorts.map((port, i) => ({
      ...shared,
      role: 'replica' as const,
      listen: { host: LOOPBACK, port },
      directory: join(directory, `replica-${i}`),
      metas: [formatAddress(meta)],
    })),
  ];
}

function merged<T extends object>(base: T, over: DeepPartial<T>): T {
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] =
      typeof old === 'object' && old !== null && typeof value === 'object' && value !== null
        ? merged(old, value as DeepPartial<object>)
        : value;
  }
  return result as T;
}

function addressOf(text: string): Address {
  const [host = '', port = ''] = text.split(':');
  return { host, port: Number(port) };
}
