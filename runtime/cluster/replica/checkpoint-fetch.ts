/** Fetches a partition's checkpoint from the source and makes it this node's partition. */
import { dirname } from 'node:path';
import { CopyError } from '../../../actors/ports/fileCopy.js';
import type { CheckpointSourcePort, Outcome } from '../../../actors/ports.js';
import { type CheckpointView, DUPLICATION_STATUSES } from '../../../machines/index.js';
import { formatAddress, type Gpid, parseAddress, RpcError } from '../../pegasus/index.js';
import { installedDecree, PartitionStore } from '../../store/index.js';
import { rpcTimeoutMs } from '../config.js';
import { MetaGroup } from '../meta-group.js';
import { copyDirectory, removeOthers } from '../nfs/disk-sink.js';
import { queryCheckpoint } from '../nfs/remote-source.js';
import type { PartitionOrder } from '../node-sync.js';
import { locatePrimary, rpcTrouble } from './follower-shipper.js';
import type { NodeContext } from './node-context.js';
import { PLACE_FILE, placeText } from './place.js';
import { storeTrouble } from './source-log.js';

export interface CheckpointFetchOptions {
  readonly node: NodeContext;
  readonly order: PartitionOrder & { readonly master: NonNullable<PartitionOrder['master']> };
  /** Where the partition will live. */
  readonly directory: string;
  /** Where its files are collected meanwhile. */
  readonly copyBase: string;
  readonly open: () => Promise<void>;
}

export class CheckpointFetch implements CheckpointSourcePort {
  readonly #options: CheckpointFetchOptions;
  readonly #metas: MetaGroup;
  #gpid: Gpid | null = null;
  /** A copy that replaces a lost one must reach up to what the lost one had confirmed. */
  #minDecree: number | null = null;
  #installing: Promise<Outcome<null>> = Promise.resolve({ ok: null });
  /** Waits for the installation under way. */
  #next: { checkpoint: CheckpointView } | null = null;

  constructor(options: CheckpointFetchOptions) {
    this.#options = options;
    this.#metas = new MetaGroup(options.node.client, options.order.master.metas);
  }

  async locatePrimary(signal: AbortSignal): Promise<Outcome<{ readonly address: string }>> {
    const { order, node } = this.#options;
    const timeoutMs = rpcTimeoutMs(node.config.times.transfer.requestDeadlineMs);
    const { partitionIndex, partitionCount, master } = order;
    return this.#try(async () => {
      if (order.existed) this.#minDecree = await this.#confirmedDecree(timeoutMs, signal);
      const found = await locatePrimary(
        this.#metas,
        { remoteTable: master.table, partitionIndex, partitionCount, timeoutMs },
        signal,
      );
      this.#gpid = found.gpid;
      return { address: formatAddress(found.address) };
    });
  }

  queryCheckpoint(primary: string, signal: AbortSignal): Promise<Outcome<CheckpointView>> {
    const { node, order, copyBase } = this.#options;
    const gpid = this.#gpid ?? { appId: 0, partitionIndex: order.partitionIndex };
    return this.#try(async () => {
      const checkpoint = await queryCheckpoint(node.client, primary, gpid, {
        timeoutMs: rpcTimeoutMs(node.config.times.transfer.requestDeadlineMs),
        learner: parseAddress(node.address),
        ...(this.#minDecree === null ? {} : { minDecree: this.#minDecree }),
        signal,
      });
      await removeOthers(copyBase, checkpoint.decree, node.environment.fileSystem);
      return checkpoint;
    });
  }

  /**
   * One at a time: a chart that has given up on an installation asks again while that one still goes on. At most one
   * waits for it, the latest: the files of the others are gone.
   */
  install(checkpoint: CheckpointView): Promise<Outcome<null>> {
    if (this.#next !== null) {
      this.#next.checkpoint = checkpoint;
      return this.#installing;
    }
    const next = { checkpoint };
    this.#next = next;
    this.#installing = this.#installing.then(() => {
      this.#next = null;
      return this.#try(() => this.#installOnce(next.checkpoint));
    });
    return this.#installing;
  }

  /** What an attempt that was given up has left is opened as after a crash, also if it was another checkpoint. */
  async #installOnce(checkpoint: CheckpointView): Promise<null> {
    const { directory, copyBase, node } = this.#options;
    const { fileSystem } = node.environment;
    const files = copyDirectory(copyBase, checkpoint.decree);
    if ((await installedDecree(directory, fileSystem)) === undefined) await this.#install(checkpoint, files);
    // That attempt may have failed right there.
    else await fileSystem.syncDirectory(dirname(directory));
    await fileSystem.remove(files);
    return null;
  }

  #install({ decree, files }: CheckpointView, from: string): Promise<void> {
    const { directory, node, order } = this.#options;
    const { ballot = 0 } = order;
    const manifest = { formatVersion: 1, decree, marks: {}, files } as const;
    const notes = new Map(ballot === 0 ? [] : [[PLACE_FILE, placeText({ ballot, decree: -1 })]]);
    return PartitionStore.install(directory, from, manifest, node.environment.fileSystem, notes);
  }

  /** Resolves when no installation is under way; one that was begun cannot be called off. */
  async idle(): Promise<void> {
    await this.#installing;
  }

  open(): Promise<Outcome<null>> {
    return this.#try(async () => {
      await this.#options.open();
      return null;
    });
  }

  /**
   * What this partition had confirmed before it was lost; null if its owner is not known.
   *
   * @throws CopyError when the duplication is not there any more: what was written here since then, and to the
   * source, are different things, and a copy of the source would pass for this partition.
   */
  async #confirmedDecree(timeoutMs: number, signal: AbortSignal): Promise<number | null> {
    const { order, directory } = this.#options;
    const { owner, master, partitionIndex } = order;
    if (owner === null) return null;
    const operation = 'RPC_CM_QUERY_DUPLICATION';
    const found = await this.#metas.call(operation, { appName: master.table }, { timeoutMs, signal });
    const entry = found.entryList.find(({ dupid }) => owner.endsWith(`/${dupid}`));
    if (entry !== undefined && DUPLICATION_STATUSES[entry.status] !== 'DS_REMOVED') {
      return entry.partitionStates?.get(partitionIndex)?.confirmedDecree ?? null;
    }
    if (found.err !== 'ERR_OK' && found.err !== 'ERR_APP_NOT_EXIST') {
      throw new RpcError(found.err, operation, this.#metas.current, master.table);
    }
    throw new CopyError({
      error: 'ERR_PATH_NOT_FOUND',
      operation,
      peer: this.#metas.current,
      hint: `${directory} is gone, and duplication ${owner} is removed: it is not copied again; put the directory back and restart the server, or drop the table`,
    });
  }

  async #try<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
    try {
      return { ok: await work() };
    } catch (error) {
      if (error instanceof RpcError) return { trouble: rpcTrouble(error) };
      if (error instanceof CopyError) return { trouble: error.trouble };
      return { trouble: storeTrouble(error, 'install checkpoint') };
    }
  }
}
