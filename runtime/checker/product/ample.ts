/**
 * Partial-order reduction: a move that commutes with everything and that no property notices may go
 * first; the other orders lead to the same.
 *
 * A move qualifies if its process claims that it commutes, it uses no budget, is held up by nothing,
 * leaves the network alone, changes no view and concerns no property of steps. The claim is not taken on
 * trust: `Commuting` tries every diamond.
 */
import { Commuting } from './commuting.js';
import { MISSING } from './int-tables.js';
import type { Judge } from './judge.js';
import type { Property } from './model.js';
import type { Successors } from './successors.js';
import { COMMUTES, STRIDE, type Tables } from './tables.js';

const UNKNOWN = 0;
const YES = 1;
const NO = 2;

export class Ample {
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #properties: readonly Property[];
  readonly #commuting: Commuting;
  /** By step. */
  #qualifies = new Uint8Array(1024);

  constructor(tables: Tables, judge: Judge, properties: readonly Property[]) {
    this.#tables = tables;
    this.#judge = judge;
    this.#properties = properties;
    this.#commuting = new Commuting(tables, (step) => this.#isUnnoticed(step));
  }

  /**
   * @returns position of the only successor that has to be looked at, if it is new; MISSING: all have to
   * @throws ProductError NOT_COMMUTING
   */
  choose(successors: Successors): number {
    for (let at = 0; at < successors.count; at++) {
      const step = successors.step[at]!;
      if (step === MISSING || this.#tables.steps.data[step * STRIDE + COMMUTES] !== 1) continue;
      if (this.#isQualified(step)) return at;
    }
    return MISSING;
  }

  /** Has to be called when exploring is over: the last messages may have come after the last move. */
  verifyAll(): void {
    this.#commuting.verifyNew();
  }

  #isQualified(step: number): boolean {
    if (step >= this.#qualifies.length) {
      const grown = new Uint8Array(step * 2);
      grown.set(this.#qualifies);
      this.#qualifies = grown;
    }
    const known = this.#qualifies[step]!;
    if (known !== UNKNOWN) {
      if (known === YES) this.#commuting.verifyNew();
      return known === YES;
    }
    const qualified = this.#isUnnoticed(step);
    this.#qualifies[step] = qualified ? YES : NO;
    if (qualified) this.#commuting.verify(step);
    return qualified;
  }

  #isUnnoticed(step: number): boolean {
    if (this.#judge.isNoted(step)) return false;
    const { process, local, outcome } = this.#tables.sources[step]!;
    const next = this.#tables.internLocal(process, outcome.local);
    return this.#properties.every(
      ({ kind }, index) =>
        (kind !== 'state' && kind !== 'step') ||
        this.#judge.conditions.looksSame(index, process, local, next),
    );
  }
}
