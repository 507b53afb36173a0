/** The `partitionDuplicator` chart of one duplication on one partition, at the source. */
import type { Subscription } from 'rxjs';
import { ChartHost } from '../../../actors/chartHost.js';
import { partitionDuplicatorHandlers } from '../../../actors/handlers.js';
import { logNeededAfter, partitionDuplicator, progressReport } from '../../../machines/index.js';
import { actorLog } from '../../observe/actor-log.js';
import { correlationId } from '../../observe/correlation.js';
import { Journal, type TroubleHistory } from '../../observe/journal.js';
import type { PartitionStore } from '../../store/index.js';
import { rpcTimeoutMs } from '../config.js';
import { chartEnvironment } from '../environment.js';
import type { DuplicationOrder, DuplicationReport, PartitionOrder, TroubleReport } from '../node-sync.js';
import type { RrdbResult } from '../rrdb/index.js';
import { Unchanged } from '../unchanged.js';
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
  readonly #store: PartitionStore<RrdbResult>;
  readonly #report = new Unchanged<DuplicationReport>();
  #order: DuplicationOrder;
  #skipped = 0;
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
    this.#store = store;
    const of = { table: partition.appName, duplication: order.duplicationId };
    this.#journal = new Journal(
      () => clock.epochMs(),
      actorLog({
        log: node.log,
        facts: {
          table: of.table,
          partition: partition.partitionIndex,
          correlation: correlationId(order.owner, partition.partitionIndex),
        },
        name: () => 'partitionDuplicator',
        onTrouble: (actor, trouble) => node.counts.failed(of.table, actor, trouble),
      }),
    );
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
      onBatch: (result) => {
        if (result === 'failed') node.counts.shipFailed(of);
        else node.counts.shipped(of, result.bytes, result.mutations);
      },
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
      onSnapshot: (actor, snapshot) => {
        this.#journal.note(actor, snapshot);
        const { skippedMutations } = this.#host.snapshot.context;
        if (skippedMutations > this.#skipped) node.counts.skipped(of, skippedMutations - this.#skipped);
        this.#skipped = skippedMutations;
      },
    });
    this.#host.start();
    this.#appended = store.appended$.subscribe(() => {
      if (this.#host.snapshot.matches({ shipping: 'caughtUp' })) this.#host.send({ type: 'LOG_APPENDED' });
    });
    this.follow(order);
  }

  /** Decree above which this duplication still needs the log; −1 means all of it. */
  get neededAfter(): number {
    return logNeededAfter(this.#host.snapshot.context, this.#order.confirmedDecree);
  }

  /** Bytes of the log that could be deleted now if it were not for this duplication. */
  get logHeldBytes(): number {
    const { lastCommittedDecree } = this.#store;
    const needed = Math.min(this.neededAfter, this.#order.confirmedDecree);
    const without = this.#store.collectableLogBytes(lastCommittedDecree);
    return without - this.#store.collectableLogBytes(Math.min(needed, lastCommittedDecree));
  }

  /** What the follower is known to hold, by its own word or by what the meta server has noted; −1 if nothing. */
  get heldDecree(): number {
    return Math.max(progressReport(this.#host.snapshot.context).decree, this.#order.confirmedDecree);
  }

  /**
   * When the oldest mutation that the follower is not known to hold was written, in milliseconds since 1970.
   * Null if there is none, undefined if the log cannot tell.
   */
  async oldestUnshippedMs(): Promise<number | null | undefined> {
    const afterDecree = this.heldDecree;
    if (afterDecree < 0) return undefined;
    if (afterDecree >= this.#store.lastDurableDecree) return null;
    try {
      const { mutations } = await this.#store.readLog({ afterDecree, maxCount: 1, maxBytes: 1 });
      const [oldest] = mutations;
      return oldest === undefined ? null : Number(oldest.timestampUs / 1000n);
    } catch {
      // Damaged or collected: the duplicator meets the same and says so.
      return undefined;
    }
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

  /** The same object as long as nothing of it has changed. */
  report(): DuplicationReport {
    const { context } = this.#host.snapshot;
    const history = this.#journal.of(this.#host.name);
    const { duplicationId } = this.#order;
    const { logHeldBytes } = this;
    return this.#report.of([duplicationId, context, history, logHeldBytes], () => ({
      duplicationId,
      state: history?.state ?? 'idle',
      ...progressReport(context),
      skippedMutations: context.skippedMutations,
      logHeldBytes,
      trouble: this.#troubleReport(history?.trouble ?? null),
    }));
  }

  #troubleReport(history: TroubleHistory | null): TroubleReport | null {
    const report = troubleReport(this.#node.address, history);
    const next = this.#host
      .timers()
      .find(({ delay }) => delay === 'retryBackoff' || delay === 'blockedRecheck');
    return report === null || next === undefined ? report : { ...report, nextTryMs: next.dueAtMs };
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
