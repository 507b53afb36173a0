/** Explores a compiled product breadth first, in packed states. */
import type { Ample } from './ample.js';
import { type Bound, type Graph, type GraphSteps, type Limits, newGraphSteps, putStep } from './graph.js';
import { MISSING } from './int-tables.js';
import type { Judge } from './judge.js';
import { Levels } from './levels.js';
import type { Counts, Pace } from './pace.js';
import { isHeapNearlyFull } from './room.js';
import type { PlainState } from './rules.js';
import { FULL, StateStore } from './state-store.js';
import { NO_PROCESS, Successors } from './successors.js';
import type { Symmetry } from './symmetry.js';
import { NOTED, STRIDE, type Tables } from './tables.js';

export interface ExplorerOptions extends Limits {
  /** Leave out states that differ from a known one only in having less left of the budgets. */
  readonly budgets: boolean;
  readonly judge: Judge;
  /** Whether states are judged while they are found. */
  readonly judging: boolean;
  readonly stopAtFirst?: boolean;
  readonly symmetry?: Symmetry | null;
  readonly ample?: Ample | null;
  /** States for which it is false are not entered. */
  readonly within?: (state: Int32Array) => boolean;
  /** After each level, and when the limit of states was reached. */
  readonly onLevel?: (explorer: Explorer) => void;
  /** Hears of steps with NOTED when they are first taken, besides the judge. */
  readonly onTaken?: (step: number, state: number) => void;
}

/** Where an exploration begins. */
export interface Seed {
  readonly state: Int32Array;
  /** Kept as `~origin` in `parentOf`. */
  readonly origin: number;
  /** Steps from the start; seeds come in this order. */
  readonly depth: number;
}

export class Explorer implements Graph {
  expanded = 0;
  transitions = 0;
  depth = 0;
  bound: Bound = null;
  readonly #tables: Tables;
  readonly #options: ExplorerOptions;
  readonly #store: StateStore;
  readonly #successors: Successors;
  /** The state at hand, changed in place for each successor and put back. */
  readonly #state: Int32Array;
  readonly #other: Int32Array;
  /** What `#apply` overwrote. */
  #kept = 0;
  #keptNetwork = 0;
  #keptBudgets = 0;
  readonly #steps: GraphSteps = newGraphSteps();
  readonly #levels = new Levels();

  constructor(tables: Tables, options: ExplorerOptions) {
    this.#tables = tables;
    this.#options = options;
    const covers = (stored: number, wanted: number) => tables.coversBudgets(stored, wanted);
    const { maxStates, maxBytes, budgets } = options;
    this.#store = new StateStore({
      fields: tables.fields,
      maxStates,
      maxBytes,
      ...(budgets ? { covers } : {}),
    });
    this.#successors = new Successors(tables);
    this.#state = new Int32Array(tables.fields);
    this.#other = new Int32Array(tables.fields);
  }

  get size(): number {
    return this.#store.size;
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  /** Runs until everything was seen or `bound` says why not. */
  async run(seeds: Iterator<Seed>, pace: Pace): Promise<void> {
    const counts = (): Counts => ({
      states: this.size,
      transitions: this.transitions,
      queue: this.size - this.expanded,
      depth: this.depth,
    });
    let seed = seeds.next();
    let depth = 0;
    for (;;) {
      if (this.expanded === this.size) {
        if (seed.done === true) return;
        depth = seed.value.depth;
      }
      while (seed.done !== true && seed.value.depth <= depth) {
        this.#addSeed(seed.value);
        seed = seeds.next();
        if (this.bound !== null) return;
      }
      const end = this.size;
      if (end > this.expanded) {
        this.#levels.begin(this.expanded, depth);
        this.depth = depth;
      }
      while (this.expanded < end) {
        if (pace.isAborted) this.bound = 'interrupted';
        else if (this.bytes + this.#tables.bytes > this.#options.maxBytes) this.bound = 'memory';
        if (this.bound !== null) return;
        this.#expandSome(end, pace);
        if (this.bound === null && pace.isDue && isHeapNearlyFull()) this.bound = 'memory';
        if (this.#isFull()) this.#options.onLevel?.(this);
        if (this.bound !== null) return;
        if (pace.isDue) await pace.breathe(counts);
      }
      this.#options.onLevel?.(this);
      depth += 1;
    }
  }

  #isFull(): boolean {
    return this.bound === 'states' || this.bound === 'memory';
  }

  parentOf(state: number): number {
    return this.#store.parents[state]!;
  }

  depthOf(state: number): number {
    return this.#levels.depthOf(state, this.parentOf(state));
  }

  read(state: number, into: Int32Array): void {
    this.#store.read(state, into);
  }

  stepsOf(index: number): GraphSteps {
    const steps = this.#steps;
    const successors = this.#successors;
    const state = this.#state;
    this.#store.read(index, state);
    successors.of(state);
    steps.count = 0;
    steps.urgent = this.#tables.urgent.data[state[this.#tables.processCount]!] === 1;
    this.#packAll(index);
    const budgets = state[this.#tables.processCount + 1]!;
    for (let at = 0; at < successors.count; at++) {
      const target = this.#store.findPacked(at);
      putStep(steps, target, successors.action[at]!, successors.budgets[at] === budgets);
    }
    return steps;
  }

  bitsOf(property: number, index: number): number {
    this.#store.read(index, this.#other);
    return this.#options.judge.conditions.bitsOf(property, this.#other);
  }

  is(plain: PlainState, index: number): boolean {
    const encoded = this.#tables.encode(plain);
    const canonical = this.#options.symmetry?.canonical(encoded) ?? encoded;
    this.#store.read(index, this.#other);
    return canonical.every((value, field) => value === this.#other[field]);
  }

  actionName(action: number): string {
    return this.#tables.actions[action]!;
  }

  #addSeed({ state, origin }: Seed): void {
    this.#state.set(state);
    const index = this.#store.add(this.#canonical(), ~origin);
    if (index === FULL) this.bound = this.#store.full;
    else if (this.#store.added && this.#options.judging) {
      this.#options.judge.found(index, this.#state, NO_PROCESS, MISSING);
    }
  }

  #expandSome(end: number, pace: Pace): void {
    const { judge, stopAtFirst } = this.#options;
    do {
      for (let some = 0; some < 64 && this.expanded < end; some++) {
        if (!this.#expand(this.expanded)) {
          this.bound = this.#store.full;
          return;
        }
        this.expanded += 1;
        if (stopAtFirst === true && judge.findings.size > 0) {
          this.bound = 'interrupted';
          return;
        }
      }
    } while (this.expanded < end && !pace.isDue);
  }

  /** @returns false when there was no room */
  #expand(index: number): boolean {
    const successors = this.#successors;
    const state = this.#state;
    this.#store.read(index, state);
    successors.of(state);
    const only = this.#options.ample?.choose(successors) ?? MISSING;
    if (only !== MISSING) {
      const known = this.#store.size;
      this.transitions += 1;
      this.#packAll(index);
      if (!this.#take(index, only)) return false;
      // A successor that was known could close a cycle on which everything else waits for ever.
      if (this.#store.size > known) return true;
      this.transitions -= 1;
    }
    this.#packAll(index);
    for (let at = 0; at < successors.count; at++) {
      this.transitions += 1;
      if (!this.#take(index, at)) return false;
    }
    return true;
  }

  /** Packs every successor of the state at hand. */
  #packAll(index: number): void {
    const store = this.#store;
    const { count } = this.#successors;
    let { layout } = store;
    for (let at = 0; at < count; at++) {
      this.#pack(index, at);
      if (store.layout === layout) continue;
      layout = store.layout;
      at = -1;
    }
    store.warm(count);
  }

  #pack(index: number, at: number): void {
    if (this.#options.symmetry != null) {
      this.#apply(at);
      this.#store.pack(at, this.#canonical());
      this.#undo(at);
      return;
    }
    const { process, local, network, budgets } = this.#successors;
    // A loss changes no process: any of them stays as it is.
    const field = process[at]! === NO_PROCESS ? 0 : process[at]!;
    const value = process[at]! === NO_PROCESS ? this.#state[0]! : local[at]!;
    this.#store.packChange(at, index, field, value, budgets[at]!, network[at]!);
  }

  /** @param at a successor, packed. @returns false when there was no room */
  #take(from: number, at: number): boolean {
    const { judge, judging, within } = this.#options;
    const step = this.#successors.step[at]!;
    if (step !== MISSING && this.#tables.steps.data[step * STRIDE + NOTED] === 1) this.#noted(step, from);
    if (within !== undefined) {
      this.#apply(at);
      const isInside = within(this.#state);
      this.#undo(at);
      if (!isInside) return true;
    }
    const index = this.#store.addPacked(at, from);
    if (index === FULL) return false;
    const process = this.#successors.process[at]!;
    if (!judging || !this.#store.added || process === NO_PROCESS) return true;
    const before = this.#state[process]!;
    this.#apply(at);
    // The representative may be any exchange of the state: nothing of it need be as it was.
    if (this.#options.symmetry == null) judge.found(index, this.#state, process, before);
    else judge.found(index, this.#canonical(), NO_PROCESS, MISSING);
    this.#undo(at);
    return true;
  }

  #noted(step: number, from: number): void {
    const { judging, judge, onTaken } = this.#options;
    if (!judging) return;
    this.#tables.steps.data[step * STRIDE + NOTED] = 0;
    judge.taken(step, from);
    onTaken?.(step, from);
  }

  #canonical(): Int32Array {
    const { symmetry } = this.#options;
    return symmetry == null ? this.#state : symmetry.canonical(this.#state);
  }

  /** Makes the state at hand its successor. */
  #apply(at: number): void {
    const successors = this.#successors;
    const state = this.#state;
    const processes = this.#tables.processCount;
    const process = successors.process[at]!;
    if (process !== NO_PROCESS) {
      this.#kept = state[process]!;
      state[process] = successors.local[at]!;
    }
    this.#keptNetwork = state[processes]!;
    this.#keptBudgets = state[processes + 1]!;
    state[processes] = successors.network[at]!;
    state[processes + 1] = successors.budgets[at]!;
  }

  /** Takes back the last `#apply`. */
  #undo(at: number): void {
    const state = this.#state;
    const processes = this.#tables.processCount;
    const process = this.#successors.process[at]!;
    if (process !== NO_PROCESS) state[process] = this.#kept;
    state[processes] = this.#keptNetwork;
    state[processes + 1] = this.#keptBudgets;
  }
}
