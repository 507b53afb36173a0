/** What a replica server has on its disk: partitions, what arrives, what is left; and what orders do with it. */
import type { Gpid } from '../../pegasus/index.js';
import type { ArrivalOrder, DropOrder, Leftover, NodeOrders, NodeReport } from '../node-sync.js';
import { deleteArrival, HostedArrival } from './hosted-arrival.js';
import { HostedPartition } from './hosted-partition.js';
import { arrivalKey, findLeftovers, keyOf } from './leftovers.js';
import type { NodeContext } from './node-context.js';
import { deletePartition, partitionDirectory } from './partition-directory.js';

export class Holdings {
  readonly #node: NodeContext;
  readonly #partitions = new Map<string, HostedPartition>();
  /** On their way to this node. */
  readonly #arrivals = new Map<string, HostedArrival>();
  /** What is being done on a partition's directory before anything else may be. */
  readonly #dropping = new Map<string, Promise<void>>();
  /** Partitions on disk that nobody has ordered, or whose deletion failed, and what was fetched for moves. */
  readonly #leftovers = new Map<string, Leftover>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  /** Looks at what an earlier process has left. */
  async find(): Promise<void> {
    const { config, environment } = this.#node;
    for (const [key, left] of await findLeftovers(config.directory, environment.fileSystem)) {
      this.#leftovers.set(key, left);
    }
  }

  partition(gpid: Gpid): HostedPartition | undefined {
    return this.#partitions.get(keyOf(gpid));
  }

  /** Every partition that this server has been ordered to hold. */
  partitions(): readonly HostedPartition[] {
    return [...this.#partitions.values()];
  }

  report(): Required<Pick<NodeReport, 'partitions' | 'leftovers' | 'arrivals'>> {
    return {
      partitions: this.partitions().map((partition) => partition.report()),
      leftovers: [...this.#leftovers.values()],
      arrivals: [...this.#arrivals.values()].map((arrival) => arrival.report()),
    };
  }

  follow({ partitions, arrivals = [], drop }: NodeOrders): void {
    for (const order of partitions) {
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
    for (const order of arrivals) this.#expect(order);
    for (const order of drop) this.#drop(order);
  }

  async maintain(): Promise<void> {
    for (const partition of this.#partitions.values()) {
      await partition.maintain().catch((error: unknown) =>
        this.#node.log.warn('maintenance of a partition failed', {
          ...partition.gpid,
          error: String(error),
        }),
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#arrivals.values()].map((arrival) => arrival.stop()));
    await Promise.all(this.partitions().map((partition) => partition.close()));
    await Promise.all(this.#dropping.values());
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
      directory: partitionDirectory(this.#node.config.directory, order),
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
    const { config, environment, log } = this.#node;
    const directory = partitionDirectory(config.directory, gpid);
    const { fileSystem } = environment;
    const work = async () => {
      if (partition) await (hosted === undefined ? deletePartition(directory, fileSystem) : hosted.drop());
      if (!fetched) return;
      await arriving?.stop();
      await deleteArrival(directory, fileSystem);
    };
    const dropped = work()
      .catch((error: unknown) => {
        log.error('cannot delete a dropped partition', { partition: key, error: String(error) });
        if (partition) this.#leftovers.set(key, { ...gpid, ...(ballot === 0 ? {} : { ballot }) });
        if (fetched) this.#leftovers.set(arrivalKey(gpid), { ...gpid, arrival: true });
      })
      .finally(() => this.#dropping.delete(key));
    this.#dropping.set(key, dropped);
  }
}
