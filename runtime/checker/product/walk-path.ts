/** One way through a product, as counterexamples read a graph: its states are numbered in the order of the way. */
import { type Graph, type GraphSteps, newGraphSteps } from './graph.js';
import type { Judge } from './judge.js';
import type { PlainState } from './rules.js';
import type { Tables } from './tables.js';

export class WalkPath implements Graph {
  readonly expanded = 0;
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #words: Int32Array;
  readonly #seen: Int32Array;
  #size = 0;

  /** @param capacity states at most */
  constructor(tables: Tables, judge: Judge, capacity: number) {
    this.#tables = tables;
    this.#judge = judge;
    this.#words = new Int32Array(tables.fields * capacity);
    this.#seen = new Int32Array(tables.fields);
  }

  get size(): number {
    return this.#size;
  }

  begin(): void {
    this.#size = 0;
  }

  add(state: Int32Array): void {
    this.#words.set(state, this.#size * this.#tables.fields);
    this.#size += 1;
  }

  /**
   * The way up to a state, without the rounds it makes: whatever lies between two visits of the same state
   * is left out. Not the shortest way, but none that contains a detour.
   *
   * @param kept a state that stays on the way, whatever rounds it is part of
   */
  withoutRounds(last: number, kept = last): WalkPath {
    const straight = new WalkPath(this.#tables, this.#judge, last + 1);
    this.#copyWithoutRounds(straight, 0, kept);
    this.#copyWithoutRounds(straight, kept + 1, last);
    return straight;
  }

  #copyWithoutRounds(into: WalkPath, first: number, last: number): void {
    const lastVisits = new Map<string, number>();
    for (let at = first; at <= last; at++) lastVisits.set(this.#stateAt(at).join(), at);
    for (let at = first; at <= last; at++) {
      at = lastVisits.get(this.#stateAt(at).join()) ?? at;
      into.add(this.#stateAt(at));
    }
  }

  parentOf(state: number): number {
    return state === 0 ? ~0 : state - 1;
  }

  depthOf(state: number): number {
    return state;
  }

  /** What else could be done is of no interest to a way that was walked. */
  stepsOf(): GraphSteps {
    return newGraphSteps();
  }

  bitsOf(property: number, state: number): number {
    this.#seen.set(this.#stateAt(state));
    return this.#judge.conditions.bitsOf(property, this.#seen);
  }

  is(plain: PlainState, state: number): boolean {
    const stored = this.#stateAt(state);
    return this.#tables.encode(plain).every((value, field) => value === stored[field]);
  }

  actionName(action: number): string {
    return this.#tables.actions[action]!;
  }

  #stateAt(state: number): Int32Array {
    const { fields } = this.#tables;
    return this.#words.subarray(state * fields, (state + 1) * fields);
  }
}
