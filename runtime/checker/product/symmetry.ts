/** Of all states that renamings make of a state, the smallest vector stands for all. */
import { IntList, MISSING } from './int-tables.js';
import type { Message, Renaming } from './model.js';
import { ordered } from './network.js';
import type { Tables } from './tables.js';

class CompiledRenaming {
  readonly #renaming: Renaming;
  readonly #tables: Tables;
  /** Where each process goes. */
  readonly #image: readonly number[];
  readonly #locals: readonly IntList[];
  readonly #networks = new IntList();

  constructor(renaming: Renaming, tables: Tables) {
    const names = tables.model.processes.map((process) => process.name);
    this.#renaming = renaming;
    this.#tables = tables;
    this.#image = names.map((name) => names.indexOf(renaming.processes[name] ?? name));
    this.#locals = names.map(() => new IntList());
  }

  apply(state: Int32Array, into: Int32Array): void {
    const processes = this.#tables.processCount;
    for (let process = 0; process < processes; process++) {
      into[this.#image[process]!] = this.#local(process, state[process]!);
    }
    into[processes] = this.#network(state[processes]!);
    into[processes + 1] = state[processes + 1]!;
  }

  #local(process: number, local: number): number {
    return memoised(this.#locals[process]!, local, () => {
      const { name } = this.#tables.model.processes[process]!;
      const renamed = this.#renaming.local(name, this.#tables.locals[process]![local]);
      return this.#tables.internLocal(this.#image[process]!, renamed);
    });
  }

  #network(network: number): number {
    return memoised(this.#networks, network, () => {
      const renamed = this.#tables.networks[network]!.map((message) => this.#message(message));
      return this.#tables.internNetwork(ordered(renamed, this.#tables.model.assumptions));
    });
  }

  #message(message: Message): Message {
    const { processes } = this.#renaming;
    const { from, to } = message;
    return { ...this.#renaming.message(message), from: processes[from] ?? from, to: processes[to] ?? to };
  }
}

function memoised(known: IntList, id: number, compute: () => number): number {
  while (known.length <= id) known.push(MISSING);
  if (known.data[id] === MISSING) {
    // Computing may intern more, and with it grow the list.
    const value = compute();
    known.data[id] = value;
  }
  return known.data[id]!;
}

export class Symmetry {
  readonly #renamings: readonly CompiledRenaming[];
  #smallest: Int32Array;
  #candidate: Int32Array;

  constructor(tables: Tables, renamings: readonly Renaming[]) {
    this.#renamings = renamings.map((renaming) => new CompiledRenaming(renaming, tables));
    this.#smallest = new Int32Array(tables.fields);
    this.#candidate = new Int32Array(tables.fields);
  }

  /** @returns an array that the next call uses again */
  canonical(state: Int32Array): Int32Array {
    this.#smallest.set(state);
    for (const renaming of this.#renamings) {
      renaming.apply(state, this.#candidate);
      if (isSmaller(this.#candidate, this.#smallest)) {
        const candidate = this.#candidate;
        this.#candidate = this.#smallest;
        this.#smallest = candidate;
      }
    }
    return this.#smallest;
  }
}

function isSmaller(a: Int32Array, b: Int32Array): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return a[at]! < b[at]!;
  return false;
}
