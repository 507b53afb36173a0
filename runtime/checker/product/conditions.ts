/**
 * What the properties see of compiled states: each view is computed once for a state of its process,
 * each condition once for a combination of views.
 */
import { IntList, MISSING, PairMap } from './int-tables.js';
import type { Json, Property, Seen } from './model.js';
import { conditionsOf, type StateConditions, viewOf, viewText } from './seen.js';
import type { Tables } from './tables.js';

/** One property's combinations of views. */
class Combinations {
  readonly property: Property;
  readonly names: readonly string[];
  readonly processes: readonly number[];
  /** Per process of `over` and state: the view's id, MISSING while unknown. */
  readonly viewIds: readonly IntList[];
  readonly chain = new PairMap();
  /** Bits by combination, MISSING while unknown. */
  readonly bits = new IntList();
  readonly #views: readonly Json[][];
  readonly #ids: readonly Map<string, number>[];
  #chained = 1;

  constructor(property: Property, tables: Tables) {
    this.property = property;
    this.names = Object.keys(property.over);
    this.processes = this.names.map((name) => tables.model.processes.findIndex((one) => one.name === name));
    this.viewIds = this.names.map(() => new IntList());
    this.#views = this.names.map(() => []);
    this.#ids = this.names.map(() => new Map());
    this.bits.push(MISSING);
  }

  viewId(at: number, local: number, tables: Tables): number {
    const ids = this.viewIds[at]!;
    while (ids.length <= local) ids.push(MISSING);
    let id = ids.data[local]!;
    if (id === MISSING) {
      const name = this.names[at]!;
      const view = viewOf(this.property, name, tables.locals[this.processes[at]!]![local]);
      const text = viewText(this.property, name, view);
      id = this.#ids[at]!.get(text) ?? this.#views[at]!.push(view) - 1;
      this.#ids[at]!.set(text, id);
      ids.data[local] = id;
    }
    return id;
  }

  bitsOf(state: Int32Array, tables: Tables): number {
    let combination = 0;
    for (let at = 0; at < this.processes.length; at++) {
      const local = state[this.processes[at]!]!;
      const ids = this.viewIds[at]!;
      let view = local < ids.length ? ids.data[local]! : MISSING;
      if (view === MISSING) view = this.viewId(at, local, tables);
      let next = this.chain.get(combination, view);
      if (next === MISSING) {
        next = this.#chained++;
        this.chain.add(combination, view, next);
        this.bits.push(MISSING);
      }
      combination = next;
    }
    const known = this.bits.data[combination]!;
    if (known !== MISSING) return known;
    const seen: Record<string, Json> = {};
    for (let at = 0; at < this.names.length; at++) {
      const view = this.viewId(at, state[this.processes[at]!]!, tables);
      seen[this.names[at]!] = this.#views[at]![view]!;
    }
    const bits = conditionsOf(this.property as StateConditions, seen as Seen);
    this.bits.data[combination] = bits;
    return bits;
  }
}

export class Conditions {
  readonly #tables: Tables;
  readonly #combinations: readonly Combinations[];

  constructor(tables: Tables, properties: readonly Property[]) {
    this.#tables = tables;
    this.#combinations = properties.map((property) => new Combinations(property, tables));
  }

  /** `FIRST` and `SECOND` of a property that is not of steps; see `conditionsOf`. */
  bitsOf(property: number, state: Int32Array): number {
    return this.#combinations[property]!.bitsOf(state, this.#tables);
  }

  /** Whether a process in these two states looks the same to this property. */
  looksSame(property: number, process: number, a: number, b: number): boolean {
    const combinations = this.#combinations[property]!;
    const at = combinations.processes.indexOf(process);
    if (at < 0 || a === b) return true;
    return combinations.viewId(at, a, this.#tables) === combinations.viewId(at, b, this.#tables);
  }
}
