/**
 * A replica server: holds partitions, serves rows, hands out checkpoints, ships logs. It reports to its
 * meta server and does what that one orders; while the meta is away it goes on with what it knows.
 */
import { pauses } from '../../../actors/clock.js';
import { RateLimiter } from '../../../actors/rateLimiter.js';
import type { ServerLog } from '../../observe/log.js';
import { METRICS, metricsResponse, type ProcessMetrics, Scrape } from '../../observe/metrics/index.js';
import { RepeatLog } from '../../observe/repeat-log.js';
import {
  type Address,
  formatAddress,
  type HttpHandler,
  RpcClient,
  RpcError,
  RpcServer,
} from '../../pegasus/index.js';
import type { ServerConfig } from '../config.js';
import {
  type Environment,
  REAL_ENVIRONMENT,
  type RecordableEnvironment,
  recordable,
} from '../environment.js';
import { factsAnswer } from '../facts.js';
import { frontDoor } from '../front-door.js';
import { MetaGroup } from '../meta-group.js';
import { CheckpointService } from '../nfs/source-service.js';
import { type NodeOrders, type NodeReport, nodeOrdersSchema } from '../node-sync.js';
import { PolicyGate } from '../policy.js';
import { probeAnswer } from '../probe.js';
import { recordsAnswer } from '../records.js';
import { RrdbService } from '../rrdb/index.js';
import { measureServer } from '../server-metrics.js';
import { Unchanged } from '../unchanged.js';
import { Holdings } from './holdings.js';
import type { HostedPartition } from './hosted-partition.js';
import type { NodeContext } from './node-context.js';
import { NodeCounts } from './node-counts.js';

export interface ReplicaServerOptions {
  readonly config: ServerConfig;
  readonly log: ServerLog;
  /** Default: the real one. */
  readonly environment?: Environment;
  /** What the process tells of itself; left out where several servers share one. */
  readonly processMetrics?: ProcessMetrics | null;
}

export class ReplicaServer implements AsyncDisposable {
  readonly #config: ServerConfig;
  readonly #log: RepeatLog;
  readonly #environment: RecordableEnvironment;
  readonly #gate = new PolicyGate();
  readonly #client: RpcClient;
  readonly #metas: MetaGroup;
  readonly #holdings: Holdings;
  readonly #checkpoints: CheckpointService;
  readonly #rrdb: RrdbService;
  readonly #server: RpcServer;
  readonly #node: NodeContext;
  readonly #reportText = new Unchanged<string>();
  readonly #orders = new Unchanged<NodeOrders>();
  readonly #stop = new AbortController();
  readonly #counts = new NodeCounts();
  readonly #processMetrics: ProcessMetrics | null;
  #loops: Promise<unknown> = Promise.resolve();
  #orderedAtMs: number;
  #scraping: Promise<Scrape> | null = null;

  private constructor({
    config,
    log: plain,
    environment: given = REAL_ENVIRONMENT,
    processMetrics = null,
  }: ReplicaServerOptions) {
    const environment = recordable(given, `${config.cluster.name} replica ${config.listen.port}`);
    const { clock, network, fileSystem } = environment;
    const log = new RepeatLog(plain, () => clock.now());
    this.#config = config;
    this.#log = log;
    this.#environment = environment;
    this.#processMetrics = processMetrics;
    this.#orderedAtMs = clock.now();
    this.#gate.set(config.policy ?? { version: 0, rules: [] });
    this.#client = new RpcClient({
      protocol: 'rdsn',
      clock,
      network,
      tap: environment.recorder.rpc,
      onOutcome: (code, error, body) => this.#counts.called.note(code, error, body),
      fromAddress: config.listen,
      admitReply: (peer, ack, identity) => this.#gate.admitsReply(peer, ack, identity),
    });
    this.#metas = new MetaGroup(this.#client, config.metas);
    this.#node = {
      config,
      address: formatAddress(config.listen),
      client: this.#client,
      limiter: new RateLimiter({ bytesPerSecond: config.limits.copyBytesPerSecond, clock }),
      log,
      environment,
      checkpoints: () => this.#checkpoints,
      counts: this.#counts,
    };
    this.#holdings = new Holdings(this.#node);
    this.#checkpoints = new CheckpointService({
      partition: (gpid) => {
        const store = this.#holdings.partition(gpid)?.store ?? null;
        return store === null ? undefined : { store };
      },
      handover: (gpid, ballot) => this.#holdings.partition(gpid)?.handover(ballot),
      serverAddress: config.listen,
      clock,
      fileSystem,
      onBlock: (gpid, bytes) =>
        this.#counts.handedOut(this.#holdings.partition(gpid)?.table ?? 'unknown', bytes),
    });
    this.#rrdb = new RrdbService({
      partition: (gpid) => this.#holdings.partition(gpid)?.serving,
      clusterId: config.cluster.id,
      serverAddress: this.#node.address,
      nowSeconds: () => Math.floor(clock.epochMs() / 1_000),
    });
    this.#server = new RpcServer({
      clock,
      network,
      tap: environment.recorder.rpc,
      handlers: {
        ...this.#rrdb.handlers,
        ...this.#checkpoints.handlers,
        RPC_CLI_CLI_CALL: ({ cmd, arguments: args }) => this.#command(cmd, args),
      },
      http: this.#http(),
      onAnswer: (code, error, body) => this.#counts.served.note(code, error, body),
      ...frontDoor({
        config,
        gate: this.#gate,
        log,
        clock,
        leavesUnanswered: (context) => this.#rrdb.leavesUnanswered(context),
      }),
      onHandlerError: (error, context) =>
        log.error('a request failed unexpectedly', {
          operation: context?.code,
          error: error instanceof Error ? error.stack : String(error),
        }),
    });
  }

  /** Listens at once; partitions open as the meta server orders them. */
  static async start(options: ReplicaServerOptions): Promise<ReplicaServer> {
    const server = new ReplicaServer(options);
    const { fileSystem } = server.#environment;
    await fileSystem.makeDirectory(options.config.directory);
    await server.#holdings.find();
    try {
      await server.#server.listen(options.config.listen);
    } catch (error) {
      await server.close();
      throw error;
    }
    server.#loops = Promise.all([
      server.#every('node sync', options.config.times.nodeSyncMs, () => server.#sync()),
      server.#every('maintenance', options.config.times.maintenanceMs, () => server.#maintain()),
    ]);
    return server;
  }

  get address(): Address {
    return this.#config.listen;
  }

  /** Every partition that this server has been ordered to hold. */
  partitions(): readonly HostedPartition[] {
    return this.#holdings.partitions();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#server.close();
    await this.#client.close();
    await this.#loops;
    await this.#holdings.close();
    await this.#checkpoints.close();
    await this.#rrdb.close();
    this.#log.flush();
    this.#environment.recorder.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #sync(): Promise<void> {
    const held = this.#holdings.report();
    const report: NodeReport = {
      node: this.#node.address,
      pid: this.#environment.processId,
      policyVersion: this.#gate.policy.version,
      ...held,
    };
    const { policyVersion } = report;
    const { partitions, leftovers, arrivals } = held;
    const inputs = [policyVersion, ...partitions, 'leftovers', ...leftovers, 'arrivals', ...arrivals];
    const text = this.#reportText.of(inputs, () => JSON.stringify(report));
    // A client that is closed ends its calls; to listen to a signal for each costs more.
    const options = { timeoutMs: this.#config.times.nodeDeadMs };
    const { json } = await this.#metas.call('RPC_BRIDLE_NODE_SYNC', { json: text }, options);
    this.#follow(this.#orders.of([json], () => nodeOrdersSchema.parse(JSON.parse(json))));
    this.#orderedAtMs = this.#environment.clock.now();
  }

  #follow(orders: NodeOrders): void {
    if (orders.policy.version !== this.#gate.policy.version) this.#gate.set(orders.policy);
    this.#holdings.follow(orders);
  }

  async #maintain(): Promise<void> {
    await this.#rrdb.maintain();
    await this.#holdings.maintain();
  }

  /** Runs `work` again and again; a failure is logged, and its end, and neither ends the loop. */
  async #every(what: string, periodMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    const pause = pauses(this.#environment.clock, signal);
    while (!signal.aborted) {
      try {
        await work();
        this.#log.over({ actor: what });
      } catch (error) {
        const failure = error instanceof RpcError ? `${error.operation}: ${error.code}` : String(error);
        if (!signal.aborted) this.#log.warn('periodic work failed', { actor: what, failure });
      }
      await pause(periodMs, what);
    }
  }

  #command(cmd: string, args: readonly string[]): string | Promise<string> {
    switch (cmd) {
      case 'bridle.stats':
        return JSON.stringify(this.#server.stats());
      case 'bridle.partitions':
        return JSON.stringify(this.partitions().map((partition) => partition.report()));
      case 'bridle.facts':
        return this.#facts();
      case 'bridle.probe':
        return probeAnswer(
          { client: this.#client, address: this.#node.address, clock: this.#environment.clock },
          args,
        );
      case 'bridle.records':
        return recordsAnswer(this.#environment.recorder, { role: 'replica', address: this.address }, args);
      default:
        return `unknown command ${JSON.stringify(cmd)}`;
    }
  }

  /** Whoever asks while one is being made gets the same: many who scrape cost no more than one. */
  #scrape(): Promise<Scrape> {
    this.#scraping ??= this.#measure().finally(() => {
      this.#scraping = null;
    });
    return this.#scraping;
  }

  async #measure(): Promise<Scrape> {
    const { cluster, directory } = this.#config;
    const { clock, fileSystem } = this.#environment;
    const scrape = new Scrape({ cluster: cluster.name });
    measureServer(scrape, 'replica', this.#server.stats(), this.#processMetrics);
    scrape.set(METRICS.ordersAge, {}, (clock.now() - this.#orderedAtMs) / 1_000);
    scrape.set(METRICS.diskFree, {}, await fileSystem.freeBytes(directory).catch(() => undefined));
    for (const partition of this.partitions()) await partition.measure(scrape);
    this.#counts.writeTo(scrape);
    return scrape;
  }

  async #facts(): Promise<string> {
    const { directory, cluster, limits } = this.#config;
    const { clock, fileSystem } = this.#environment;
    const partitions = await Promise.all(this.partitions().map((partition) => partition.sizes()));
    return factsAnswer({
      role: 'replica',
      cluster,
      address: this.#node.address,
      policy: this.#gate.policy,
      freeBytes: await fileSystem.freeBytes(directory),
      maxWriteBytes: this.#rrdb.maxWriteBytes,
      batchBytes: limits.batchBytes,
      partitions,
      // Last, so that it is the time of the answer.
      nowMs: clock.epochMs(),
    });
  }

  #http(): HttpHandler {
    return async ({ path, accept }) => {
      const contentType = 'application/json';
      const json = (value: unknown) => ({ status: 200, contentType, body: `${JSON.stringify(value)}\n` });
      if (path === '/metrics') return metricsResponse(await this.#scrape(), accept);
      if (path === '/replica/partitions') return json(this.partitions().map((each) => each.report()));
      if (path === '/stats') return json(this.#server.stats());
      return { status: 404, body: 'service not found\n' };
    };
  }
}
