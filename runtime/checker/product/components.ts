/**
 * Strongly connected components, by Tarjan's algorithm without recursion. Edges are computed when a
 * state is entered and kept only while it is on the way down.
 */
import type { Graph, GraphSteps } from './graph.js';
import { IntList } from './int-tables.js';
import type { Counts, Pace } from './pace.js';

export interface ComponentsOptions {
  readonly graph: Graph;
  readonly pace: Pace;
  /** Whether the step belongs to the graph that is looked at; only for steps whose target was explored. */
  readonly isEdge: (steps: GraphSteps, at: number) => boolean;
  /** Each state, with all its steps, before its component is known. */
  readonly onEnter: (state: number, steps: GraphSteps) => void;
  /**
   * Each edge, when its target's component is complete or its target returned from: what is known of
   * the target so far may be passed on.
   */
  readonly onEdge?: (state: number, target: number) => void;
  /** Each component, in an order in which all that it leads to came before. */
  readonly onComponent: (states: Int32Array, hasEdge: boolean, component: Int32Array) => void;
}

/**
 * @returns the component of each state, or null if it was interrupted
 */
export async function components(options: ComponentsOptions): Promise<Int32Array | null> {
  const walk = new Walk(options);
  const { graph, pace } = options;
  const counts = (): Counts => ({
    states: graph.size,
    transitions: 0,
    queue: graph.size - walk.entered,
    depth: 0,
  });
  for (let root = 0; root < graph.size; root++) {
    walk.begin(root);
    while (walk.some()) {
      if (pace.isAborted) return null;
      if (pace.isDue) await pace.breathe(counts);
    }
  }
  return walk.component;
}

const NONE = -1;
const STATES_AT_A_TIME = 256;

class Walk {
  entered = 0;
  readonly component: Int32Array;
  readonly #options: ComponentsOptions;
  /** Order of entering, from 1; 0: not yet. */
  readonly #order: Int32Array;
  readonly #low: Int32Array;
  readonly #loops: Uint8Array;
  /** Entered states without a component. */
  readonly #open = new IntList();
  /** The way down, and for each state on it where its edges are and which comes next. */
  readonly #path = new IntList();
  readonly #next = new IntList();
  readonly #end = new IntList();
  readonly #edges = new IntList();
  #components = 0;

  constructor(options: ComponentsOptions) {
    const { size } = options.graph;
    this.#options = options;
    this.component = new Int32Array(size).fill(NONE);
    this.#order = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#loops = new Uint8Array(size);
  }

  begin(root: number): void {
    if (this.#order[root] === 0) this.#enter(root);
  }

  /** Goes on for a while. @returns whether there is more to do below the root */
  some(): boolean {
    const until = this.entered + STATES_AT_A_TIME;
    while (this.#path.length > 0 && this.entered < until) this.#step();
    return this.#path.length > 0;
  }

  #enter(state: number): void {
    const { graph, isEdge, onEnter } = this.#options;
    this.#order[state] = this.#low[state] = ++this.entered;
    const steps = graph.stepsOf(state);
    const first = this.#edges.length;
    for (let at = 0; at < steps.count; at++) {
      const target = steps.target[at]!;
      if (target < 0 || !isEdge(steps, at)) continue;
      if (target === state) this.#loops[state] = 1;
      else this.#edges.push(target);
    }
    onEnter(state, steps);
    this.#open.push(state);
    this.#path.push(state);
    this.#next.push(first);
    this.#end.push(this.#edges.length);
  }

  #step(): void {
    const top = this.#path.length - 1;
    const state = this.#path.data[top]!;
    const at = this.#next.data[top]!;
    if (at === this.#end.data[top]!) {
      this.#leave(state);
      return;
    }
    const target = this.#edges.data[at]!;
    if (this.#order[target] === 0) {
      // Comes back to this edge when everything below the target is done.
      this.#enter(target);
      return;
    }
    this.#next.data[top] = at + 1;
    if (this.component[target] === NONE) this.#low[state] = Math.min(this.#low[state]!, this.#low[target]!);
    this.#options.onEdge?.(state, target);
  }

  #leave(state: number): void {
    const top = --this.#path.length;
    this.#edges.length = top === 0 ? 0 : this.#end.data[top - 1]!;
    this.#next.length = top;
    this.#end.length = top;
    if (this.#low[state] !== this.#order[state]) return;
    let from = this.#open.length;
    do from -= 1;
    while (this.#open.data[from] !== state);
    const states = this.#open.data.slice(from, this.#open.length);
    this.#open.length = from;
    const id = this.#components++;
    for (const member of states) this.component[member] = id;
    this.#options.onComponent(states, states.length > 1 || this.#loops[state] === 1, this.component);
  }
}
