/** Watches the source's logs being collected. */
import type { VirtualClusters } from '../../virtual-clusters.js';
import type { DiskOperation } from '../../virtual-disk.js';
import type { Judge } from '../properties.js';
import type { Statuses } from './statuses.js';

const SEGMENT = /^(\/east\/replica-\d+\/\d+\.(\d+)\/log)\/log\.\d+$/;

export class LogWatch {
  readonly #clusters: VirtualClusters;
  readonly #judge: Judge;
  readonly #statuses: Statuses;

  constructor(clusters: VirtualClusters, judge: Judge, statuses: Statuses) {
    this.#clusters = clusters;
    this.#judge = judge;
    this.#statuses = statuses;
  }

  /** A disk operation is done. */
  note({ what, path }: DiskOperation): void {
    if (what !== 'remove') return;
    const [, directory, index] = SEGMENT.exec(path) ?? [];
    if (directory === undefined) return;
    const partition = Number(index);
    const left = this.#clusters.world.disk.files(directory).map(([file]) => Number(/\d+$/.exec(file)?.[0]));
    const collected = Math.min(...left) - 1;
    const needs = this.#statuses
      .durable()
      .filter(({ record }) => record.status !== 'DS_REMOVED')
      .map(({ record, confirmed }) => ({ id: record.duplicationId, decree: confirmed[partition] ?? -1 }))
      .filter(({ decree }) => decree >= 0);
    for (const { id, decree } of needs) {
      this.#judge.check(
        'NoPrematureGc',
        collected <= decree,
        () =>
          `the log of partition ${partition} is collected up to decree ${collected}; duplication ${id} has confirmed ${decree}`,
      );
    }
  }
}
