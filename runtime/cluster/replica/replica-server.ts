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
import {
  type ArrivalOrder,
  type DropOrder,
  type Leftover,
  type NodeOrders,
  type NodeReport,
  nodeOrdersSchema,
} from '../node-sync.js';
import { PolicyGate } from '../policy.js';
import { probeAnswer } from '../probe.js';
import { recordsAnswer } from '../records.js';
import { RrdbService } from '../rrdb/index.js';
import { measureServer } from '../server-metrics.js';
import { Unchanged } from '../unchanged.js';
import { deleteArrival, HostedArrival } from './hosted-arrival.js';
import { HostedPartition } from './hosted-partition.js';
import { arrivalKey, findLeftovers, keyOf } from './leftovers.js';
import type { NodeContext } from './node-context.js';
import { NodeCounts } from './node-counts.js';
import { deletePartition, partitionDirectory } from './partition-directory.js';

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
  readonly #partitions = new Map<string, HostedPartition>();
  /** On their way to this node. */
  readonly #arrivals = new Map<string, HostedArrival>();
  /** What is being done on a partition's directory before anything else may be. */
  readonly #dropping = new Map<string, Promise<void>>();
  /** Partitions on disk that nobody has ordered, or whose deletion failed, and what was fetched for moves. */
  readonly #leftovers = new Map<string, Leftover>();
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
    this.#checkpoints = new CheckpointService({
      partition: (gpid) => {
        const store = this.#partitions.get(keyOf(gpid))?.store ?? null;
        return store === null ? undefined : { store };
      },
      handover: (gpid, ballot) => this.#partitions.get(keyOf(gpid))?.handover(ballot),
      serverAddress: config.listen,
      clock,
      fileSystem,
      onBlock: (gpid, bytes) =>
        this.#counts.handedOut(this.#partitions.get(keyOf(gpid))?.table ?? 'unknown', bytes),
    });
    this.#rrdb = new RrdbService({
      partition: (gpid) => this.#partitions.get(keyOf(gpid))?.serving,
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
    for (const [key, left] of await findLeftovers(options.config.directory, fileSystem)) {
      server.#leftovers.set(key, left);
    }
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
    return [...this.#partitions.values()];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#server.close();
    await this.#client.close();
    await this.#loops;
    await Promise.all([...this.#arrivals.values()].map((arrival) => arrival.stop()));
    await Promise.all(this.partitions().map((partition) => partition.close()));
    await Promise.all(this.#dropping.values());
    await this.#checkpoints.close();
    await this.#rrdb.close();
    this.#log.flush();
    this.#environment.recorder.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #sync(): Promise<void> {
    const report: NodeReport = {
      node: this.#node.address,
      pid: this.#environment.processId,
      policyVersion: this.#gate.policy.version,
      partitions: this.partitions().map((partition) => partition.report()),
      leftovers: [...this.#leftovers.values()],
      arrivals: [...this.#arrivals.values()].map((arrival) => arrival.report()),
    };
    const { policyVersion, partitions, leftovers, arrivals = [] } = report;
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
    for (const order of orders.partitions) {
      const key = keyOf(order);
      const hosted = this.#partitions.get(key);
      if (hosted?.ballot === (order.ballot ?? 0)) hosted.follow(order);
      else if (!this.#dropping.has(key)) {
        this.#leftovers.delete(key);
        this.#leftovers.delete(arrivalKey(order));
        // What was here before, and has left; and what has come.
        const before = Promise.all([hosted?.close(), this.#arrivals.get(key)?.stop()]);
        this.#arrivals.delete(key);
        this.#partitions.set(key, new HostedPartition(this.#node, order, before));
      }
    }
    for (const order of orders.arrivals ?? []) this.#expect(order);
    for (const order of orders.drop) this.#drop(order);
  }

  /** Has a partition fetched from the node that has closed it. */
  #expect(order: ArrivalOrder): void {
    const key = keyOf(order);
    const known = this.#arrivals.get(key);
    if (known?.ballot === order.ballot || this.#dropping.has(key)) return;
    this.#leftovers.delete(arrivalKey(order));
    const arrival = new HostedArrival({
      node: this.#node,
      order,
      directory: partitionDirectory(this.#config.directory, order),
      after: known?.stop() ?? Promise.resolve(),
    });
    this.#arrivals.set(key, arrival);
  }

  /** Deletes a partition, or what was fetched for a move, or both. */
  #drop({ appId, partitionIndex, below, arrival }: DropOrder): void {
    const gpid = { appId, partitionIndex };
    const key = keyOf(gpid);
    if (this.#dropping.has(key)) return;
    const hosted = this.#partitions.get(key);
    const arriving = this.#arrivals.get(key);
    const left = this.#leftovers.get(key);
    const leftArrival = this.#leftovers.get(arrivalKey(gpid));
    const ballot = hosted?.ballot ?? left?.ballot ?? 0;
    // A copy that came with a later move than the order knows of is not its to delete.
    const partition = arrival !== true && (below === undefined || ballot < below);
    const fetched = arrival === true || below === undefined;
    const isHere = (partition && (hosted ?? left)) || (fetched && (arriving ?? leftArrival));
    if (!isHere) return;
    if (partition) {
      this.#partitions.delete(key);
      this.#leftovers.delete(key);
    }
    if (fetched) {
      this.#arrivals.delete(key);
      this.#leftovers.delete(arrivalKey(gpid));
    }
    const directory = partitionDirectory(this.#config.directory, gpid);
    const { fileSystem } = this.#environment;
    const work = async () => {
      if (partition) await (hosted === undefined ? deletePartition(directory, fileSystem) : hosted.drop());
      if (!fetched) return;
      await arriving?.stop();
      await deleteArrival(directory, fileSystem);
    };
    const dropped = work()
      .catch((error: unknown) => {
        this.#log.error('cannot delete a dropped partition', { partition: key, error: String(error) });
        if (partition) this.#leftovers.set(key, { ...gpid, ...(ballot === 0 ? {} : { ballot }) });
        if (fetched) this.#leftovers.set(arrivalKey(gpid), { ...gpid, arrival: true });
      })
      .finally(() => this.#dropping.delete(key));
    this.#dropping.set(key, dropped);
  }

  async #maintain(): Promise<void> {
    await this.#rrdb.maintain();
    for (const partition of this.#partitions.values()) {
      await partition
        .maintain()
        .catch((error: unknown) =>
          this.#log.warn('maintenance of a partition failed', { ...partition.gpid, error: String(error) }),
        );
    }
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
    for (const partition of this.#partitions.values()) await partition.measure(scrape);
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
