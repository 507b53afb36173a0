/**
 * Walks a mutant at random, with the seed at hand, and holds it to what its chart promises: each step, and
 * at the end of each walk that it settles when nothing goes wrong any more.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import type { ExploreOptions } from '../paths/explore.js';
import { eventInWords } from '../paths/path.js';
import { type Position, type Step, Stepper } from '../paths/stepper.js';
import { messageOf } from './path-killer.js';
import { type Promises, type Seen, type View, viewOf } from './properties/promise.js';
import { randomOf, type Walked, walk } from './walk.js';

export interface Violation {
  readonly property: string;
  readonly what: string;
  /** Walk and step; the seed makes the walk again. */
  readonly walk: number;
  readonly step: number;
}

export interface WalksOptions {
  readonly seed: number;
  readonly walks: number;
  readonly steps: number;
}

/** Helpful steps after which a chart that has not settled never will. */
const PATIENCE_STEPS = 60;

/** @returns the first violation; null: none was found */
export function violationOf(
  machine: AnyStateMachine,
  vocabulary: ExploreOptions,
  promises: Promises,
  { seed, walks, steps }: WalksOptions,
): Violation | null {
  let stepper: Stepper;
  try {
    stepper = new Stepper(machine);
  } catch (error) {
    return { property: NO_ABORT, what: messageOf(error), walk: 0, step: 0 };
  }
  const prefer = (position: Position) => promises.help(viewOf(position));
  const never = (position: Position, event: EventObject) =>
    promises.never?.(viewOf(position), event as never) ?? false;
  for (let number = 0; number < walks; number++) {
    const random = randomOf(seed + number);
    let step = 0;
    const at = (property: string, what: string): Violation => ({ property, what, walk: number, step });
    try {
      let last: Step | null = null;
      for (const walked of walk(stepper, vocabulary, { random, steps, prefer, never })) {
        const found = judged(walked, promises);
        if (found !== null) return at(...found);
        last = walked.step;
        step += 1;
      }
      const unsettled = last === null ? null : settles(stepper, last, promises);
      if (unsettled !== null) return at(...unsettled);
    } catch (error) {
      return at(NO_ABORT, messageOf(error));
    }
  }
  return null;
}

const NO_ABORT = 'NoAbort (S-NOABORT-1)';
type Found = readonly [property: string, what: string];

function judged({ before, happened, step, input }: Walked, promises: Promises): Found | null {
  const after = viewOf(step.position);
  if (after.status === 'error' || after.status === 'stopped') return [NO_ABORT, `it is ${after.status}`];
  const wait = silentWait(before, after, promises);
  if (wait !== null) return ['NoSilentWait (L-WAIT-1)', wait];
  const { effects } = step;
  for (const { name, ofStep, ofStart } of promises.promises) {
    if (before === null || happened === null) {
      const what = ofStart?.({ after, input: input as never, effects }) ?? null;
      if (what !== null) return [name, what];
      continue;
    }
    const seen: Seen<never, never> = {
      before: viewOf(before),
      after,
      event: happened.event as never,
      timer: happened.timer,
      effects,
    };
    const what = ofStep?.(seen) ?? null;
    if (what !== null) return [name, `${what}, on ${eventInWords(happened.event, 60)}`];
  }
  return null;
}

/** A state that waits for somebody has a timer running, of its own or of a state around it. */
function silentWait(
  before: Position | null,
  view: View<never>,
  { noDeadline, toldOnce }: Promises,
): string | null {
  if (view.status !== 'active') return null;
  const leaves = view.active.filter((id) => !view.active.some((other) => other.startsWith(`${id}.`)));
  for (const leaf of leaves) {
    if (leaf in noDeadline) continue;
    if (toldOnce?.includes(leaf) && before?.snapshot._nodes.some(({ id }) => id === leaf)) continue;
    const timed = view.timers.some(({ id }) => {
      const [, , , ...state] = id.split('.');
      return `${leaf}.`.startsWith(`${state.join('.')}.`);
    });
    if (!timed) return `no deadline runs in ${leaf}`;
  }
  return null;
}

function settles(stepper: Stepper, last: Step, { help, settled }: Promises): Found | null {
  let { position } = last;
  for (let step = 0; step < PATIENCE_STEPS; step++) {
    const view = viewOf(position);
    if (view.status !== 'active' || settled(view)) return null;
    const next = help(view);
    if (next === null) return ['Settles (L-SETTLE-1)', `nothing leads on from ${view.control}`];
    position = stepper.take(position, next.event, next.timer).position;
  }
  return ['Settles (L-SETTLE-1)', `it goes round, now in ${viewOf(position).control}`];
}
