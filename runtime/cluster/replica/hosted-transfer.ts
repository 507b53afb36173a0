/** The `checkpointTransfer` chart of one partition: at the follower, or where a move takes it. */
import { ChartHost } from '../../../actors/chartHost.js';
import { fileCopyLogic } from '../../../actors/fileCopy.js';
import { checkpointTransferHandlers } from '../../../actors/handlers.js';
import type { CheckpointSourcePort } from '../../../actors/ports.js';
import { checkpointTransfer, type FileCopyReport, type StateMeta } from '../../../machines/index.js';
import { actorLog } from '../../observe/actor-log.js';
import { correlationId } from '../../observe/correlation.js';
import { Journal } from '../../observe/journal.js';
import { chartEnvironment } from '../environment.js';
import { DiskSink } from '../nfs/disk-sink.js';
import { RemoteSource } from '../nfs/remote-source.js';
import type { TransferReport, TroubleReport } from '../node-sync.js';
import { troubleReport } from './hosted-duplicator.js';
import type { NodeContext } from './node-context.js';

/** Blocks asked for ahead of the one being written. */
const READ_AHEAD_BLOCKS = 2;

export interface HostedTransferOptions {
  readonly node: NodeContext;
  readonly partition: {
    readonly appId: number;
    readonly appName: string;
    readonly partitionIndex: number;
    /** Identity of the duplication that it is for, if it is for one. */
    readonly owner: string | null;
  };
  readonly fetch: CheckpointSourcePort & {
    /** Resolves when nothing of it changes the disk. */
    idle(): Promise<void>;
  };
  /** Where its files are collected. */
  readonly copyBase: string;
  readonly installed: boolean;
}

export class HostedTransfer {
  readonly #options: HostedTransferOptions;
  readonly #journal: Journal;
  readonly #host: ChartHost<typeof checkpointTransfer>;
  readonly #doneBytes = new Map<string, number>();

  constructor(options: HostedTransferOptions) {
    this.#options = options;
    const { node, partition: order, copyBase, installed } = options;
    const { times, limits } = node.config;
    const { environment } = node;
    const table = order.appName;
    this.#journal = new Journal(
      () => environment.clock.epochMs(),
      actorLog({
        log: node.log,
        facts: {
          table,
          partition: order.partitionIndex,
          // A real Pegasus source names no owner.
          ...(order.owner === null ? {} : { correlation: correlationId(order.owner, order.partitionIndex) }),
        },
        name: (actor) => (actor === this.#host.name ? 'checkpointTransfer' : null),
        onTrouble: (actor, trouble) => node.counts.failed(table, actor, trouble),
      }),
    );
    this.#host = new ChartHost({
      name: `transfer/${order.appId}.${order.partitionIndex}`,
      machine: checkpointTransfer,
      partition: order.partitionIndex,
      input: {
        partition: order.partitionIndex,
        parallelFiles: limits.parallelFiles,
        times: times.transfer,
        installed,
      },
      handlers: checkpointTransferHandlers(options.fetch),
      children: {
        fileCopy: {
          logic: fileCopyLogic({
            source: new RemoteSource({
              client: node.client,
              blockTimeoutMs: times.transfer.requestDeadlineMs,
              onBlock: (bytes) => node.counts.received(table, bytes),
            }),
            sink: new DiskSink({ base: copyBase, fileSystem: environment.fileSystem }),
            limiter: node.limiter,
            blockBytes: limits.copyBlockBytes,
            readAheadBlocks: READ_AHEAD_BLOCKS,
          }),
        },
      },
      onDefect: (error, effect) =>
        node.log.error('an effect broke its contract', {
          effect,
          error: error instanceof Error ? error.stack : String(error),
        }),
      ...chartEnvironment(environment),
      onSnapshot: (actor, snapshot) => this.#journal.note(actor, snapshot),
      onInspection: (event) => {
        if (event.type === '@xstate.event') this.#noteReport(event.event as FileCopyReport);
      },
    }).start();
  }

  report(): { readonly transfer: TransferReport; readonly trouble: TroubleReport | null } {
    const { context } = this.#host.snapshot;
    const history = this.#journal.of(this.#host.name);
    const files = context.checkpoint?.files ?? [];
    const metas = Object.values(this.#host.snapshot.getMeta() as Record<string, StateMeta | undefined>);
    const doneBytes = files.reduce(
      (sum, { name, sizeBytes }) =>
        sum +
        (context.verified.includes(name) ? sizeBytes : Math.min(sizeBytes, this.#doneBytes.get(name) ?? 0)),
      0,
    );
    return {
      transfer: {
        state: history?.state ?? 'deciding',
        waitingFor: metas.find((m) => m !== undefined)?.waitingFor ?? '',
        primary: context.primary,
        doneBytes,
        totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        filesDone: context.verified.length,
        filesTotal: files.length,
        sinceMs: history?.sinceMs ?? 0,
      },
      trouble: troubleReport(this.#options.node.address, history?.trouble ?? null),
    };
  }

  /** Ends the present back-off. */
  retryNow(): void {
    this.#host.send({ type: 'RETRY_NOW' });
  }

  /** Stops, and resolves when nothing of it changes the disk any more, apart from blocks being written. */
  async stop(): Promise<void> {
    this.#host.stop();
    await this.#options.fetch.idle();
  }

  #noteReport(report: FileCopyReport): void {
    if (report.type === 'FILE_PROGRESS') this.#doneBytes.set(report.name, report.doneBytes);
  }
}
