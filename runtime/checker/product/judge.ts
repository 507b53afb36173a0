/** Judges states and steps while the packed explorer finds them. */
import { Conditions } from './conditions.js';
import type { Finding, Safety } from './graph.js';
import type { Property } from './model.js';
import { causeOf } from './rules.js';
import { FIRST, SECOND, stepConditionsOf } from './seen.js';
import { NOTED, STRIDE, type StepSource, type Tables } from './tables.js';

interface StepNote {
  readonly property: number;
  readonly broken: boolean;
  readonly situation: boolean;
}

export class Judge implements Safety {
  readonly findings = new Map<number, Finding>();
  readonly situations = new Set<number>();
  readonly conditions: Conditions;
  readonly #properties: readonly Property[];
  readonly #stateProperties: readonly number[];
  readonly #notes = new Map<number, readonly StepNote[]>();
  readonly #tables: Tables;

  constructor(tables: Tables, properties: readonly Property[]) {
    this.#tables = tables;
    this.#properties = properties;
    this.conditions = new Conditions(tables, properties);
    tables.onStep = (step, source) => this.#compiled(step, source);
    this.#stateProperties = properties.flatMap((property, index) =>
      property.kind === 'state' ? [index] : [],
    );
  }

  /** Judges a step once, when it is compiled; it counts when it is taken. */
  #compiled(step: number, source: StepSource): void {
    const process = this.#tables.model.processes[source.process]!.name;
    const { message, label, outcome } = source;
    const cause = causeOf({ what: message === null ? 'move' : 'receive', label });
    const notes = this.#properties.flatMap((property, index): StepNote[] => {
      if (property.kind !== 'step' || property.over[process] === undefined) return [];
      const before = this.#tables.locals[source.process]![source.local];
      const seen = { process, cause, message, sends: outcome.sends ?? [] };
      const { holds, situation } = stepConditionsOf(property, before, outcome.local, seen);
      return holds && !situation ? [] : [{ property: index, broken: !holds, situation }];
    });
    if (notes.length === 0) return;
    this.#notes.set(step, notes);
    this.#tables.steps.data[step * STRIDE + NOTED] = 1;
  }

  isNoted(step: number): boolean {
    return this.#notes.has(step);
  }

  /** A noted step is taken for the first time, from this state. */
  taken(step: number, state: number): void {
    for (const { property, broken, situation } of this.#notes.get(step) ?? []) {
      if (broken) this.#found(property, { state, isStep: true });
      if (situation) this.situations.add(property);
    }
  }

  /** @param from the state it was found from, in which `process` was in `before`; MISSING: the start */
  found(index: number, state: Int32Array, process: number, before: number): void {
    for (const property of this.#stateProperties) {
      if (process >= 0 && this.conditions.looksSame(property, process, before, state[process]!)) continue;
      const bits = this.conditions.bitsOf(property, state);
      if ((bits & FIRST) === 0) this.#found(property, { state: index, isStep: false });
      if ((bits & SECOND) !== 0) this.situations.add(property);
    }
  }

  #found(property: number, finding: Finding): void {
    if (!this.findings.has(property)) this.findings.set(property, finding);
  }
}
