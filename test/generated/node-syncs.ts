/**
 * Node syncs, taken apart: the model has a report and an order, the wire has one RPC whose request is the
 * report and whose reply is the order.
 *
 * Whenever the model sends an order, the node's report arrives as far as the model's meta server has heard of
 * it, and the reply waits; when the model receives the order, the reply arrives.
 */
import type { NodeReport } from '../../runtime/cluster/node-sync.js';
import type { Task } from '../../runtime/simulation/index.js';
import type { SteppedClusters } from '../../runtime/simulation/stepped-clusters.js';
import { busyAnswer, withReport } from './frames.js';

const SYNC = 'RPC_BRIDLE_NODE_SYNC';

export class NodeSyncs {
  readonly #stepped: SteppedClusters;
  readonly #orders = new Map<string, Task>();
  /** The request that each node waits for an answer to. */
  readonly #pending = new Map<string, Task>();

  constructor(stepped: SteppedClusters) {
    this.#stepped = stepped;
  }

  /** The report arrives, changed to what it was when it was made; the orders wait. */
  async report(node: string, meta: string, change: (report: NodeReport) => NodeReport): Promise<void> {
    const stepped = this.#stepped;
    const before = new Set(stepped.held('commit', meta).map(({ id }) => id));
    const request = await this.#freshRequest(node);
    this.#pending.set(node, request);
    const bytes = withReport(request.message?.bytes ?? Buffer.alloc(0), change);
    await stepped.deliverInstead(request, bytes);
    // That a partition has been open is remembered at once, which the model knows nothing of.
    for (const commit of stepped.held('commit', meta)) {
      if (!before.has(commit.id) && commit.label.startsWith('table/')) await stepped.release(commit);
    }
    const reply = stepped.messages({ code: SYNC, to: node, what: 'reply' }).at(-1);
    if (reply === undefined) this.#orders.delete(node);
    else this.#orders.set(node, reply);
  }

  /** The orders arrive; false when there are none on their way. */
  async order(node: string): Promise<boolean> {
    const reply = this.#orders.get(node);
    this.#orders.delete(node);
    if (reply === undefined || !this.#stepped.held('message').includes(reply)) return false;
    this.#pending.delete(node);
    await this.#stepped.release(reply);
    return true;
  }

  /** The node has died. */
  forget(node: string): void {
    this.#orders.delete(node);
    this.#pending.delete(node);
  }

  async #freshRequest(node: string): Promise<Task> {
    const stepped = this.#stepped;
    const waiting = stepped.messages({ code: SYNC, from: node, what: 'request' }).at(-1);
    // A node has one sync under way; the next one begins when it has given this one up.
    const old = waiting ?? this.#pending.get(node);
    for (const reply of stepped.messages({ code: SYNC, to: node, what: 'reply' })) stepped.drop(reply);
    this.#pending.delete(node);
    if (waiting !== undefined) stepped.drop(waiting);
    old?.ends?.answer(busyAnswer(old.message?.bytes ?? Buffer.alloc(0)));
    await stepped.settle();
    const timer = stepped.held('timer', node).find(({ label }) => label === 'node sync');
    if (timer !== undefined) await stepped.release(timer);
    const request = stepped.messages({ code: SYNC, from: node, what: 'request' }).at(-1);
    if (request === undefined) throw new Error(`${node} does not report`);
    return request;
  }
}
