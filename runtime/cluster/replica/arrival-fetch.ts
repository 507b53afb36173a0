/** Fetches a whole partition from the node that has closed it for a move to this one. */
import { CopyError } from '../../../actors/ports/fileCopy.js';
import type { CheckpointSourcePort, Outcome } from '../../../actors/ports.js';
import type { CheckpointView } from '../../../machines/index.js';
import { parseAddress } from '../../pegasus/index.js';
import { StoreError } from '../../store/index.js';
import { rpcTimeoutMs } from '../config.js';
import { copyDirectory, removeOthers } from '../nfs/disk-sink.js';
import { assemblePartition } from '../nfs/handover.js';
import { queryCheckpoint } from '../nfs/remote-source.js';
import type { ArrivalOrder } from '../node-sync.js';
import type { NodeContext } from './node-context.js';
import { openPartition } from './partition-directory.js';
import { arrivingOf, writePlace } from './place.js';
import { storeTrouble } from './source-log.js';

export interface ArrivalFetchOptions {
  readonly node: NodeContext;
  readonly order: ArrivalOrder;
  /** Where the partition will live once the move is decided. */
  readonly directory: string;
  readonly copyBase: string;
  /** Told when all of it is here, durably, with the last decree of its log. */
  readonly onHere: (decree: number) => void;
}

export class ArrivalFetch implements CheckpointSourcePort {
  readonly #options: ArrivalFetchOptions;
  #decree = -1;
  #working: Promise<unknown> = Promise.resolve();

  constructor(options: ArrivalFetchOptions) {
    this.#options = options;
  }

  async locatePrimary(): Promise<Outcome<{ readonly address: string }>> {
    return { ok: { address: this.#options.order.from } };
  }

  async queryCheckpoint(primary: string, signal: AbortSignal): Promise<Outcome<CheckpointView>> {
    const { node, order, copyBase } = this.#options;
    const { appId, partitionIndex, ballot } = order;
    return tried(async () => {
      const view = await queryCheckpoint(
        node.client,
        primary,
        { appId, partitionIndex },
        {
          timeoutMs: rpcTimeoutMs(node.config.times.transfer.requestDeadlineMs),
          learner: parseAddress(node.address),
          moveBallot: ballot,
          signal,
        },
      );
      await removeOthers(copyBase, view.decree, node.environment.fileSystem);
      return view;
    });
  }

  install(view: CheckpointView): Promise<Outcome<null>> {
    const { node, directory, copyBase } = this.#options;
    return this.#work(async () => {
      const from = copyDirectory(copyBase, view.decree);
      await assemblePartition(arrivingOf(directory), from, view, node.environment.fileSystem);
      this.#decree = view.decree;
    });
  }

  /**
   * Not for anybody to read or write: what cannot be opened here must not be the only copy. Only then is it said
   * to be here, by the note that survives a restart.
   */
  open(): Promise<Outcome<null>> {
    const { node, order, directory, copyBase, onHere } = this.#options;
    const { fileSystem } = node.environment;
    const arriving = arrivingOf(directory);
    return this.#work(async () => {
      const store = await openPartition(node, arriving);
      await store.close();
      const decree = store.lastDurableDecree;
      if (decree !== this.#decree) {
        throw new StoreError('ERR_INCOMPLETE_DATA', {
          operation: 'open a moved partition',
          path: arriving,
          detail: `its log ends with decree ${decree}, and ${this.#decree} was handed over`,
        });
      }
      await writePlace(arriving, { ballot: order.ballot, decree }, fileSystem);
      await fileSystem.syncDirectory(node.config.directory);
      await fileSystem.remove(copyBase);
      onHere(decree);
    });
  }

  async idle(): Promise<void> {
    await this.#working;
  }

  #work(work: () => Promise<void>): Promise<Outcome<null>> {
    // One after another: a chart that has given up on one asks again while it still goes on.
    const run = this.#working.then(() =>
      tried(async () => {
        await work();
        return null;
      }),
    );
    this.#working = run;
    return run;
  }
}

async function tried<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: await work() };
  } catch (error) {
    if (error instanceof CopyError) return { trouble: error.trouble };
    return { trouble: storeTrouble(error, 'fetch partition') };
  }
}
