/**
 * A model, compiled as it is explored: states of processes, messages, networks and budgets become small
 * integers, and what a process does in a state, or with a message, is worked out once.
 */
import { ProductError } from './errors.js';
import { IntList, MISSING, PairMap } from './int-tables.js';
import type { Message, Model, Move, Outcome } from './model.js';
import { interned, NetworkTables } from './network-tables.js';
import { PurityCheck } from './purity.js';
import {
  arrivalAction,
  checkedSends,
  DUPLICATION,
  isFair,
  keyOf,
  LOSS,
  moveAction,
  movesOf,
  outcomesOf,
  type PlainState,
  spending,
  startOf,
  waitAction,
} from './rules.js';

/** Fields of a compiled step in `Tables.steps`: step `s` has them from `s * STRIDE` on. */
export const STRIDE = 8;
/** The state of the process after it. */
export const NEXT = 0;
/** What it does to the network; 0: nothing. */
export const DELTA = 1;
/** Position of the budget it uses, or MISSING. */
export const BUDGET = 2;
/** The conversation that holds it up, or MISSING. */
export const HELD_BY = 3;
/** The weakly fair action it is an instance of, or MISSING. */
export const ACTION = 4;
/** 1: somebody wants to hear when it is taken for the first time. */
export const NOTED = 5;
/** 1: it claims to commute, needs no budget, is held up by nothing, and leaves the network alone. */
export const COMMUTES = 6;

/** What a compiled step was made from. */
export interface StepSource {
  readonly process: number;
  readonly local: number;
  readonly message: Message | null;
  /** A `Move` if there is no message. */
  readonly outcome: Outcome<unknown>;
  readonly label: string;
}

/** Called once for each step that is compiled, e.g. to set NOTED. */
export type OnStep = (step: number, source: StepSource) => void;

export class Tables extends NetworkTables {
  readonly processCount: number;
  readonly budgetNames: readonly string[];
  readonly loss: number;
  readonly duplication: number;

  readonly locals: unknown[][];
  readonly budgets: (readonly number[])[] = [];
  readonly actions: string[] = [];
  readonly sources: StepSource[] = [];

  readonly steps = new IntList(1024);
  /** First step and number of steps of each list of steps. */
  readonly listStart = new IntList();
  readonly listCount = new IntList();
  /** Per process and state: its list of moves, MISSING while it is not compiled. */
  readonly moveLists: readonly IntList[];
  onStep: OnStep = () => {};

  readonly #purity: PurityCheck;
  readonly #localIds: readonly Map<string, number>[];
  readonly #receiveLists: readonly PairMap[];
  readonly #budgetIds = new Map<string, number>();
  readonly #actionIds = new Map<string, number>();
  readonly #budgetAfter = new IntList();

  constructor(model: Model) {
    super(model);
    this.#purity = new PurityCheck(model);
    this.processCount = model.processes.length;
    this.budgetNames = Object.keys(model.budgets);
    this.loss = this.budgetNames.indexOf(LOSS);
    this.duplication = this.budgetNames.indexOf(DUPLICATION);
    this.locals = model.processes.map(() => []);
    this.#localIds = model.processes.map(() => new Map());
    this.moveLists = model.processes.map(() => new IntList());
    this.#receiveLists = model.processes.map(() => new PairMap());
  }

  /** A state as integers: each process, the network, the budgets. */
  get fields(): number {
    return this.processCount + 2;
  }

  /** Bytes in typed arrays and a guess at the rest: what is interned is small beside the states. */
  get bytes(): number {
    const pairs = this.#receiveLists.reduce((sum, map) => sum + map.bytes, this.networkBytes);
    const locals = this.locals.reduce((sum, list) => sum + list.length, 0);
    return (
      pairs + this.steps.data.byteLength * 2 + (locals + this.networks.length + this.messages.length) * 1024
    );
  }

  start(): Int32Array {
    return this.encode(startOf(this.model).state);
  }

  encode({ locals, network, budgets }: PlainState): Int32Array {
    const ids = locals.map((local, process) => this.internLocal(process, local));
    return Int32Array.from([...ids, this.internNetwork(network), this.#internBudgets(budgets)]);
  }

  decode(state: Int32Array): PlainState {
    return {
      locals: this.locals.map((locals, process) => locals[state[process]!]),
      network: this.networks[state[this.processCount]!]!,
      budgets: this.budgets[state[this.processCount + 1]!]!,
    };
  }

  internLocal(process: number, local: unknown): number {
    const text = keyOf(this.model.processes[process]!, local);
    const ids = this.#localIds[process]!;
    let id = ids.get(text);
    if (id === undefined) {
      id = ids.size;
      ids.set(text, id);
      this.locals[process]!.push(local);
      this.moveLists[process]!.push(MISSING);
    }
    return id;
  }

  /** @returns the budgets with one less of this one, or MISSING if none is left */
  budgetsAfter(budgets: number, budget: number): number {
    const at = budgets * this.budgetNames.length + budget;
    const known = this.#budgetAfter.data[at]!;
    if (known !== UNKNOWN) return known;
    const before = this.budgets[budgets]!;
    const left = spending(this.model, before, this.budgetNames[budget]!);
    const after = left === null ? MISSING : this.#internBudgets(left);
    this.#budgetAfter.data[at] = after;
    return after;
  }

  /** Whether `a` leaves at least as much of everything as `b`. */
  coversBudgets(a: number, b: number): boolean {
    if (a === b) return true;
    const mine = this.budgets[a]!;
    const theirs = this.budgets[b]!;
    for (let index = 0; index < mine.length; index++) if (mine[index]! < theirs[index]!) return false;
    return true;
  }

  /** @returns a list of steps, see `listStart` */
  movesIn(process: number, local: number): number {
    const known = this.moveLists[process]!.data[local]!;
    if (known !== MISSING) return known;
    const value = this.locals[process]![local];
    const moves = this.#purity.moves(process, value, movesOf(this.model.processes[process]!, value));
    const list = this.#list(process, local, null, moves);
    this.moveLists[process]!.data[local] = list;
    return list;
  }

  /** @returns a list of steps; an empty one if the message cannot be received now */
  receiptsIn(process: number, local: number, message: number): number {
    const known = this.#receiveLists[process]!.get(local, message);
    if (known !== MISSING) return known;
    const value = this.locals[process]![local];
    const received = this.messages[message]!;
    const outcomes = this.#purity.outcomes(
      process,
      value,
      received,
      outcomesOf(this.model.processes[process]!, value, received),
    );
    const list = this.#list(process, local, received, outcomes);
    this.#receiveLists[process]!.add(local, message, list);
    return list;
  }

  #list(
    process: number,
    local: number,
    message: Message | null,
    outcomes: readonly Outcome<unknown>[],
  ): number {
    const first = this.sources.length;
    for (const outcome of outcomes) this.#step(process, local, message, outcome);
    this.listStart.push(first);
    return this.listCount.push(outcomes.length);
  }

  #step(process: number, local: number, message: Message | null, outcome: Outcome<unknown>): void {
    const name = this.model.processes[process]!.name;
    const move = message === null ? (outcome as Move<unknown>) : null;
    const delta = this.internDelta(outcome.retires ?? [], checkedSends(this.model, outcome.sends ?? []));
    const free = move?.budget === undefined && move?.unlessInFlight === undefined && delta === 0;
    const action =
      message !== null
        ? this.#action(arrivalAction(message))
        : isFair(move!)
          ? this.#action(moveAction(name, move!.label))
          : MISSING;
    const fields = [
      this.internLocal(process, outcome.local),
      delta,
      move?.budget === undefined ? MISSING : this.#budget(name, move.budget),
      move?.unlessInFlight === undefined ? MISSING : this.internTag(move.unlessInFlight),
      action,
      0,
      move?.commutes === true && free ? 1 : 0,
      0,
    ];
    for (const field of fields) this.steps.push(field);
    const source = { process, local, message, outcome, label: move?.label ?? message!.kind };
    const step = this.sources.push(source) - 1;
    this.onStep(step, source);
  }

  waitActionOf(message: number): number {
    return this.#action(waitAction(this.messages[message]!));
  }

  #action(name: string): number {
    return interned(this.#actionIds, name, () => this.actions.push(name));
  }

  #budget(process: string, name: string): number {
    const index = this.budgetNames.indexOf(name);
    if (index >= 0) return index;
    throw new ProductError('USAGE', `a move uses budget ${name}, which the model does not have`, { process });
  }

  #internBudgets(budgets: readonly number[]): number {
    return interned(this.#budgetIds, budgets.join(), () => {
      this.budgets.push(budgets);
      for (const _ of budgets) this.#budgetAfter.push(UNKNOWN);
    });
  }
}

const UNKNOWN = -2;
