/**
 * A partition on its way to this node: fetched from the node that has closed it, and then kept, closed, until the
 * meta server's orders say that it lives here now.
 */
import type { Gpid } from '../../pegasus/index.js';
import { settleNames } from '../../store/files.js';
import type { FileSystem } from '../../store/index.js';
import type { ArrivalOrder, ArrivalReport } from '../node-sync.js';
import { Unchanged } from '../unchanged.js';
import { ArrivalFetch } from './arrival-fetch.js';
import { troubleReport } from './hosted-duplicator.js';
import { HostedTransfer } from './hosted-transfer.js';
import type { NodeContext } from './node-context.js';
import { arrivingOf, readPlace } from './place.js';
import { storeTrouble } from './source-log.js';

/** Where the files of a move are collected before they are put together. */
const copyOf = (directory: string): string => `${arrivingOf(directory)}.copy`;

/** Deletes what was fetched for a move. */
export async function deleteArrival(directory: string, fileSystem: FileSystem): Promise<void> {
  await fileSystem.remove(arrivingOf(directory));
  await fileSystem.remove(copyOf(directory));
}

export interface HostedArrivalOptions {
  readonly node: NodeContext;
  readonly order: ArrivalOrder;
  readonly directory: string;
  /** What has to end on this directory before. */
  readonly after: Promise<unknown>;
}

export class HostedArrival {
  readonly gpid: Gpid;
  readonly ballot: number;
  readonly #options: HostedArrivalOptions;
  readonly #report = new Unchanged<ArrivalReport>();
  readonly #starting: Promise<void>;
  #transfer: HostedTransfer | null = null;
  #decree = -1;
  #fetched = false;
  #trouble: ArrivalReport['trouble'] = null;
  #stopped = false;

  constructor(options: HostedArrivalOptions) {
    const { appId, partitionIndex, ballot } = options.order;
    this.#options = options;
    this.gpid = { appId, partitionIndex };
    this.ballot = ballot;
    this.#starting = options.after
      .then(() => this.#start())
      .catch((error: unknown) => {
        const nowMs = options.node.environment.clock.epochMs();
        const trouble = storeTrouble(error, 'fetch partition');
        this.#trouble = troubleReport(options.node.address, { ...trouble, firstSeenMs: nowMs, count: 1 });
      });
  }

  report(): ArrivalReport {
    const going = this.#transfer?.report() ?? null;
    const trouble = going?.trouble ?? this.#trouble;
    const blocked = going?.transfer.state === 'blocked' || (going === null && trouble !== null);
    const state = this.#fetched ? 'fetched' : blocked ? 'failed' : 'fetching';
    const transfer = this.#fetched ? null : (going?.transfer ?? null);
    const decree = this.#decree;
    return this.#report.of([state, decree, trouble, ...Object.values(transfer ?? {})], () => ({
      ...this.gpid,
      ballot: this.ballot,
      state,
      decree,
      trouble: this.#fetched ? null : trouble,
      transfer,
    }));
  }

  /** Resolves when nothing of it changes the disk any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting;
    await this.#transfer?.stop();
  }

  async #start(): Promise<void> {
    const { node, order, directory } = this.#options;
    const { fileSystem, clock } = node.environment;
    const place = await readPlace(arrivingOf(directory), fileSystem);
    if (this.#stopped) return;
    if (place.ballot === this.ballot) {
      // The process that has noted this may have died before the name of the directory was durable.
      await settleNames(arrivingOf(directory), fileSystem);
      return this.#noteFetched(place.decree);
    }
    // What an earlier attempt has fetched may be older than what the partition holds by now.
    await fileSystem.remove(arrivingOf(directory));
    if (this.#stopped) return;
    const copyBase = copyOf(directory);
    const onHere = (decree: number) => {
      this.#noteFetched(decree);
      // The chart ends with this step.
      clock.defer(() => void this.#transfer?.stop());
    };
    this.#transfer = new HostedTransfer({
      node,
      partition: { ...this.gpid, appName: order.appName, owner: null },
      copyBase,
      installed: false,
      fetch: new ArrivalFetch({ node, order, directory, copyBase, onHere }),
    });
  }

  #noteFetched(decree: number): void {
    this.#decree = decree;
    this.#fetched = true;
  }
}
