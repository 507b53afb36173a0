/** What a replica server has done since it started, counted where it is done. */
import type { Trouble } from '../../../machines/index.js';
import { CallCounts, Counters, METRICS, type Scrape } from '../../observe/metrics/index.js';

/** Outlives the partitions and duplications it is about: a counter that goes back to 0 tells lies. */
export class NodeCounts {
  readonly served = new CallCounts();
  readonly called = new CallCounts();
  readonly #shippedBytes = new Counters();
  readonly #shippedMutations = new Counters();
  readonly #shipRequests = new Counters();
  readonly #skipped = new Counters();
  readonly #received = new Counters();
  readonly #handedOut = new Counters();
  readonly #retries = new Counters();

  shipped(of: { readonly table: string; readonly duplication: number }, bytes: number, mutations: number) {
    this.#shipRequests.count({ ...of, result: 'ok' });
    this.#shippedBytes.count({ ...of }, bytes);
    this.#shippedMutations.count({ ...of }, mutations);
  }

  shipFailed(of: { readonly table: string; readonly duplication: number }): void {
    this.#shipRequests.count({ ...of, result: 'failed' });
  }

  skipped(of: { readonly table: string; readonly duplication: number }, mutations: number): void {
    this.#skipped.count({ ...of }, mutations);
  }

  received(table: string, bytes: number): void {
    this.#received.count({ table }, bytes);
  }

  handedOut(table: string, bytes: number): void {
    this.#handedOut.count({ table }, bytes);
  }

  failed(table: string, actor: string, { error }: Trouble): void {
    this.#retries.count({ table, actor, error });
  }

  writeTo(scrape: Scrape): void {
    this.served.writeTo(scrape, METRICS.rpcServed);
    this.called.writeTo(scrape, METRICS.rpcCalled);
    this.#shippedBytes.writeTo(scrape, METRICS.shippedBytes);
    this.#shippedMutations.writeTo(scrape, METRICS.shippedMutations);
    this.#shipRequests.writeTo(scrape, METRICS.shipRequests);
    this.#skipped.writeTo(scrape, METRICS.skippedMutations);
    this.#received.writeTo(scrape, METRICS.copyReceivedBytes);
    this.#handedOut.writeTo(scrape, METRICS.copyServedBytes);
    this.#retries.writeTo(scrape, METRICS.retries);
  }
}
