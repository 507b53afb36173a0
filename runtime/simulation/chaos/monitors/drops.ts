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
  /** Tables that the follower had begun to drop by then: its disk may take as long as it likes. */
  readonly #begunInTime = new Set<number>();

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

  /** Whether it matters what the follower is dropping now. */
  get looksAtDropping(): boolean {
    return this.#begunInTime.size > 0 || this.#nowMs() <= this.#mayReplaceUntilMs;
  }

  /** @param dropping ids of the tables of which the follower's meta server is writing down that they are dropped */
  noteDropping(dropping: readonly number[]): void {
    // A meta server that dies forgets what it had not written.
    for (const appId of this.#begunInTime) if (!dropping.includes(appId)) this.#begunInTime.delete(appId);
    if (this.#nowMs() > this.#mayReplaceUntilMs) return;
    for (const appId of dropping) this.#begunInTime.add(appId);
  }

  noteTable(was: TableRecord, is: TableRecord, living: readonly DuplicationRecord[]): void {
    if (was.status !== 'AS_AVAILABLE' || is.status === 'AS_AVAILABLE') return;
    const owner = was.envs['duplication.owner'] ?? null;
    for (const record of living) this.noteDuplication(record);
    const mayReplace = this.#nowMs() <= this.#mayReplaceUntilMs || this.#begunInTime.has(was.appId);
    const holds = (owner !== null && this.#mayDrop.has(owner)) || mayReplace;
    this.#judge.check('OwnTable', holds, () => `table ${was.name} of ${owner ?? 'nobody'} is dropped`);
  }
}
