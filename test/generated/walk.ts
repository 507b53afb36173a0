/** Takes a path of the explorer through its model again, for the states behind the words. */
import {
  type Model,
  type PlainState,
  type ProductPath,
  plainSteps,
  startOf,
  type TraceStep,
} from '../../runtime/checker/product/index.js';

/** One step, and every process after it, by name. */
export interface Taken {
  readonly step: TraceStep;
  readonly locals: Readonly<Record<string, unknown>>;
}

/** @throws Error for a path that the model cannot take */
export function walk(model: Model, { steps }: Pick<ProductPath, 'steps'>): Taken[] {
  let { state } = startOf(model);
  const named = (at: PlainState) =>
    Object.fromEntries(model.processes.map(({ name }, index) => [name, at.locals[index]]));
  const words = (at: PlainState) =>
    JSON.stringify(model.processes.map((process, index) => process.describe(at.locals[index])));
  const taken: Taken[] = [];
  for (const step of steps) {
    if (step.what !== 'start') {
      const wanted = JSON.stringify(Object.values(step.after));
      const next = plainSteps(model, state).find(
        ({ what, label, message, process, to }) =>
          what === step.what &&
          label === step.label &&
          (model.processes[process]?.name ?? 'network') === step.process &&
          JSON.stringify(message) === JSON.stringify(step.message) &&
          JSON.stringify(to.network) === JSON.stringify(step.inFlight) &&
          words(to) === wanted,
      );
      if (next === undefined) throw new Error(`the model cannot take ${step.label} of ${step.process}`);
      state = next.to;
    }
    taken.push({ step, locals: named(state) });
  }
  return taken;
}

/** A step as a line of given / when / then. */
export function stepInWords({ process, what, label, message }: TraceStep): string {
  if (what === 'move') return `${process}: ${label}`;
  const place = message === null ? '' : ` from ${message.from} to ${message.to}`;
  const late = message?.late === true ? 'late ' : '';
  return `${what} ${late}${label}${place}`;
}
