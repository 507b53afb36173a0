/** Tables of the follower that are dropped: only its own, when a removal says so, or one that an operator gave up. */
import { formatOwner } from '../../../../machines/index.js';
import type { DuplicationRecord, TableRecord } from '../../../cluster/meta/meta-store.js';
import { LATEST_MS } from '../draw-trouble.js';
import type { Judge } from '../properties.js';

export class Drops {
  readonly #judge: Judge;
  readonly #sourceCluster: string;
  readonly #nowMs: () => number;
  /** Owners of tables that a removal may drop. */
  readonly #mayDrop = new Set<string>();
  /** Until when a request to replace whatever is there may still arrive. */
  #mayReplaceUntilMs = -1;

  constructor(judge: Judge, sourceCluster: string, nowMs: () => number) {
    this.#judge = judge;
    this.#sourceCluster = sourceCluster;
    this.#nowMs = nowMs;
  }

  /** A duplication as it is on the disk from now on, or was until now. */
  noteDuplication({
    duplicationId,
    appName: sourceTable,
    policy,
    onRemove,
    status,
  }: DuplicationRecord): void {
    if (status === 'DS_REMOVED') {
      const owner = formatOwner({ sourceCluster: this.#sourceCluster, sourceTable, duplicationId });
      if (onRemove === 'drop') this.#mayDrop.add(owner);
    } else if (policy === 'replace') this.#mayReplaceUntilMs = this.#nowMs() + LATEST_MS;
  }

  noteTable(was: TableRecord, is: TableRecord, living: readonly DuplicationRecord[]): void {
    if (was.status !== 'AS_AVAILABLE' || is.status === 'AS_AVAILABLE') return;
    const owner = was.envs['duplication.owner'] ?? null;
    for (const record of living) this.noteDuplication(record);
    const holds = (owner !== null && this.#mayDrop.has(owner)) || this.#nowMs() <= this.#mayReplaceUntilMs;
    this.#judge.check('OwnTable', holds, () => `table ${was.name} of ${owner ?? 'nobody'} is dropped`);
  }
}
