/** What a meta server has done since it started, counted where it is done. */
import type { Trouble } from '../../../machines/index.js';
import { CallCounts, Counters, METRICS, type Scrape } from '../../observe/metrics/index.js';

export class MetaCounts {
  readonly served = new CallCounts();
  readonly called = new CallCounts();
  readonly #retries = new Counters();

  failed(table: string, actor: string, { error }: Trouble): void {
    this.#retries.count({ table, actor, error });
  }

  writeTo(scrape: Scrape): void {
    this.served.writeTo(scrape, METRICS.rpcServed);
    this.called.writeTo(scrape, METRICS.rpcCalled);
    this.#retries.writeTo(scrape, METRICS.retries);
  }
}
