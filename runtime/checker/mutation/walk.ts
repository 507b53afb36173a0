/** Random runs of one machine over its vocabulary: the same seed, the same run. */
import type { EventObject } from 'xstate';
import { automaticEvents, namedEvents, type PossibleEvent } from '../paths/automatic.js';
import type { ExploreOptions } from '../paths/explore.js';
import type { Position, Step, Stepper } from '../paths/stepper.js';

/** Numbers in [0, 1); small, fast and good enough to choose events with. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What may happen at a position: what the outside sends, timers, and what children do. */
export function possibleAt(position: Position, { events, children = {} }: ExploreOptions): PossibleEvent[] {
  const given: readonly EventObject[] =
    events === undefined
      ? namedEvents(position.snapshot)
      : typeof events === 'function'
        ? events(position.snapshot as never)
        : events;
  return [...given.map((event) => ({ event })), ...automaticEvents(position, children)];
}

export interface Walked {
  readonly before: Position | null;
  readonly happened: PossibleEvent | null;
  readonly step: Step;
  readonly input: unknown;
}

export interface WalkChoices {
  readonly random: () => number;
  /** At most. */
  readonly steps: number;
  /** Chosen every other time, so that a walk gets far; null: anything. */
  readonly prefer?: (position: Position) => PossibleEvent | null;
  /** What does not happen, though the vocabulary has it. */
  readonly never?: (position: Position, event: EventObject) => boolean;
}

/**
 * A state that the vocabulary cannot read, for a mutant has spoilt its context, ends the walk.
 * @throws what the machine throws
 */
export function* walk(stepper: Stepper, options: ExploreOptions, choices: WalkChoices): Generator<Walked> {
  const { random } = choices;
  // Of any length: a walk that always goes on leaves every dead end behind.
  const steps = 1 + Math.floor(random() * choices.steps);
  const inputs = options.inputs === undefined ? [options.input] : Object.values(options.inputs);
  const input = inputs[Math.floor(random() * inputs.length)];
  let step = stepper.start(input);
  yield { before: null, happened: null, step, input };
  for (let taken = 0; taken < steps; taken++) {
    const before = step.position;
    if (before.snapshot.status !== 'active') return;
    const happened = chosen(before, options, choices);
    if (happened === undefined) return;
    step = stepper.take(before, happened.event, happened.timer);
    yield { before, happened, step, input };
  }
}

function chosen(
  at: Position,
  options: ExploreOptions,
  { random, prefer, never }: WalkChoices,
): PossibleEvent | undefined {
  const preferring = random() < 0.5;
  try {
    const preferred = preferring ? (prefer?.(at) ?? null) : null;
    if (preferred !== null) return preferred;
    const possible = possibleAt(at, options).filter(({ event }) => !never?.(at, event));
    return possible[Math.floor(random() * possible.length)];
  } catch {
    return undefined;
  }
}
