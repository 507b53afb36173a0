/** The `partitionDuplicator` chart of one duplication on one partition, at the source. */
import type { Subscription } from 'rxjs';
import { ChartHost } from '../../../actors/chartHost.js';
import { partitionDuplicatorHandlers } from '../../../actors/handlers.js';
import { logNeededAfter, partitionDuplicator, progressReport } from '../../../machines/index.js';
import { Journal } from '../../observe/journal.js';
import type { PartitionStore } from '../../store/index.js';
import { rpcTimeoutMs } from '../config.js';
import { chartEnvironment } from '../environment.js';
import type { DuplicationOrder, DuplicationReport, PartitionOrder, TroubleReport } from '../node-sync.js';
import type { RrdbResult } from '../rrdb/index.js';
import { FollowerShipper } from './follower-shipper.js';
import type { NodeContext } from './node-context.js';
import { SourceLog } from './source-log.js';

/** Failed reads of the same place in the log before FAIL_SKIP gives it up. */
const DAMAGED_READS_LIMIT = 3;

export class HostedDuplicator {
  readonly #node: NodeContext;
  readonly #journal: Journal;
  readonly #host: ChartHost<typeof partitionDuplicator>;
  readonly #shipper: FollowerShipper;
  readonly #appended: Subscription;
  #order: DuplicationOrder;
  #told = '';

  constructor(
    node: NodeContext,
    partition: PartitionOrder,
    order: DuplicationOrder,
    store: PartitionStore<RrdbResult>,
  ) {
    this.#node = node;
    this.#order = order;
    const { clock } = node.environment;
    this.#journal = new Journal(() => clock.epochMs());
    const { times, limits, cluster } = node.config;
    const log = new SourceLog({
      store,
      clusterId: cluster.id,
      batchBytes: limits.batchBytes,
      batchMutations: limits.batchMutations,
    });
    this.#shipper = new FollowerShipper({
      client: node.client,
      remoteMetas: () => this.#order.remoteMetas,
      remoteTable: order.remoteTable,
      partitionIndex: partition.partitionIndex,
      partitionCount: partition.partitionCount,
      owner: order.owner,
      confirmedDecree: () => this.#order.confirmedDecree,
      batch: (from, to) => log.batch(from, to),
      timeoutMs: rpcTimeoutMs(times.partition.requestDeadlineMs),
      clock,
    });
    const name = `duplicator/${order.duplicationId}/${partition.partitionIndex}`;
    this.#host = new ChartHost({
      name,
      machine: partitionDuplicator,
      partition: partition.partitionIndex,
      input: {
        partition: partition.partitionIndex,
        damagedReadsLimit: DAMAGED_READS_LIMIT,
        times: times.partition,
      },
      handlers: partitionDuplicatorHandlers(log, this.#shipper),
      onDefect: (error, effect) =>
        node.log.error('an effect broke its contract', {
          effect,
          error: error instanceof Error ? error.stack : String(error),
        }),
      ...chartEnvironment(node.environment),
      onSnapshot: (actor, snapshot) => this.#journal.note(actor, snapshot),
    }).start();
    this.#appended = store.appended$.subscribe(() => {
      if (this.#host.snapshot.matches({ shipping: 'caughtUp' })) this.#host.send({ type: 'LOG_APPENDED' });
    });
    this.follow(order);
  }

  /** Decree above which this duplication still needs the log; −1 means all of it. */
  get neededAfter(): number {
    return logNeededAfter(this.#host.snapshot.context, this.#order.confirmedDecree);
  }

  follow(order: DuplicationOrder): void {
    const retry = order.retryNo > this.#order.retryNo;
    if (order.remoteMetas.join() !== this.#order.remoteMetas.join()) this.#shipper.forgetPrimary();
    this.#order = order;
    const told = `${order.status} ${order.failMode}`;
    if (told !== this.#told)
      this.#host.send({ type: 'STATUS', status: order.status, failMode: order.failMode });
    this.#told = told;
    if (retry) this.#host.send({ type: 'RETRY_NOW' });
  }

  report(): DuplicationReport {
    const { context } = this.#host.snapshot;
    const history = this.#journal.of(this.#host.name);
    return {
      duplicationId: this.#order.duplicationId,
      state: history?.state ?? 'idle',
      ...progressReport(context),
      skippedMutations: context.skippedMutations,
      trouble: troubleReport(this.#node.address, history?.trouble ?? null),
    };
  }

  stop(): void {
    this.#appended.unsubscribe();
    this.#host.stop();
  }
}

/** Trouble with its history, in the terms of a node's report. */
export function troubleReport(
  node: string,
  history: Parameters<typeof plain>[0] | null,
): TroubleReport | null {
  return history === null
    ? null
    : { ...plain(history), node, attempts: history.count, firstSeenMs: history.firstSeenMs };
}

function plain({
  error,
  operation,
  peer,
  hint,
}: {
  readonly error: string;
  readonly operation: string;
  readonly peer?: string;
  readonly hint?: string;
  readonly count: number;
  readonly firstSeenMs: number;
}) {
  return {
    error,
    operation,
    ...(peer === undefined ? {} : { peer }),
    ...(hint === undefined ? {} : { hint }),
  };
}
