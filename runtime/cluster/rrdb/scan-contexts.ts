import { randomInt } from 'node:crypto';
import type { Gpid } from '../../pegasus/index.js';

/** Values of `contextId` that are no context. */
export const ScanContextId = {
  COMPLETED: -1,
  /** Unknown, dropped or used before: the caller opens a new scanner behind the last key it has. */
  NOT_FOUND: -2,
} as const;

export interface ScanContextLimits {
  /** Contexts kept; one more drops the one that has been idle for longest. */
  readonly maxContexts: number;
  readonly maxIdleSeconds: number;
}

interface Kept<Plan> {
  readonly gpid: Gpid;
  readonly plan: Plan;
  readonly sinceSeconds: number;
}

/**
 * Scans that wait for their caller. They hold a position and no snapshot, so nothing but memory is bound by one
 * that nobody comes back for.
 *
 * A context is good for one SCAN, whose answer carries a new id: a SCAN that is repeated because its answer got
 * lost finds nothing, instead of going on behind rows its caller never saw.
 */
export class ScanContexts<Plan> {
  readonly #limits: ScanContextLimits;
  readonly #nowSeconds: () => number;
  /** By id; the oldest one first, because ids are never used again. */
  readonly #kept = new Map<number, Kept<Plan>>();
  /** Not from 0: an id from before a restart of the server must mean nothing. */
  #nextId = randomInt(2 ** 47);

  constructor(limits: ScanContextLimits, nowSeconds: () => number) {
    this.#limits = limits;
    this.#nowSeconds = nowSeconds;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Keeps a scan and returns its id. */
  keep(gpid: Gpid, plan: Plan): number {
    this.#dropIdle();
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= this.#limits.maxContexts) this.#kept.delete(oldest);
    const id = this.#nextId++;
    this.#kept.set(id, { gpid, plan, sinceSeconds: this.#nowSeconds() });
    return id;
  }

  /** Takes a scan out, if it is there and belongs to the partition. */
  take(gpid: Gpid, id: number): Plan | undefined {
    this.#dropIdle();
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    if (kept.gpid.appId !== gpid.appId || kept.gpid.partitionIndex !== gpid.partitionIndex) return undefined;
    this.#kept.delete(id);
    return kept.plan;
  }

  clear(): void {
    this.#kept.clear();
  }

  #dropIdle(): void {
    const oldestAllowed = this.#nowSeconds() - this.#limits.maxIdleSeconds;
    for (const [id, { sinceSeconds }] of this.#kept) {
      if (sinceSeconds > oldestAllowed) return;
      this.#kept.delete(id);
    }
  }
}
