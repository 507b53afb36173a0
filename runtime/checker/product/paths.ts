/**
 * Paths through a product that, together, take every step a process can take: what a driver of real
 * clusters follows.
 */
import { DEFAULT_MAX_BYTES } from './check.js';
import { Explorer } from './explorer.js';
import type { Bound } from './graph.js';
import { Judge } from './judge.js';
import type { Model } from './model.js';
import { Pace } from './pace.js';
import type { CheckOptions, TraceStep } from './result.js';
import { causeOf, type PlainStep, plainSteps } from './rules.js';
import { NOTED, STRIDE, Tables } from './tables.js';
import { pathTo, Replay } from './trace.js';
import { validated } from './validate.js';

export interface ProductPathsOptions
  extends Pick<CheckOptions, 'maxStates' | 'maxBytes' | 'signal' | 'onProgress'> {
  /** `transition`: each `LocalTransition` that was reached is on one of the paths. */
  readonly cover: 'transition';
}

/** A step of one process, as people tell them apart. */
export interface LocalTransition {
  readonly process: string;
  /** Label of a move, or `receive <kind>`. */
  readonly cause: string;
  /** In words, see `Process.describe`. */
  readonly before: string;
  readonly after: string;
}

export interface ProductPath {
  /** From the start; the first one is `start`. */
  readonly steps: readonly TraceStep[];
  /** What no path before this one takes. */
  readonly covers: readonly LocalTransition[];
}

export interface ProductPaths {
  readonly model: string;
  readonly paths: readonly ProductPath[];
  readonly transitions: readonly LocalTransition[];
  readonly states: number;
  /** Why it stopped before every state was seen; transitions that were not reached are not covered. */
  readonly bound: Bound;
}

/** Enough for every transition of the models at hand to be met, and a matter of seconds. */
const DEFAULT_PATH_STATES = 2_000_000;

interface Reached {
  readonly state: number;
  readonly transition: LocalTransition;
}

/**
 * Takes the shortest way to each transition, beginning with those that are furthest away, and leaves out
 * what a path before took in passing.
 *
 * @throws ProductError as `check`
 * @example
 * const { paths } = await productPaths(model, { cover: 'transition', maxStates: 100_000 });
 */
export async function productPaths(model: Model, options: ProductPathsOptions): Promise<ProductPaths> {
  validated(model, options);
  const tables = new Tables(model);
  const reached = new Map<string, Reached>();
  const explorer = new Explorer(tables, {
    maxStates: options.maxStates ?? DEFAULT_PATH_STATES,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    budgets: true,
    judge: new Judge(tables, []),
    judging: true,
    onTaken: (step, state) => {
      const { process, local, message, label, outcome } = tables.sources[step]!;
      const cause = { what: message === null ? 'move' : 'receive', label } as const;
      const made = transition(model, process, cause, tables.locals[process]![local], outcome.local)!;
      if (!reached.has(textOf(made))) reached.set(textOf(made), { state, transition: made });
    },
  });
  tables.onStep = (step) => {
    tables.steps.data[step * STRIDE + NOTED] = 1;
  };
  await explorer.run([{ state: tables.start(), origin: 0, depth: 0 }].values(), new Pace(options));
  return {
    model: model.name,
    paths: covering(model, explorer, reached),
    transitions: [...reached.values()].map(({ transition }) => transition),
    states: explorer.size,
    bound: explorer.bound,
  };
}

function covering(model: Model, explorer: Explorer, reached: ReadonlyMap<string, Reached>): ProductPath[] {
  const open = new Map(reached);
  const paths: ProductPath[] = [];
  // States are numbered by their distance: the furthest first, since much is met on the way there.
  for (const [text, { state }] of [...reached].toReversed()) {
    if (!open.has(text)) continue;
    const replay = new Replay(model);
    const covers: LocalTransition[] = [];
    const madeBy = (step: PlainStep): LocalTransition | null => {
      const before = replay.state.locals[step.process];
      return transition(model, step.process, step, before, step.to.locals[step.process]);
    };
    const take = (isWanted: (step: PlainStep, made: LocalTransition | null) => boolean): void => {
      const step = plainSteps(model, replay.state).find((step) => isWanted(step, madeBy(step)));
      const made = step === undefined ? null : madeBy(step);
      if (made !== null && open.delete(textOf(made))) covers.push(made);
      replay.take(step);
    };
    for (const next of pathTo(explorer, state).slice(1)) take((step) => explorer.is(step.to, next));
    take((_, made) => made !== null && textOf(made) === text);
    paths.push({ steps: replay.steps, covers });
  }
  return paths;
}

const textOf = (transition: LocalTransition): string => JSON.stringify(Object.values(transition));

function transition(
  model: Model,
  index: number,
  step: Pick<PlainStep, 'what' | 'label'>,
  before: unknown,
  after: unknown,
): LocalTransition | null {
  const process = model.processes[index];
  if (process === undefined) return null;
  const { name } = process;
  return {
    process: name,
    cause: causeOf(step),
    before: process.describe(before),
    after: process.describe(after),
  };
}
