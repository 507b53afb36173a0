/** What was planned to go wrong, and what of it really hit something. */
import { FAULT_KINDS, type FaultKind } from './fault-kinds.js';

export interface Strike {
  readonly planned: number;
  /** Of those planned: how many hit something. */
  readonly struck: number;
  /** Frames, disk operations, servers that were hit. */
  readonly hits: number;
}

export type StrikesByKind = Readonly<Partial<Record<FaultKind, Strike>>>;

export class Strikes {
  readonly #planned = new Map<number, FaultKind>();
  readonly #hits = new Map<number, number>();

  plan(id: number, kind: FaultKind): void {
    this.#planned.set(id, kind);
  }

  /** Something was hit by the event of this id. */
  hit(id: number): void {
    this.#hits.set(id, (this.#hits.get(id) ?? 0) + 1);
  }

  hits(id: number): number {
    return this.#hits.get(id) ?? 0;
  }

  byKind(): StrikesByKind {
    const found: Partial<Record<FaultKind, Strike>> = {};
    for (const kind of FAULT_KINDS) {
      const ids = [...this.#planned].filter(([, planned]) => planned === kind).map(([id]) => id);
      if (ids.length === 0) continue;
      const hits = ids.map((id) => this.hits(id));
      found[kind] = {
        planned: ids.length,
        struck: hits.filter((count) => count > 0).length,
        hits: hits.reduce((sum, count) => sum + count, 0),
      };
    }
    return found;
  }
}
