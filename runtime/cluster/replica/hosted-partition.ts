/**
 * One partition on this node: brought into being, served, duplicated, dropped.
 *
 *   opening ─► serving            a table of this cluster, new or found on disk
 *   copying ─► serving            a follower's: the checkpoint comes from the source first
 *   missing                       it was here once and is not any more: never made anew silently
 *   serving ─► leaving ─► left    closed for a move, until the orders say that it opens again or is dropped
 */
import type { Scrape } from '../../observe/metrics/index.js';
import type { Gpid } from '../../pegasus/index.js';
import { type FileSystem, type PartitionStore, StoreError } from '../../store/index.js';
import type { PartitionSize } from '../facts.js';
import type { Handover } from '../nfs/handover.js';
import type { PartitionOrder, PartitionReport } from '../node-sync.js';
import { ClientAdmission, type RrdbResult, type ServingPartition } from '../rrdb/index.js';
import { Unchanged } from '../unchanged.js';
import { CheckpointFetch } from './checkpoint-fetch.js';
import { closeForMove } from './departure.js';
import { HostedDuplicator, troubleReport } from './hosted-duplicator.js';
import { HostedTransfer } from './hosted-transfer.js';
import type { NodeContext } from './node-context.js';
import {
  copyOf,
  deletePartition,
  engineBytes,
  hasRoom,
  isThere,
  openPartition,
  partitionDirectory,
} from './partition-directory.js';
import { measurePartition } from './partition-metrics.js';
import { settlePlace, writePlace } from './place.js';
import { storeTrouble } from './source-log.js';

/** Checkpoints kept beside those that a follower is reading. */
const CHECKPOINTS_KEPT = 2;

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
  #opening: Promise<unknown>;
  #closed = false;
  /** Set from the order to leave until it may open again; then with what is handed over, null if there is no data. */
  #leaving: { handover?: Handover | null } | null = null;

  /** @param after what has to end on its directory before a move's copy is put there */
  constructor(node: NodeContext, order: PartitionOrder, after: Promise<unknown> = Promise.resolve()) {
    this.#opening = after;
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

  /** Number of the move that brought it here; 0: none. */
  get ballot(): number {
    return this.#order.ballot ?? 0;
  }

  /** Name of its table. */
  get table(): string {
    return this.#order.appName;
  }

  get store(): PartitionStore<RrdbResult> | null {
    return this.#store;
  }

  /** What the node that it moves to may fetch: only while the partition is closed for that very move, or for any. */
  handover(ballot: number | null): Handover | undefined {
    const ordered = this.#order.leaving?.ballot;
    if (ordered === undefined || (ballot !== null && ordered !== ballot)) return undefined;
    return this.#leaving?.handover ?? undefined;
  }

  follow(order: PartitionOrder): void {
    const { copyRetryNo = 0 } = order;
    if (copyRetryNo !== 0 && copyRetryNo !== this.#order.copyRetryNo) this.#transfer?.retryNow();
    this.#order = order;
    this.#clients.set(order.denial ?? null, order.envVersion ?? 0);
    if (order.leaving) this.#leave();
    else if (this.#leaving !== null) this.#comeBack();
    if (this.#leaving !== null || this.#store === null || this.#followed === order) return;
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
    const { ballot = 0, leaving } = this.#order;
    const handover = this.#leaving?.handover;
    const leftFor = leaving && handover !== undefined ? leaving.ballot : null;
    const facts = [
      ...[state, lastCommitted, firstLogDecree, logBytes, envVersion, writesClosed, trouble, transfer],
      ...[ballot, leftFor, handover, ...duplications],
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
      ballot,
      left:
        leftFor === null || handover === undefined
          ? null
          : { ballot: leftFor, holds: handover !== null, decree: handover?.decree ?? -1 },
    }));
  }

  /** Adds what this partition tells to a scrape. */
  measure(scrape: Scrape): Promise<void> {
    const nowMs = this.#node.environment.clock.epochMs();
    return measurePartition(
      scrape,
      this.table,
      this.report(),
      this.#store === null ? [] : this.#duplicators,
      nowMs,
    );
  }

  /** On disk, in bytes. */
  async sizes(): Promise<PartitionSize> {
    const dataBytes = await engineBytes(this.#directory, this.#fileSystem);
    return { ...this.gpid, dataBytes, logBytes: this.#store?.logSizeBytes ?? 0 };
  }

  /**
   * Makes a checkpoint when the log has grown, and collects what nobody needs any more: nothing above the
   * smallest decree that a meta server has confirmed durably (SPEC S-GC-1). One run at a time.
   */
  maintain(): Promise<void> {
    return this.#exclusively(async () => {
      if (this.#closed || this.#leaving !== null) return;
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

  /** Opens nothing that is not the copy that counts: after a move there may be another one here. */
  #begin(): void {
    const { ballot = 0, existed, leaving, master } = this.#order;
    if (leaving) {
      this.#leave();
      return;
    }
    if (ballot === 0) {
      this.#beginHere();
      return;
    }
    this.#state = 'opening';
    const settled = this.#opening
      .catch(() => undefined)
      .then(() => settlePlace(this.#directory, { ballot, existed }, this.#fileSystem))
      .then(async () => {
        if (this.#closed || this.#leaving !== null) return;
        // What is made here from now on is of this place; a copied checkpoint brings the note with it.
        if (!existed && master === null)
          await writePlace(this.#directory, { ballot, decree: -1 }, this.#fileSystem);
        this.#beginHere();
      });
    this.#opening = settled;
    settled.catch((error: unknown) => this.#noteFailed(error));
  }

  #noteFailed(error: unknown): void {
    this.#state = 'failed';
    this.#noteTrouble(storeTrouble(error, 'open partition'));
  }

  /** Closes it for a move, once; it stays so until the orders say something else. */
  #leave(): void {
    if (this.#leaving !== null) return;
    const leaving: { handover?: Handover | null } = {};
    this.#leaving = leaving;
    void this.#exclusively(async () => {
      // A checkpoint while it still serves: the shorter is the time in which nobody does.
      await this.#opening.catch(() => undefined);
      await this.#store?.checkpoint().catch(() => undefined);
      if (this.#closed || this.#leaving !== leaving) return;
      this.#state = 'leaving';
      for (const duplicator of this.#duplicators.values()) duplicator.stop();
      this.#duplicators.clear();
      this.#followed = null;
      const transfer = this.#transfer;
      this.#transfer = null;
      await transfer?.stop();
      await this.#opening.catch(() => undefined);
      const store = this.#store;
      this.#store = null;
      const { ballot = 0, existed } = this.#order;
      if (ballot !== 0) await settlePlace(this.#directory, { ballot, existed }, this.#fileSystem);
      leaving.handover =
        store !== null || isThere(this.#directory, this.#fileSystem)
          ? await closeForMove(store, {
              gpid: this.gpid,
              directory: this.#directory,
              fileSystem: this.#fileSystem,
              open: () => openPartition(this.#node, this.#directory),
            })
          : null;
      this.#state = 'left';
    }).catch((error: unknown) => this.#noteFailed(error));
  }

  #comeBack(): void {
    void this.#exclusively(async () => {
      if (this.#closed || this.#leaving === null || this.#order.leaving) return;
      this.#leaving = null;
      this.#begin();
    });
  }

  #beginHere(): void {
    const { master, existed } = this.#order;
    const found = isThere(this.#directory, this.#fileSystem);
    if (master !== null) {
      this.#state = found ? 'opening' : 'copying';
      this.#transfer = new HostedTransfer({
        node: this.#node,
        partition: this.#order,
        fetch: new CheckpointFetch({
          node: this.#node,
          order: { ...this.#order, master },
          directory: this.#directory,
          copyBase: copyOf(this.#directory),
          open: () => this.#open(),
        }),
        copyBase: copyOf(this.#directory),
        installed: found,
      });
    } else if (existed && !found) {
      this.#state = 'missing';
      const hint = `${this.#directory} is gone; the rows it held exist nowhere else in this cluster`;
      this.#noteTrouble({ error: 'ERR_PATH_NOT_FOUND', operation: 'open partition', hint });
    } else {
      this.#state = 'opening';
      this.#open().catch((error: unknown) => this.#noteFailed(error));
    }
  }

  #open(): Promise<void> {
    // One at a time: a chart that has given up on an opening asks again while it still goes on.
    const opening = this.#opening.catch(() => undefined).then(() => this.#openStore());
    this.#opening = opening;
    return opening;
  }

  async #openStore(): Promise<void> {
    if (this.#store !== null || this.#closed || this.#leaving !== null) return;
    const store = await openPartition(this.#node, this.#directory);
    if (this.#closed) return store.close();
    this.#store = store;
    this.#state = 'serving';
    this.#trouble = null;
    // The chart ends with this; its last word would otherwise be repeated for ever.
    const transfer = this.#transfer;
    if (transfer !== null) this.#node.environment.clock.defer(() => this.#forgetTransfer(transfer));
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
