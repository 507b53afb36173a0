/** The steps from a compiled state, in the order of `plainSteps`, written into arrays that are reused. */
import { MISSING } from './int-tables.js';
import { ARRIVAL } from './network-tables.js';
import { ACTION, BUDGET, DELTA, HELD_BY, NEXT, STRIDE, type Tables } from './tables.js';

/** Position of a process in the step of a message that is lost or delayed, which changes none. */
export const NO_PROCESS = MISSING;

export class Successors {
  count = 0;
  /** The process that changes, and what it becomes. */
  process = new Int32Array(64);
  local = new Int32Array(64);
  network = new Int32Array(64);
  budgets = new Int32Array(64);
  /** The compiled step; MISSING for a loss or a delay. */
  step = new Int32Array(64);
  /** The weakly fair action, or MISSING. */
  action = new Int32Array(64);

  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** @param state as `Tables.encode` makes it */
  of(state: Int32Array): void {
    this.count = 0;
    const tables = this.#tables;
    const processes = tables.processCount;
    const network = state[processes]!;
    const budgets = state[processes + 1]!;
    const movers = tables.urgent.data[network] === 1 ? 0 : processes;
    for (let process = 0; process < movers; process++) {
      const local = state[process]!;
      const list = tables.movesIn(process, local);
      const first = tables.listStart.data[list]!;
      const end = first + tables.listCount.data[list]!;
      for (let step = first; step < end; step++) {
        const at = step * STRIDE;
        const steps = tables.steps.data;
        const budget = steps[at + BUDGET]!;
        let budgetsAfter = budgets;
        if (budget !== MISSING) {
          budgetsAfter = tables.budgetsAfter(budgets, budget);
          if (budgetsAfter === MISSING) continue;
        }
        const tag = steps[at + HELD_BY]!;
        if (tag !== MISSING && tables.isHeld(network, tag)) continue;
        const networkAfter = tables.networkAfter(network, steps[at + DELTA]!);
        this.#put(process, steps[at + NEXT]!, networkAfter, budgetsAfter, step, steps[at + ACTION]!);
      }
    }
    const afterCopy = tables.duplication < 0 ? MISSING : tables.budgetsAfter(budgets, tables.duplication);
    const afterLoss = tables.loss < 0 ? MISSING : tables.budgetsAfter(budgets, tables.loss);
    const start = tables.arrivalStart.data[network]!;
    const end = start + ARRIVAL * tables.arrivalCount.data[network]!;
    for (let at = start; at < end; at += ARRIVAL) this.#arrival(state, at, afterCopy, afterLoss);
  }

  #arrival(state: Int32Array, arrival: number, afterCopy: number, afterLoss: number): void {
    const tables = this.#tables;
    const network = state[tables.processCount]!;
    const budgets = state[tables.processCount + 1]!;
    const message = tables.arrivals.data[arrival]!;
    const process = tables.receiver.data[message]!;
    const list = tables.receiptsIn(process, state[process]!, message);
    const first = tables.listStart.data[list]!;
    const end = first + tables.listCount.data[list]!;
    for (let step = first; step < end; step++) {
      const rest = tables.networkWithout(network, arrival);
      const steps = tables.steps.data;
      const at = step * STRIDE;
      const after = tables.networkAfter(rest, steps[at + DELTA]!);
      this.#put(process, steps[at + NEXT]!, after, budgets, step, steps[at + ACTION]!);
    }
    const urgent = tables.urgent.data[network] === 1;
    const faulty = tables.reliable.data[message] !== 1;
    if (faulty && afterCopy !== MISSING) {
      const kept = urgent ? tables.networkDelaying(network, arrival) : network;
      for (let step = first; step < end; step++) {
        const steps = tables.steps.data;
        const at = step * STRIDE;
        const after = tables.networkAfter(kept, steps[at + DELTA]!);
        this.#put(process, steps[at + NEXT]!, after, afterCopy, step, MISSING);
      }
    }
    if (faulty && afterLoss !== MISSING) {
      this.#put(NO_PROCESS, 0, tables.networkWithout(network, arrival), afterLoss, MISSING, MISSING);
    }
    const mustWait = first === end;
    if (urgent && (mustWait || tables.delayable.data[network] === 1)) {
      const action = mustWait ? tables.waitActionOf(message) : MISSING;
      const after = tables.networkDelaying(network, arrival);
      this.#put(NO_PROCESS, 0, after, budgets, MISSING, action);
    }
  }

  #put(process: number, local: number, network: number, budgets: number, step: number, action: number): void {
    const at = this.count++;
    if (at === this.process.length) this.#grow();
    this.process[at] = process;
    this.local[at] = local;
    this.network[at] = network;
    this.budgets[at] = budgets;
    this.step[at] = step;
    this.action[at] = action;
  }

  #grow(): void {
    for (const column of ['process', 'local', 'network', 'budgets', 'step', 'action'] as const) {
      const grown = new Int32Array(this[column].length * 2);
      grown.set(this[column]);
      this[column] = grown;
    }
  }
}
