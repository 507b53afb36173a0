/**
 * The steps of a product, written down plainly: states as objects, nothing remembered.
 *
 * This is what a step is. The direct explorer takes them as they are, counterexamples are replayed
 * through them, and the packed explorer has to agree with them.
 */
import { ProductError } from './errors.js';
import type { Message, Model, Move, Outcome, Process } from './model.js';
import {
  afterStep,
  awaits,
  delaying,
  deliverable,
  type InFlight,
  isUrgent,
  mayDelay,
  messageText,
  without,
} from './network.js';
import type { TraceStep } from './result.js';

export interface PlainState {
  /** By position of the process in the model. */
  readonly locals: readonly unknown[];
  readonly network: InFlight;
  /** By position of the budget in `Object.keys(model.budgets)`. */
  readonly budgets: readonly number[];
}

export interface PlainStep {
  /** Position of the process that changes; -1: a message is lost or delayed. */
  readonly process: number;
  readonly what: TraceStep['what'];
  readonly label: string;
  readonly message: Message | null;
  readonly sends: readonly Message[];
  /** The weakly fair action it is an instance of; null: it may stay away for ever. */
  readonly action: string | null;
  readonly budget: string | null;
  readonly to: PlainState;
}

export const LOSS = 'loss';
export const DUPLICATION = 'duplication';

/** As a property sees the cause of a step. */
export const causeOf = (step: Pick<PlainStep, 'what' | 'label'>): string =>
  step.what === 'move' ? step.label : `receive ${step.label}`;

/** Names of fair actions: a move of a process, the arrival of a message. */
export const moveAction = (process: string, label: string): string => `${process}: ${label}`;
export const arrivalAction = (message: Message): string => `arrival of ${messageText(message)}`;
/** A prompt message that cannot arrive now has to wait: that is no choice of the network. */
export const waitAction = (message: Message): string => `wait of ${messageText(message)}`;

export const isFair = (move: Pick<Move<unknown>, 'kind' | 'budget'>): boolean =>
  (move.kind === 'timer' || move.kind === 'effect') && move.budget === undefined;

export interface Started {
  readonly state: PlainState;
  readonly sends: readonly Message[];
}

/** @throws ProductError THREW */
export function startOf(model: Model): Started {
  const outcomes = model.processes.map((process) => calling(process, 'start', () => process.start()));
  const sends = outcomes.flatMap((outcome) => outcome.sends ?? []);
  const network = outcomes.reduce<InFlight>(
    (before, { retires = [], sends = [] }) =>
      afterStep(before, retires, checkedSends(model, sends), model.assumptions),
    [],
  );
  const locals = outcomes.map((outcome) => outcome.local);
  return { state: { locals, network, budgets: Object.values(model.budgets) }, sends };
}

/**
 * Every step from a state: the moves of each process, then for each message that can arrive its
 * arrival, its arrival while a copy stays, its loss, and its delay if it is prompt. While a prompt
 * message is on its way only that one, or another prompt one, makes a step.
 *
 * @throws ProductError THREW, USAGE
 */
export function plainSteps(model: Model, state: PlainState): PlainStep[] {
  const steps: PlainStep[] = [];
  const urgent = isUrgent(state.network, model.assumptions);
  model.processes.forEach((process, index) => {
    if (urgent) return;
    for (const move of movesOf(process, state.locals[index])) {
      if (move.budget !== undefined && !can(model, state, move.budget)) continue;
      if (move.unlessInFlight !== undefined && awaits(state.network, move.unlessInFlight)) continue;
      steps.push({
        process: index,
        what: 'move',
        label: move.label,
        message: null,
        sends: move.sends ?? [],
        action: isFair(move) ? moveAction(process.name, move.label) : null,
        budget: move.budget ?? null,
        to: stepped(model, state, index, move, state.network, move.budget),
      });
    }
  });
  for (const position of deliverable(state.network, model.assumptions)) {
    steps.push(...messageSteps(model, state, position));
  }
  return steps;
}

function messageSteps(model: Model, state: PlainState, position: number): PlainStep[] {
  const message = state.network[position]!;
  const index = model.processes.findIndex((process) => process.name === message.to);
  const outcomes = outcomesOf(model.processes[index]!, state.locals[index], message);
  const rest = without(state.network, position);
  const urgent = isUrgent(state.network, model.assumptions);
  const kept = urgent ? delaying(state.network, position, model.assumptions) : state.network;
  const common = { label: message.kind, message };
  const arrival = (what: 'receive' | 'receive a copy', outcome: Outcome<unknown>): PlainStep => {
    const copy = what === 'receive a copy';
    const network = copy ? kept : rest;
    return {
      ...common,
      process: index,
      what,
      sends: outcome.sends ?? [],
      action: copy ? null : arrivalAction(message),
      budget: copy ? DUPLICATION : null,
      to: stepped(model, state, index, outcome, network, copy ? DUPLICATION : undefined),
    };
  };
  const steps = outcomes.map((outcome) => arrival('receive', outcome));
  if (message.reliable !== true && can(model, state, DUPLICATION)) {
    steps.push(...outcomes.map((outcome) => arrival('receive a copy', outcome)));
  }
  if (message.reliable !== true && can(model, state, LOSS)) {
    const to = { ...state, network: rest, budgets: spent(model, state.budgets, LOSS) };
    steps.push({ ...common, process: -1, what: 'lose', sends: [], action: null, budget: LOSS, to });
  }
  const mustWait = outcomes.length === 0;
  if (urgent && (mustWait || mayDelay(state.network, model.assumptions))) {
    const action = mustWait ? waitAction(message) : null;
    const to = { ...state, network: kept };
    steps.push({ ...common, process: -1, what: 'delay', sends: [], action, budget: null, to });
  }
  return steps;
}

function stepped(
  model: Model,
  state: PlainState,
  index: number,
  { local, retires = [], sends = [] }: Outcome<unknown>,
  network: InFlight,
  budget: string | undefined,
): PlainState {
  return {
    locals: state.locals.with(index, local),
    network: afterStep(network, retires, checkedSends(model, sends), model.assumptions),
    budgets: budget === undefined ? state.budgets : spent(model, state.budgets, budget),
  };
}

function can(model: Model, state: PlainState, budget: string): boolean {
  if (model.budgets[budget] !== undefined) return spending(model, state.budgets, budget) !== null;
  if (budget === LOSS || budget === DUPLICATION) return false;
  throw new ProductError('USAGE', `a move uses budget ${budget}, which the model does not have`);
}

function spent(model: Model, budgets: readonly number[], budget: string): readonly number[] {
  return spending(model, budgets, budget) ?? budgets;
}

/** What is left when one of a budget is used, and of what that also costs; null: there is not enough. */
export function spending(model: Model, budgets: readonly number[], budget: string): readonly number[] | null {
  const names = Object.keys(model.budgets);
  const also = model.alsoCosts?.[budget];
  let left = budgets;
  for (const name of also === undefined ? [budget] : [budget, also]) {
    const index = names.indexOf(name);
    if (left[index]! <= 0) return null;
    left = left.with(index, left[index]! - 1);
  }
  return left;
}

/** @throws ProductError USAGE if one of them is for nobody */
export function checkedSends(model: Model, sends: readonly Message[]): readonly Message[] {
  for (const message of sends) {
    if (model.processes.some((process) => process.name === message.to)) continue;
    const place = { process: message.from, step: `send ${message.kind}` };
    throw new ProductError('USAGE', `a message to ${message.to}, and there is no such process`, place);
  }
  return sends;
}

export function movesOf(process: Process, local: unknown): readonly Move<unknown>[] {
  return calling(process, 'moves', () => process.moves(local), local);
}

export function outcomesOf(process: Process, local: unknown, message: Message): readonly Outcome<unknown>[] {
  return calling(process, `receive ${message.kind}`, () => process.receive(local, message), local);
}

/** @throws ProductError UNSERIALISABLE naming the process, with what `key` said as its cause */
export function keyOf(process: Process, local: unknown): string {
  try {
    return process.key(local);
  } catch (error) {
    const told = error as { readonly place?: { readonly field?: string }; readonly field?: string } | null;
    const field = told?.place?.field ?? told?.field;
    const place = { process: process.name, ...(field === undefined ? {} : { field }) };
    throw new ProductError('UNSERIALISABLE', reason(error), place, { cause: error });
  }
}

function calling<Result>(process: Process, step: string, call: () => Result, local?: unknown): Result {
  try {
    return call();
  } catch (error) {
    if (error instanceof ProductError) throw error;
    const place = {
      process: process.name,
      ...(local === undefined ? {} : { state: process.describe(local) }),
    };
    throw new ProductError('THREW', reason(error), { ...place, step }, { cause: error });
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
