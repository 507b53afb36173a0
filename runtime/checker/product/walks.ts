/**
 * Long ways through a product that is too large to be explored: trouble first, at random, then calm, in which
 * what is fair happens and nothing else. Proves nothing; finds what is deep.
 *
 * Each way draws how rare its faults are. With faults as likely as everything else, all of them would have
 * struck before anything worth breaking was there.
 */
import { seededRandom } from '../../simulation/random.js';
import { isLiveness } from './check.js';
import { ofFinding, ofLasso, ofTrap } from './counterexample.js';
import { MISSING } from './int-tables.js';
import { Judge } from './judge.js';
import type { Model, Property } from './model.js';
import { type Counts, Pace } from './pace.js';
import type { CheckOptions, CheckResult, Counterexample, Verdict } from './result.js';
import { isHeapNearlyFull } from './room.js';
import { FIRST, SECOND } from './seen.js';
import { SeenStates } from './seen-states.js';
import { NO_PROCESS, Successors } from './successors.js';
import { NOTED, STRIDE, Tables } from './tables.js';
import { validated } from './validate.js';
import { WalkPath } from './walk-path.js';

export interface ProductWalkOptions
  extends Pick<CheckOptions, 'properties' | 'signal' | 'onProgress' | 'stopAtFirst'> {
  /** How many ways. */
  readonly count: number;
  /** Whole number; the same seed walks the same ways. Default 1. */
  readonly seed?: number;
  /** Steps of trouble in each way. Default 400. */
  readonly stepsLimit?: number;
  /** Steps of calm after which a way counts as unsettled. Default 4,000. */
  readonly calmStepsLimit?: number;
}

const DEFAULT_STEPS_LIMIT = 400;
const DEFAULT_CALM_STEPS_LIMIT = 4_000;
/** One of these is drawn for each way: how likely a fault is against any other step. */
const FAULT_WEIGHTS = [1, 0.3, 0.1, 0.03, 0.01] as const;

/**
 * Walks through the model and judges every state and step on the way, and at the end whether everything that
 * has to happen did.
 *
 * `states` counts different states at least, in a bounded table; `depth` is the longest way. A property that
 * is not violated is `unknown`.
 *
 * @throws ProductError as `check` does
 * @example
 * const { verdicts, walks } = await checkByWalks(model, { count: 1_000, seed: 7 });
 */
export async function checkByWalks(model: Model, options: ProductWalkOptions): Promise<CheckResult> {
  return new Walker(model, options).run();
}

class Walker {
  readonly #model: Model;
  readonly #options: ProductWalkOptions;
  readonly #properties: readonly Property[];
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #successors: Successors;
  readonly #state: Int32Array;
  readonly #path: WalkPath;
  readonly #seen = new SeenStates();
  readonly #random: () => number;
  readonly #weights = new Float64Array(4096);
  readonly #counterexamples = new Map<number, Counterexample>();
  readonly #stepsLimit: number;
  readonly #calmStepsLimit: number;
  #transitions = 0;
  #depth = 0;
  #walked = 0;
  #unsettled = 0;

  constructor(model: Model, options: ProductWalkOptions) {
    this.#model = model;
    this.#options = options;
    this.#properties = validated(model, options);
    this.#tables = new Tables(model);
    this.#judge = new Judge(this.#tables, this.#properties);
    this.#successors = new Successors(this.#tables);
    this.#state = new Int32Array(this.#tables.fields);
    this.#random = seededRandom(options.seed ?? 1);
    this.#stepsLimit = options.stepsLimit ?? DEFAULT_STEPS_LIMIT;
    this.#calmStepsLimit = options.calmStepsLimit ?? DEFAULT_CALM_STEPS_LIMIT;
    this.#path = new WalkPath(this.#tables, this.#judge, this.#stepsLimit + this.#calmStepsLimit + 1);
  }

  async run(): Promise<CheckResult> {
    const { count, stopAtFirst } = this.#options;
    const pace = new Pace(this.#options);
    const counts = (): Counts => ({
      states: this.#seen.count,
      transitions: this.#transitions,
      queue: count - this.#walked,
      depth: this.#depth,
    });
    let bound: CheckResult['bound'] = 'walks';
    while (this.#walked < count) {
      if (pace.isAborted) bound = 'interrupted';
      else if (pace.isDue && isHeapNearlyFull()) bound = 'memory';
      if (bound !== 'walks') break;
      this.#walk();
      this.#walked += 1;
      if (stopAtFirst === true && this.#counterexamples.size > 0) break;
      if (pace.isDue) await pace.breathe(counts);
    }
    return {
      model: this.#model.name,
      assumptions: this.#model.assumptions,
      states: this.#seen.count,
      transitions: this.#transitions,
      depth: this.#depth,
      seconds: pace.seconds,
      bytesPerState: (this.#seen.bytes + this.#tables.bytes) / Math.max(this.#seen.count, 1),
      reductions: [],
      bound,
      walks: { seed: this.#options.seed ?? 1, count: this.#walked, unsettled: this.#unsettled },
      verdicts: this.#properties.map((property, index) => this.#verdictOn(property, index)),
    };
  }

  #walk(): void {
    this.#path.begin();
    this.#state.set(this.#tables.start());
    this.#arrive(NO_PROCESS, MISSING);
    const faultWeight = FAULT_WEIGHTS[Math.floor(this.#random() * FAULT_WEIGHTS.length)]!;
    for (let steps = 0; steps < this.#stepsLimit; steps++) {
      if (!this.#step((at) => (this.#costs(at) ? faultWeight : 1))) break;
    }
    this.#settle();
    this.#depth = Math.max(this.#depth, this.#path.size - 1);
  }

  /** Calm until nothing is owed any more; what is owed where nothing is left to happen is owed for ever. */
  #settle(): void {
    const owed = this.#owed();
    for (let steps = 0; owed.size > 0; steps++) {
      if (steps === this.#calmStepsLimit) {
        this.#unsettled += 1;
        return;
      }
      if (!this.#step((at) => (this.#isFree(at) ? 1 : 0))) {
        for (const property of owed) this.#owedForEver(property);
        return;
      }
      for (const property of owed) {
        if (this.#isThere(property)) owed.delete(property);
      }
    }
  }

  /** Properties of liveness that have not had what they promise since it was asked for. */
  #owed(): Set<number> {
    const owed = new Set<number>();
    for (const [index, property] of this.#properties.entries()) {
      if (!isLiveness(property) || this.#counterexamples.has(index)) continue;
      if (property.kind === 'staysPossible' ? !this.#isThere(index) : this.#owedSince(index) >= 0) {
        owed.add(index);
      }
    }
    return owed;
  }

  /** The state since which something is owed; -1: nothing is. */
  #owedSince(index: number): number {
    let since = -1;
    for (let at = 0; at < this.#path.size; at++) {
      const bits = this.#path.bitsOf(index, at);
      if ((bits & SECOND) !== 0) since = -1;
      else if (since < 0 && (bits & FIRST) !== 0) since = at;
    }
    return since;
  }

  /** Whether what a property of liveness promises is so now. */
  #isThere(index: number): boolean {
    return (this.#judge.conditions.bitsOf(index, this.#state) & SECOND) !== 0;
  }

  /** @returns false when no step has a weight */
  #step(weightOf: (at: number) => number): boolean {
    const successors = this.#successors;
    successors.of(this.#state);
    let total = 0;
    for (let at = 0; at < successors.count; at++) {
      total += weightOf(at);
      this.#weights[at] = total;
    }
    if (total === 0) return false;
    const drawn = this.#random() * total;
    let at = 0;
    while (this.#weights[at]! <= drawn) at += 1;
    this.#take(at);
    return true;
  }

  #take(at: number): void {
    const successors = this.#successors;
    const state = this.#state;
    const { processCount } = this.#tables;
    const step = successors.step[at]!;
    if (step !== MISSING && this.#tables.steps.data[step * STRIDE + NOTED] === 1) {
      this.#tables.steps.data[step * STRIDE + NOTED] = 0;
      this.#judge.taken(step, this.#path.size - 1);
      this.#tell();
    }
    const process = successors.process[at]!;
    const before = process === NO_PROCESS ? MISSING : state[process]!;
    if (process !== NO_PROCESS) state[process] = successors.local[at]!;
    state[processCount] = successors.network[at]!;
    state[processCount + 1] = successors.budgets[at]!;
    this.#transitions += 1;
    this.#arrive(process, before);
  }

  #arrive(process: number, before: number): void {
    this.#path.add(this.#state);
    this.#seen.note(this.#state);
    this.#judge.found(this.#path.size - 1, this.#state, process, before);
    this.#tell();
  }

  /** Keeps a counterexample of what was just found broken for the first time. */
  #tell(): void {
    if (this.#judge.findings.size === this.#counterexamples.size) return;
    for (const [index, { state, isStep }] of this.#judge.findings) {
      if (this.#counterexamples.has(index)) continue;
      const way = this.#path.withoutRounds(state);
      const finding = { state: way.size - 1, isStep };
      this.#counterexamples.set(index, ofFinding(this.#model, way, this.#properties[index]!, finding));
    }
  }

  #owedForEver(index: number): void {
    const property = this.#properties[index]!;
    const end = this.#path.size - 1;
    const isTrap = property.kind === 'staysPossible';
    const way = this.#path.withoutRounds(end, isTrap ? end : this.#owedSince(index));
    const last = way.size - 1;
    const counterexample = isTrap
      ? ofTrap(this.#model, way, property, { kind: 'trap', state: last })
      : ofLasso(this.#model, way, property, { kind: 'lasso', pending: way, state: last, component: null });
    this.#judge.findings.set(index, { state: last, isStep: false });
    this.#counterexamples.set(index, counterexample);
  }

  #costs(at: number): boolean {
    return this.#successors.budgets[at] !== this.#state[this.#tables.processCount + 1];
  }

  #isFree(at: number): boolean {
    return this.#successors.action[at] !== MISSING && !this.#costs(at);
  }

  #verdictOn({ name, kind, sentence }: Property, index: number): Verdict {
    const counterexample = this.#counterexamples.get(index) ?? null;
    const verdict = counterexample === null ? 'unknown' : 'violated';
    return { property: name, kind, sentence, verdict, vacuous: false, counterexample };
  }
}
