/** Why something never happens, in one sentence. */
import type { Model, Property } from './model.js';
import type { TraceStep } from './result.js';
import { type PlainState, type PlainStep, plainSteps } from './rules.js';
import { describeAll } from './trace.js';

const NAMED = 4;

export const quoted = (text: string): string => `'${text}'`;

/**
 * @param along the states of the loop; one: nothing more happens
 * @example
 * // "meta stays in 'DS_PREPARE creating': nothing more happens, as no message is on its way and no timer
 * // or effect is possible; only from outside: operator drop of meta."
 */
export function whyNothingEndsIt(
  model: Model,
  property: Property,
  along: readonly PlainState[],
  loop: readonly TraceStep[],
): string {
  const steps = along.map((state) => plainSteps(model, state));
  const where = `${whereabouts(model, property, along)}`;
  const outside = outsideIn(model, steps.flat());
  if (loop.length === 0) {
    const waiting = along[0]!.network.length;
    const network =
      waiting === 0 ? 'no message is on its way' : `${countOf(waiting, 'message')} nobody can receive`;
    return `${where}: nothing more happens, as ${network} and no timer or effect is possible${outside}.`;
  }
  const happening = listed([...new Set(loop.map(stepInWords))]);
  const never = neverPossible(model, along, steps);
  const impossible = never.length === 0 ? '' : `; never possible meanwhile: ${listed(never)}`;
  const passed = passedBy(model, steps, loop);
  const missed = passed.length === 0 ? '' : `; possible only at times, and passed by: ${listed(passed)}`;
  return `${where}: the only thing that happens, over and over, is ${happening}${missed}${impossible}${outside}.`;
}

export function whyTrapped(model: Model, property: Property, state: PlainState): string {
  const steps = plainSteps(model, state);
  const fair = steps.filter((step) => step.action !== null).map((step) => inWords(model, step));
  const left = fair.length === 0 ? 'no timer, effect or message is left' : `there is only ${listed(fair)}`;
  const where = whereabouts(model, property, [state]);
  return `${where}, and from here it cannot be reached any more: ${left}${outsideIn(model, steps)}.`;
}

function whereabouts(model: Model, property: Property, along: readonly PlainState[]): string {
  const texts = along.map((state) => describeAll(model, state));
  return Object.keys(property.over)
    .map((process) => {
      const places = [...new Set(texts.map((text) => text[process]!))];
      return places.length === 1
        ? `${process} stays in ${quoted(places[0]!)}`
        : `${process} goes round ${listed(places.map(quoted))}`;
    })
    .join(', ');
}

/** What only faults, operators and clients could do. */
function outsideIn(model: Model, steps: readonly PlainStep[]): string {
  const moves = steps.filter((step) => step.action === null && step.what === 'move');
  const names = [...new Set(moves.map((step) => inWords(model, step)))].sort();
  return names.length === 0 ? '' : `; only from outside, and it may stay away: ${listed(names)}`;
}

/** Fair actions of the loop that are possible in some of its states and not taken. */
function passedBy(
  model: Model,
  steps: readonly (readonly PlainStep[])[],
  loop: readonly TraceStep[],
): string[] {
  const taken = new Set(loop.map(stepInWords));
  const fair = steps.flat().filter((step) => step.action !== null);
  return [...new Set(fair.map((step) => inWords(model, step)))].filter((name) => !taken.has(name)).sort();
}

/** Processes that can do nothing by themselves and get no message, all the way round. */
function neverPossible(
  model: Model,
  along: readonly PlainState[],
  steps: readonly (readonly PlainStep[])[],
): string[] {
  const fair = steps.flat().filter((step) => step.action !== null);
  return model.processes.flatMap((process, index) => {
    if (fair.some((step) => step.process === index)) return [];
    return [`anything of ${process.name} in ${quoted(process.describe(along[0]!.locals[index]))}`];
  });
}

function inWords(model: Model, step: PlainStep): string {
  return stepInWords({ ...step, process: model.processes[step.process]?.name ?? 'network' });
}

function stepInWords({
  what,
  label,
  process,
  message,
}: Pick<TraceStep, 'what' | 'label' | 'process' | 'message'>): string {
  if (what === 'lose' || what === 'delay') return `${what === 'lose' ? 'loss' : 'delay'} of ${label}`;
  return what === 'move'
    ? `${label} (${process})`
    : `arrival of ${label} from ${message!.from} at ${process}`;
}

function listed(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

const countOf = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? '' : 's'} that`;
