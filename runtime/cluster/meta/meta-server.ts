/**
 * A meta server: tables, placement, duplications. One per embedded cluster.
 *
 * Everything that changes goes through a chart and is durable before it is answered; queries read the
 * charts' snapshots.
 */
import { deferred } from '../../../actors/clock.js';
import { type DuplicationEffects, describeError, formatOwner } from '../../../machines/index.js';
import { correlationId } from '../../observe/correlation.js';
import type { ServerLog } from '../../observe/log.js';
import type { ProcessMetrics, Scrape } from '../../observe/metrics/index.js';
import type { Recorder } from '../../observe/recording/recorder.js';
import { RepeatLog } from '../../observe/repeat-log.js';
import { type Address, formatAddress, type Handlers, RpcClient, RpcServer } from '../../pegasus/index.js';
import { rpcTimeoutMs, type ServerConfig } from '../config.js';
import {
  type Environment,
  REAL_ENVIRONMENT,
  type RecordableEnvironment,
  recordable,
} from '../environment.js';
import { factsAnswer } from '../facts.js';
import { frontDoor } from '../front-door.js';
import { type Policy, PolicyGate, policySchema } from '../policy.js';
import { probeAnswer } from '../probe.js';
import { CopyRetries } from './copy-retries.js';
import { DuplicationRegistry } from './duplication-registry.js';
import { explainDuplication, type SourcePartition } from './explain-duplication.js';
import { withFence } from './fence.js';
import { RemoteFollower } from './follower-port.js';
import type { HostedDuplication } from './hosted-duplication.js';
import { MetaCounts } from './meta-counts.js';
import { metaHandlers } from './meta-handlers.js';
import { metaHttp } from './meta-http.js';
import { metaScrape } from './meta-metrics.js';
import { MetaStore, type TableRecord } from './meta-store.js';
import { MoveRegistry } from './move-registry.js';
import { NodeRegistry } from './node-registry.js';
import { NodeSyncs } from './node-syncs.js';
import { type TableMachine, TableRegistry } from './table-registry.js';

/** Answers to requests that a chart has to settle come within this, or as ERR_TIMEOUT. */
const ANSWER_DEADLINE_MS = 10_000;

export interface MetaServerOptions {
  readonly config: ServerConfig;
  readonly log: ServerLog;
  /** Replaces the `table` chart; tests put upstream's older handshake here. */
  readonly tableMachine?: TableMachine;
  /** Default: the real one. */
  readonly environment?: Environment;
  /** What the process tells of itself; left out where several servers share one. */
  readonly processMetrics?: ProcessMetrics | null;
}

export class MetaServer implements AsyncDisposable {
  readonly #config: ServerConfig;
  readonly #log: RepeatLog;
  readonly #environment: RecordableEnvironment;
  readonly #syncs: NodeSyncs;
  readonly #store: MetaStore;
  readonly #client: RpcClient;
  readonly #server: RpcServer;
  readonly #counts: MetaCounts;
  readonly #processMetrics: ProcessMetrics | null;
  readonly gate: PolicyGate;
  readonly nodes: NodeRegistry;
  readonly tables: TableRegistry;
  readonly duplications: DuplicationRegistry;
  readonly copyRetries = new CopyRetries();
  readonly moves: MoveRegistry;
  #remotes: Readonly<Record<string, readonly string[]>>;
  #address: Address;
  #policyVersion = 0;

  private constructor(
    options: MetaServerOptions & { readonly environment: RecordableEnvironment; readonly log: RepeatLog },
    parts: {
      store: MetaStore;
      client: RpcClient;
      gate: PolicyGate;
      nodes: NodeRegistry;
      tables: TableRegistry;
      moves: MoveRegistry;
      remotes: Readonly<Record<string, readonly string[]>>;
      counts: MetaCounts;
    },
    duplications: (server: () => MetaServer) => DuplicationRegistry,
  ) {
    this.#config = options.config;
    this.#log = options.log;
    this.#environment = options.environment;
    this.#address = options.config.listen;
    this.#store = parts.store;
    this.#client = parts.client;
    this.#counts = parts.counts;
    this.#processMetrics = options.processMetrics ?? null;
    this.#remotes = parts.remotes;
    this.gate = parts.gate;
    this.nodes = parts.nodes;
    this.tables = parts.tables;
    this.moves = parts.moves;
    this.duplications = duplications(() => this);
    this.#syncs = new NodeSyncs(this, options.log);
    const { clock, network } = this.#environment;
    this.#server = new RpcServer({
      clock,
      network,
      tap: this.#environment.recorder.rpc,
      handlers: this.#handlers(),
      http: metaHttp(this),
      onAnswer: (code, error, body) => this.#counts.served.note(code, error, body),
      ...frontDoor({ config: options.config, gate: this.gate, log: options.log, clock }),
      onHandlerError: (error, context) =>
        this.#log.error('a request failed unexpectedly', { operation: context?.code, error: String(error) }),
    });
  }

  /** Recovers everything durable, then listens: no request is served from half a state. */
  static async start(given: MetaServerOptions): Promise<MetaServer> {
    const { config, log: plain } = given;
    const environment = recordable(given.environment ?? REAL_ENVIRONMENT, `${config.cluster.name} meta`);
    const { clock, network } = environment;
    const log = new RepeatLog(plain, () => clock.now());
    const options = { ...given, environment, log };
    const store = await MetaStore.open(config.directory, environment.openMap);
    const gate = new PolicyGate();
    gate.set((await store.policy()) ?? config.policy ?? { version: 0, rules: [] });
    const nodes = new NodeRegistry(config.times.nodeDeadMs, () => clock.epochMs());
    const onDefect = (error: unknown, effect: string) =>
      log.error('an effect broke its contract', {
        effect,
        error: error instanceof Error ? error.stack : String(error),
      });
    const tables = await TableRegistry.open({
      store,
      nodes,
      storageRetryMs: config.times.duplication.storageRetryMs,
      answerDeadlineMs: ANSWER_DEADLINE_MS,
      onDefect,
      environment,
      ...(options.tableMachine === undefined ? {} : { machine: options.tableMachine }),
    });
    const moves = new MoveRegistry({ tables, nodes, times: config.times.move, log, onDefect, environment });
    const remotes = { ...config.remotes, ...(await store.remotes()) };
    const counts = new MetaCounts();
    const client = new RpcClient({
      protocol: 'rdsn',
      clock,
      network,
      tap: environment.recorder.rpc,
      onOutcome: (code, error, body) => counts.called.note(code, error, body),
      fromAddress: config.listen,
      admitReply: (peer, ack, identity) => gate.admitsReply(peer, ack, identity),
    });
    let self: MetaServer | null = null;
    const registry = await DuplicationRegistry.open({
      store,
      tables,
      clusterName: config.cluster.name,
      remotes: () => self?.remotes ?? remotes,
      followerOf: (cluster, retryNo) =>
        new RemoteFollower({
          client,
          remoteMetas: () => (self?.remotes ?? remotes)[cluster] ?? [],
          ownMetas: [formatAddress(config.listen)],
          timeoutMs: rpcTimeoutMs(config.times.duplication.followerTable.requestDeadlineMs),
          ...(retryNo === undefined ? {} : { retryNo }),
          clock,
        }),
      times: config.times.duplication,
      answerDeadlineMs: ANSWER_DEADLINE_MS,
      log,
      onAnnounce: (announcement, hosted) => announce(plain, announcement, hosted),
      onTrouble: (table, actor, trouble) => counts.failed(table, actor, trouble),
      onDefect,
      environment,
    });
    self = new MetaServer(
      options,
      { store, client, gate, nodes, tables, moves, remotes, counts },
      () => registry,
    );
    try {
      self.#address = await self.#server.listen(config.listen);
    } catch (error) {
      // Charts run already, and the storage is locked: a server that does not listen leaves nothing behind.
      await self.close();
      throw error;
    }
    return self;
  }

  get address(): Address {
    return this.#address;
  }

  get config(): ServerConfig {
    return this.#config;
  }

  get remotes(): Readonly<Record<string, readonly string[]>> {
    return this.#remotes;
  }

  stats() {
    return this.#server.stats();
  }

  /** Everything there is to measure here, as it is now. */
  scrape(): Scrape {
    return metaScrape(this, this.#counts, this.#environment.clock.epochMs(), this.#processMetrics);
  }

  /** Every partition of a table, as its node reported it last. */
  partitionsOf(table: TableRecord): SourcePartition[] {
    return table.partitions.map(({ node }, p) => ({
      node,
      alive: this.nodes.isAlive(node),
      lastReportMs: this.nodes.lastReportMs(node),
      report: this.nodes.partition(node, table.appId, p),
      move: this.moves.of(table.appId, p),
    }));
  }

  explain(hosted: HostedDuplication) {
    const table = this.tables.byId(hosted.record.appId);
    const partitions = table === undefined ? [] : this.partitionsOf(table);
    const explanation = explainDuplication(hosted, partitions, this.gate);
    return table === undefined ? explanation : withFence(explanation, table);
  }

  /** What it says about itself; see `bridle.facts`. */
  facts(): string {
    return factsAnswer({
      role: 'meta',
      cluster: this.#config.cluster,
      address: formatAddress(this.#address),
      policy: this.gate.policy,
      remotes: Object.fromEntries(Object.entries(this.#remotes).map(([name, metas]) => [name, [...metas]])),
      nowMs: this.#environment.clock.epochMs(),
    });
  }

  /** Tries the ways to other servers; see `bridle.probe`. */
  probe(args: readonly string[]): Promise<string> {
    const { clock } = this.#environment;
    return probeAnswer({ client: this.#client, address: formatAddress(this.#address), clock }, args);
  }

  get recorder(): Recorder {
    return this.#environment.recorder;
  }

  /** Where a partition can be read and written now; null while it cannot. */
  primaryOf(table: TableRecord, partition: number): string | null {
    const node = table.partitions[partition]?.node ?? '';
    const serving = this.nodes.partition(node, table.appId, partition)?.state === 'serving';
    return serving && this.nodes.isAlive(node) ? node : null;
  }

  async setRemote(cluster: string, metas: readonly string[]): Promise<void> {
    await this.#store.saveRemote(cluster, metas);
    this.#remotes = { ...this.#remotes, [cluster]: metas };
  }

  /** Durable, then in force here; the replica servers get it with their next report. */
  async setPolicy(rules: Policy['rules']): Promise<Policy> {
    // Counted before the wait: two changes at the same time must not share a version, or the nodes that
    // have the first would never ask for the second.
    this.#policyVersion = Math.max(this.#policyVersion, this.gate.policy.version) + 1;
    const policy = policySchema.parse({ version: this.#policyVersion, rules });
    await this.#store.put({ key: 'policy', value: policy });
    this.gate.set(policy);
    return policy;
  }

  async close(): Promise<void> {
    this.duplications.stop();
    this.moves.stop();
    this.tables.stop();
    // Those who waited have been told; the answers go out with this turn of the loop.
    await deferred(this.#environment.clock);
    await this.#server.close();
    await this.#client.close();
    await this.#store.close();
    this.#log.flush();
    this.#environment.recorder.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handlers(): Handlers {
    return {
      ...metaHandlers(this),
      RPC_BRIDLE_NODE_SYNC: ({ json }, { peer }) => ({ err: 'ERR_OK', json: this.#syncs.answer(json, peer) }),
    };
  }
}

function announce(
  log: ServerLog,
  announcement: DuplicationEffects['announce'],
  { record, context }: HostedDuplication,
): void {
  const { what, status, trouble, stuck } = announcement;
  const correlation = correlationId(formatOwner(context.identity));
  const facts = { correlation, duplication: record.duplicationId, table: record.appName, status };
  if (what === 'blocked') {
    const error = trouble?.error ?? 'BRIDLE_NO_PROGRESS';
    // Stuck can end by itself; blocked says that somebody has to act.
    const level = stuck === null ? 'error' : 'warn';
    log[level](stuck === null ? 'duplication is blocked' : 'duplication is stuck', {
      ...facts,
      reason: stuck,
      trouble,
      what: describeError(error).what,
    });
  } else log.info(what === 'status' ? 'duplication changed its status' : 'duplication moves again', facts);
}
