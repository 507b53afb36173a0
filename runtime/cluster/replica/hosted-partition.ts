/**
 * One partition on this node: brought into being, served, duplicated, dropped.
 *
 *   opening ─► serving            a table of this cluster, new or found on disk
 *   copying ─► serving            a follower's: the checkpoint comes from the source first
 *   missing                       it was here once and is not any more: never made anew silently
 */
import { join } from 'node:path';
import { METRICS, type Scrape } from '../../observe/metrics/index.js';
import type { Gpid } from '../../pegasus/index.js';
import { writeFile } from '../../store/files.js';
import { type FileSystem, PartitionStore, StoreError } from '../../store/index.js';
import type { PartitionSize } from '../facts.js';
import { PARTITION_STATES, type PartitionOrder, type PartitionReport } from '../node-sync.js';
import { ClientAdmission, type RrdbResult, rrdbApply, type ServingPartition } from '../rrdb/index.js';
import { Unchanged } from '../unchanged.js';
import { HostedDuplicator, troubleReport } from './hosted-duplicator.js';
import { HostedTransfer } from './hosted-transfer.js';
import type { NodeContext } from './node-context.js';
import { storeTrouble } from './source-log.js';

/** Checkpoints kept beside those that a follower is reading. */
const CHECKPOINTS_KEPT = 2;

const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

/** The current segment is never collected: it has to be small beside the limit, or the limit never holds. */
const segmentSizeOf = (logBytes: number): number => Math.min(MAX_SEGMENT_BYTES, Math.ceil(logBytes / 4));

/** Where a partition's files are collected before they are installed. */
const copyOf = (directory: string): string => `${directory}.copy`;

/**
 * Whether a partition is there, rather than what is left of one: an empty mount point, say, or a directory that
 * was deleted under a running server, which wrote some more. Opening such a rest would make an empty partition.
 */
const isThere = (directory: string, fileSystem: FileSystem): boolean =>
  ['log', 'engine'].some((part) => fileSystem.has(join(directory, part)));

/** Where a partition lives on a replica server. */
export const partitionDirectory = (base: string, { appId, partitionIndex }: Gpid): string =>
  join(base, `${appId}.${partitionIndex}`);

/** Deletes a partition that is not open, with everything that was fetched for it. */
export async function deletePartition(directory: string, fileSystem: FileSystem): Promise<void> {
  await fileSystem.remove(directory);
  await fileSystem.remove(copyOf(directory));
}

/** What opening an engine may write at most: its log becomes a table. */
const ROOM_TO_OPEN_BYTES = 16 * 1024 * 1024;
const PROBE_BYTES = 64 * 1024;

/** Whether there is room to open a partition: on the disk, and for this process, which may have a quota. */
async function hasRoom(directory: string, fileSystem: FileSystem): Promise<boolean> {
  const file = `${directory}.probe`;
  try {
    if ((await fileSystem.freeBytes(directory)) < ROOM_TO_OPEN_BYTES) return false;
    await writeFile(file, Buffer.alloc(PROBE_BYTES), fileSystem);
    return true;
  } catch {
    return false;
  } finally {
    await fileSystem.remove(file).catch(() => undefined);
  }
}

export class HostedPartition {
  readonly gpid: Gpid;
  readonly #node: NodeContext;
  readonly #directory: string;
  readonly #clients = new ClientAdmission();
  readonly #duplicators = new Map<number, HostedDuplicator>();
  #order: PartitionOrder;
  readonly #report = new Unchanged<PartitionReport>();
  /** The orders that its duplicators have; the same ones come again with most exchanges. */
  #followed: PartitionOrder | null = null;
  #state: PartitionReport['state'] = 'opening';
  #store: PartitionStore<RrdbResult> | null = null;
  #transfer: HostedTransfer | null = null;
  #trouble: PartitionReport['trouble'] = null;
  #busy: Promise<unknown> = Promise.resolve();
  #opening: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(node: NodeContext, order: PartitionOrder) {
    this.#node = node;
    this.#order = order;
    this.#clients.set(order.denial ?? null, order.envVersion ?? 0);
    this.gpid = { appId: order.appId, partitionIndex: order.partitionIndex };
    this.#directory = partitionDirectory(node.config.directory, this.gpid);
    this.#begin();
  }

  get #fileSystem(): FileSystem {
    return this.#node.environment.fileSystem;
  }

  /** What the data plane may serve, undefined until the partition is open. */
  get serving(): ServingPartition | undefined {
    if (this.#store === null) return undefined;
    const { partitionCount, owner } = this.#order;
    return {
      gpid: this.gpid,
      partitionCount,
      store: this.#store,
      owner,
      writable: true,
      clients: this.#clients,
    };
  }

  /** Name of its table. */
  get table(): string {
    return this.#order.appName;
  }

  get store(): PartitionStore<RrdbResult> | null {
    return this.#store;
  }

  follow(order: PartitionOrder): void {
    const { copyRetryNo = 0 } = order;
    if (copyRetryNo !== 0 && copyRetryNo !== this.#order.copyRetryNo) this.#transfer?.retryNow();
    this.#order = order;
    this.#clients.set(order.denial ?? null, order.envVersion ?? 0);
    if (this.#store === null || this.#followed === order) return;
    this.#followed = order;
    const wanted = new Map(order.duplications.map((duplication) => [duplication.duplicationId, duplication]));
    for (const [id, duplicator] of this.#duplicators) {
      if (wanted.has(id)) continue;
      duplicator.stop();
      this.#duplicators.delete(id);
    }
    for (const [id, duplication] of wanted) {
      const running = this.#duplicators.get(id);
      if (running === undefined) {
        this.#duplicators.set(id, new HostedDuplicator(this.#node, order, duplication, this.#store));
      } else running.follow(duplication);
    }
  }

  /** The same object as long as nothing of it has changed. */
  report(): PartitionReport {
    const copying = this.#transfer?.report();
    const state = this.#state;
    const lastCommitted = this.#store?.lastCommittedDecree ?? -1;
    const firstLogDecree = this.#store?.minDecreeInLog ?? -1;
    const logBytes = this.#store?.logSizeBytes ?? 0;
    const { envVersion, writesClosed } = this.#clients;
    const trouble = copying?.trouble ?? this.#trouble;
    const transfer = copying?.transfer ?? null;
    const duplications = [...this.#duplicators.values()].map((duplicator) => duplicator.report());
    const facts = [
      ...[state, lastCommitted, firstLogDecree, logBytes, envVersion, writesClosed, trouble, transfer],
      ...duplications,
    ];
    // Field by field: on Node 20 each field that follows a spread costs several microseconds.
    return this.#report.of(facts, () => ({
      appId: this.gpid.appId,
      partitionIndex: this.gpid.partitionIndex,
      state,
      lastCommitted,
      firstLogDecree,
      logBytes,
      envVersion,
      writesClosed,
      trouble,
      transfer,
      duplications,
    }));
  }

  /** Adds what this partition tells to a scrape. */
  async measure(scrape: Scrape): Promise<void> {
    const of = { table: this.#order.appName, partition: this.gpid.partitionIndex };
    const { state, lastCommitted, logBytes, transfer } = this.report();
    for (const each of PARTITION_STATES)
      scrape.add(METRICS.partitions, { table: of.table, state: each }, each === state ? 1 : 0);
    if (transfer !== null) {
      scrape.set(METRICS.partitionCopied, of, transfer.doneBytes);
      scrape.set(METRICS.partitionCopySize, of, transfer.totalBytes);
    }
    if (this.#store === null) return;
    scrape.set(METRICS.partitionLogBytes, of, logBytes);
    scrape.set(METRICS.partitionCommitted, of, lastCommitted);
    for (const [duplication, duplicator] of this.#duplicators) {
      const labels = { ...of, duplication };
      const held = duplicator.heldDecree;
      scrape.set(METRICS.partitionLogHeld, labels, duplicator.logHeldBytes);
      if (held < 0) continue;
      scrape.set(METRICS.partitionHeld, labels, held);
      scrape.set(METRICS.partitionLagDecrees, labels, Math.max(0, lastCommitted - held));
      const oldestMs = await duplicator.oldestUnshippedMs();
      if (oldestMs === undefined) continue;
      const nowMs = this.#node.environment.clock.epochMs();
      scrape.set(
        METRICS.partitionLagSeconds,
        labels,
        oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) / 1_000,
      );
    }
  }

  /** On disk, in bytes. A file that goes away meanwhile does not count. */
  async sizes(): Promise<PartitionSize> {
    const engine = join(this.#directory, 'engine');
    const entries = await this.#fileSystem.list(engine).catch(() => []);
    const files = await Promise.all(
      entries.map(({ name }) =>
        this.#fileSystem.stat(join(engine, name)).then(
          ({ sizeBytes }) => sizeBytes,
          () => 0,
        ),
      ),
    );
    return {
      ...this.gpid,
      dataBytes: files.reduce((sum, sizeBytes) => sum + sizeBytes, 0),
      logBytes: this.#store?.logSizeBytes ?? 0,
    };
  }

  /**
   * Makes a checkpoint when the log has grown, and collects what nobody needs any more: nothing above the
   * smallest decree that a meta server has confirmed durably (SPEC S-GC-1). One run at a time.
   */
  maintain(): Promise<void> {
    return this.#exclusively(async () => {
      if (this.#closed) return;
      if (this.#store === null) {
        // A directory that is back, because a disk was mounted or a backup restored, is opened like any other.
        const back = this.#state === 'missing' && isThere(this.#directory, this.#fileSystem);
        if (this.#state === 'failed' || back) this.#begin();
        return;
      }
      const store = this.#store;
      if (store.failure !== undefined) return this.#reopen(store, store.failure);
      if (store.logSizeBytes > this.#node.config.limits.logBytes) await store.checkpoint();
      const needed = [...this.#duplicators.values()].map((duplicator) => duplicator.neededAfter);
      if (needed.includes(-1)) return;
      // Orders name a duplication before its duplicator runs; both must have confirmed.
      const ordered = this.#order.duplications.map(({ confirmedDecree }) => confirmedDecree);
      await store.collectLog(Math.min(store.lastCommittedDecree, ...needed, ...ordered));
      await store.checkpoints.prune(CHECKPOINTS_KEPT, this.#node.checkpoints().pinned(this.gpid));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const duplicator of this.#duplicators.values()) duplicator.stop();
    await this.#transfer?.stop();
    await this.#exclusively(async () => {
      // What is being opened cannot be called off, and holds files and a lock until it is closed again.
      await this.#opening.catch(() => undefined);
      await this.#store?.close();
      this.#store = null;
    });
  }

  /** Closes the partition and deletes it with everything it holds. */
  async drop(): Promise<void> {
    await this.close();
    await deletePartition(this.#directory, this.#fileSystem);
  }

  #begin(): void {
    const { master, existed } = this.#order;
    const found = isThere(this.#directory, this.#fileSystem);
    if (master !== null) {
      this.#state = found ? 'opening' : 'copying';
      this.#transfer = new HostedTransfer({
        node: this.#node,
        order: { ...this.#order, master },
        directory: this.#directory,
        copyBase: copyOf(this.#directory),
        installed: found,
        open: () => this.#open(),
      });
    } else if (existed && !found) {
      this.#state = 'missing';
      const hint = `${this.#directory} is gone; the rows it held exist nowhere else in this cluster`;
      this.#noteTrouble({ error: 'ERR_PATH_NOT_FOUND', operation: 'open partition', hint });
    } else {
      this.#state = 'opening';
      this.#open().catch((error: unknown) => {
        this.#state = 'failed';
        this.#noteTrouble(storeTrouble(error, 'open partition'));
      });
    }
  }

  #open(): Promise<void> {
    // One at a time: a chart that has given up on an opening asks again while it still goes on.
    const opening = this.#opening.catch(() => undefined).then(() => this.#openStore());
    this.#opening = opening;
    return opening;
  }

  async #openStore(): Promise<void> {
    if (this.#store !== null || this.#closed) return;
    const { clock, fileSystem, openEngine, bootId } = this.#node.environment;
    const store = await PartitionStore.open<RrdbResult>({
      directory: this.#directory,
      clock,
      fileSystem,
      openEngine,
      ...(bootId === null ? {} : { bootId }),
      apply: rrdbApply({ clusterId: this.#node.config.cluster.id }),
      logOptions: { segmentSizeBytes: segmentSizeOf(this.#node.config.limits.logBytes) },
    });
    if (this.#closed) return store.close();
    this.#store = store;
    this.#state = 'serving';
    this.#trouble = null;
    // The chart ends with this; its last word would otherwise be repeated for ever.
    const transfer = this.#transfer;
    if (transfer !== null) clock.defer(() => this.#forgetTransfer(transfer));
    this.follow(this.#order);
  }

  /** A crash between installing and cleaning up leaves the fetched files behind, as large as the partition. */
  #forgetTransfer(transfer: HostedTransfer): void {
    if (this.#transfer === transfer) this.#transfer = null;
    void transfer.stop();
    this.#fileSystem
      .remove(copyOf(this.#directory))
      .catch((error: unknown) =>
        this.#node.log.warn('cannot delete fetched files', { ...this.gpid, error: String(error) }),
      );
  }

  /** A store that has stopped itself is opened again once there is room; until then it is read. */
  async #reopen(store: PartitionStore<RrdbResult>, failure: StoreError): Promise<void> {
    const cause = failure.cause instanceof StoreError ? failure.cause : failure;
    this.#noteTrouble(storeTrouble(cause, 'write partition'));
    if (!(await hasRoom(this.#directory, this.#fileSystem)) || this.#closed) return;
    for (const duplicator of this.#duplicators.values()) duplicator.stop();
    this.#duplicators.clear();
    this.#store = null;
    this.#followed = null;
    await store.close().catch((error: unknown) =>
      this.#node.log.warn('a failed partition did not close cleanly', {
        ...this.gpid,
        error: String(error),
      }),
    );
    this.#begin();
  }

  #noteTrouble(trouble: { error: string; operation: string; hint?: string }): void {
    const nowMs = this.#node.environment.clock.epochMs();
    const known = this.#trouble?.error === trouble.error && this.#trouble.hint === trouble.hint;
    this.#trouble = troubleReport(this.#node.address, {
      ...trouble,
      firstSeenMs: this.#trouble?.firstSeenMs ?? nowMs,
      count: (this.#trouble?.attempts ?? 0) + 1,
    });
    if (!known) this.#node.log.error('a partition is not served', { ...this.gpid, ...trouble });
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const run = this.#busy.then(work);
    this.#busy = run.catch(() => undefined);
    return run;
  }
}
