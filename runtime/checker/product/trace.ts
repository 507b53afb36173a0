/**
 * Turns a path of states into steps that people can read, by taking every step again through the model:
 * a trace that cannot be replayed is a defect of the explorer, and says so.
 */
import type { Graph } from './graph.js';
import type { Model, StepProperty } from './model.js';
import type { TraceStep } from './result.js';
import { causeOf, type PlainState, type PlainStep, plainSteps, startOf } from './rules.js';
import { stepConditionsOf } from './seen.js';

/** States from a seed to this one. */
export function pathTo(graph: Graph, state: number): number[] {
  const path = [state];
  for (let at = graph.parentOf(state); at >= 0; at = graph.parentOf(at)) path.push(at);
  return path.reverse();
}

export class Replay {
  readonly steps: TraceStep[] = [];
  readonly start: PlainState;
  readonly taken: PlainStep[] = [];
  state: PlainState;
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
    const { state, sends } = startOf(model);
    this.start = state;
    this.state = state;
    this.#tell({ process: -1, what: 'start', label: 'start', message: null, sends });
  }

  /** Takes the first step that leads to a state of the graph. */
  follow(graph: Graph, state: number, isWanted: (step: PlainStep) => boolean = () => true): void {
    this.take(plainSteps(this.#model, this.state).find((step) => isWanted(step) && graph.is(step.to, state)));
  }

  /** @param path as `pathTo` gives it; its first state is where the replay is */
  followAll(graph: Graph, path: readonly number[]): void {
    for (const state of path.slice(1)) this.follow(graph, state);
  }

  /** Takes the first step that breaks the property. */
  break(property: StepProperty): void {
    const { processes } = this.#model;
    this.take(
      plainSteps(this.#model, this.state).find((step) => {
        const process = processes[step.process]?.name;
        if (process === undefined || property.over[process] === undefined) return false;
        const { message, sends } = step;
        const seen = { process, cause: causeOf(step), message, sends };
        const before = this.state.locals[step.process];
        return !stepConditionsOf(property, before, step.to.locals[step.process], seen).holds;
      }),
    );
  }

  take(step: PlainStep | undefined): void {
    if (step === undefined) {
      throw new Error(
        `after ${this.steps.length} steps of ${this.#model.name} the next one cannot be replayed`,
      );
    }
    this.state = step.to;
    this.taken.push(step);
    this.#tell(step);
  }

  #tell({ process, what, label, message, sends }: Omit<PlainStep, 'to' | 'action' | 'budget'>): void {
    const { processes } = this.#model;
    const name = what === 'start' ? '' : (processes[process]?.name ?? 'network');
    this.steps.push({
      process: name,
      what,
      label,
      message,
      sends,
      after: describeAll(this.#model, this.state),
      inFlight: this.state.network,
    });
  }
}

export function describeAll(model: Model, state: PlainState): Record<string, string> {
  return Object.fromEntries(
    model.processes.map((process, index) => [process.name, process.describe(state.locals[index])]),
  );
}
