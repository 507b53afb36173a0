/**
 * The product explored as plainly as it can be: states as objects, told apart by their text, every step
 * taken through the model, everything kept. Slow, and the measure of the other explorer.
 */

import type { Safety } from './graph.js';
import {
  type Bound,
  type Finding,
  type Graph,
  type GraphSteps,
  type Limits,
  newGraphSteps,
  putStep,
} from './graph.js';
import type { Model, Property, Seen } from './model.js';
import { isUrgent, messageText } from './network.js';
import type { Counts, Pace } from './pace.js';
import { causeOf, keyOf, type PlainState, type PlainStep, plainSteps } from './rules.js';
import { conditionsOf, FIRST, SECOND, seenIn, stepConditionsOf } from './seen.js';

export interface DirectOptions extends Limits {
  readonly model: Model;
  readonly properties: readonly Property[];
  readonly judging: boolean;
  readonly stopAtFirst?: boolean;
  readonly within?: (state: PlainState) => boolean;
}

export interface DirectSeed {
  readonly state: PlainState;
  readonly origin: number;
  readonly depth: number;
}

interface Known {
  readonly state: PlainState;
  readonly parent: number;
  readonly depth: number;
}

/** A guess: objects of a state, its text, its entry in the map. */
export const BYTES_PER_STATE = 1_500;

export class DirectExplorer implements Graph, Safety {
  expanded = 0;
  transitions = 0;
  bound: Bound = null;
  readonly findings = new Map<number, Finding>();
  readonly situations = new Set<number>();
  readonly #options: DirectOptions;
  readonly #known: Known[] = [];
  readonly #byText = new Map<string, number>();
  readonly #actions: string[] = [];
  readonly #steps: GraphSteps = newGraphSteps();

  constructor(options: DirectOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.length;
  }

  get depth(): number {
    return this.#known[Math.min(this.expanded, this.size - 1)]?.depth ?? 0;
  }

  async run(seeds: Iterator<DirectSeed>, pace: Pace): Promise<void> {
    const counts = (): Counts => ({
      states: this.size,
      transitions: this.transitions,
      queue: this.size - this.expanded,
      depth: this.depth,
    });
    let seed = seeds.next();
    for (;;) {
      const next = this.#known[this.expanded];
      // A seed takes its place behind everything that is as far from the start.
      if (seed.done !== true && (next === undefined || next.depth >= seed.value.depth)) {
        const { state, origin, depth } = seed.value;
        if (!this.#add(state, ~origin, depth, null)) return;
        seed = seeds.next();
        continue;
      }
      if (next === undefined) return;
      if (pace.isAborted) this.bound = 'interrupted';
      if (this.bound !== null || !this.#expand(next)) return;
      this.expanded += 1;
      if (this.#options.stopAtFirst === true && this.findings.size > 0) this.bound = 'interrupted';
      if (pace.isDue) await pace.breathe(counts);
    }
  }

  state(index: number): PlainState {
    return this.#known[index]!.state;
  }

  parentOf(index: number): number {
    return this.#known[index]!.parent;
  }

  depthOf(index: number): number {
    return this.#known[index]!.depth;
  }

  stepsOf(index: number): GraphSteps {
    const { model } = this.#options;
    const steps = this.#steps;
    steps.count = 0;
    steps.urgent = isUrgent(this.state(index).network, model.assumptions);
    for (const { action, budget, to } of plainSteps(model, this.state(index))) {
      const target = this.#byText.get(this.#textOf(to)) ?? -1;
      putStep(steps, target, action === null ? -1 : this.#actionId(action), budget === null);
    }
    return steps;
  }

  bitsOf(property: number, index: number): number {
    return this.bitsIn(property, this.state(index));
  }

  bitsIn(index: number, state: PlainState): number {
    const property = this.#options.properties[index]!;
    if (property.kind === 'step') return 0;
    return conditionsOf(property, this.#seen(property, state));
  }

  is(plain: PlainState, index: number): boolean {
    return this.#textOf(plain) === this.#textOf(this.state(index));
  }

  actionName(action: number): string {
    return this.#actions[action]!;
  }

  #expand({ state, depth }: Known): boolean {
    const { model, within } = this.#options;
    const from = this.expanded;
    for (const step of plainSteps(model, state)) {
      this.transitions += 1;
      this.#judgeStep(step, state, from);
      if (within !== undefined && !within(step.to)) continue;
      if (!this.#add(step.to, from, depth + 1, step)) return false;
    }
    return true;
  }

  #add(state: PlainState, parent: number, depth: number, step: PlainStep | null): boolean {
    const { maxStates, maxBytes, properties, judging } = this.#options;
    const text = this.#textOf(state);
    if (this.#byText.has(text)) return true;
    if (this.size >= maxStates) this.bound = 'states';
    else if (this.size * BYTES_PER_STATE > maxBytes) this.bound = 'memory';
    if (this.bound !== null) return false;
    const index = this.#known.push({ state, parent, depth }) - 1;
    this.#byText.set(text, index);
    if (!judging || step?.process === -1) return true;
    properties.forEach((property, at) => {
      if (property.kind !== 'state') return;
      const bits = this.bitsIn(at, state);
      if ((bits & FIRST) === 0) this.#found(at, { state: index, isStep: false });
      if ((bits & SECOND) !== 0) this.situations.add(at);
    });
    return true;
  }

  #judgeStep({ process, what, label, message, sends, to }: PlainStep, state: PlainState, from: number): void {
    const { model, properties, judging } = this.#options;
    const name = model.processes[process]?.name;
    if (!judging || name === undefined) return;
    properties.forEach((property, at) => {
      if (property.kind !== 'step' || property.over[name] === undefined) return;
      const seen = { process: name, cause: causeOf({ what, label }), message, sends };
      const verdict = stepConditionsOf(property, state.locals[process], to.locals[process], seen);
      if (!verdict.holds) this.#found(at, { state: from, isStep: true });
      if (verdict.situation) this.situations.add(at);
    });
  }

  #found(property: number, finding: Finding): void {
    if (!this.findings.has(property)) this.findings.set(property, finding);
  }

  #seen(property: Property, state: PlainState): Seen {
    const { processes } = this.#options.model;
    return seenIn(property, (name) => state.locals[processes.findIndex((process) => process.name === name)]);
  }

  #textOf({ locals, network, budgets }: PlainState): string {
    const { processes } = this.#options.model;
    return JSON.stringify([
      locals.map((local, index) => keyOf(processes[index]!, local)),
      network.map(messageText),
      budgets,
    ]);
  }

  #actionId(name: string): number {
    const known = this.#actions.indexOf(name);
    return known >= 0 ? known : this.#actions.push(name) - 1;
  }
}
