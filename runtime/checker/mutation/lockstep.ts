/**
 * Runs two machines side by side over the same events, breadth first, and compares what they show after
 * each step: a bisimulation as far as the bound goes. Machines that show the same in every pair of states
 * that is reached are equivalent for this vocabulary.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import type { ExploreOptions } from '../paths/explore.js';
import { eventInWords } from '../paths/path.js';
import { positionText } from '../paths/position.js';
import { type Position, type Step, Stepper } from '../paths/stepper.js';
import { differenceOf, type Oracle, observationOf, textOf } from './observe.js';
import { messageOf } from './path-killer.js';
import { possibleAt } from './walk.js';

export interface Lockstep {
  /** The events that lead to the first difference, and what it is; null: none was found. */
  readonly difference: { readonly events: readonly EventObject[]; readonly what: string } | null;
  /** Pairs of states that were compared. */
  readonly pairs: number;
  /** Every pair was reached that these inputs and events can reach. */
  readonly complete: boolean;
}

export interface LockstepOptions {
  readonly oracle: Oracle;
  /** Pairs of states; default 20,000. */
  readonly maxPairs?: number;
}

interface Pair {
  readonly a: Position;
  readonly b: Position;
  readonly from: Pair | null;
  readonly event: EventObject | null;
}

/** @param vocabulary inputs, events and children's cases; events are those of the original's state */
export function inLockstep(
  original: AnyStateMachine,
  mutant: AnyStateMachine,
  vocabulary: ExploreOptions,
  { oracle, maxPairs = 20_000 }: LockstepOptions,
): Lockstep {
  const [first, second] = [new Stepper(original), new Stepper(mutant)];
  const seen = new Set<string>();
  const queue: Pair[] = [];
  const texts = new WeakMap<object, string>();
  let complete = true;

  const compare = (stepA: Step, stepB: () => Step, from: Pair | null, event: EventObject | null) => {
    let b: Step;
    try {
      b = stepB();
    } catch (error) {
      return `it throws ${messageOf(error)}`;
    }
    const [seenA, seenB] = [observationOf(stepA), observationOf(b)];
    if (textOf(seenA, oracle) !== textOf(seenB, oracle)) return differenceOf(seenA, seenB);
    const sides = [stepA.position, b.position] as const;
    // Equal down to the context: one text says it all, and most pairs are.
    const [textA, textB] = sides.map((side) => positionText(original.id, side, texts)) as [string, string];
    const key = textA === textB ? textA : `${textA}≠${textB}`;
    if (seen.has(key)) return null;
    if (seen.size >= maxPairs) {
      complete = false;
      return null;
    }
    seen.add(key);
    queue.push({ a: sides[0], b: sides[1], from, event });
    return null;
  };

  const result = (what: string | null, at: Pair | null, last: EventObject | null): Lockstep => ({
    difference: what === null ? null : { events: wayTo(at, last), what },
    pairs: seen.size,
    complete,
  });

  for (const input of Object.values(vocabulary.inputs ?? { default: vocabulary.input })) {
    const what = compare(first.start(input), () => second.start(input), null, null);
    if (what !== null) return result(what, null, null);
  }
  for (let at = 0; at < queue.length; at++) {
    const pair = queue[at]!;
    if (pair.a.snapshot.status !== 'active') continue;
    for (const { event, timer } of possibleAt(pair.a, vocabulary)) {
      const taken = first.take(pair.a, event, timer);
      const what = compare(taken, () => second.take(pair.b, event, timer), pair, event);
      if (what !== null) return result(what, pair, event);
    }
  }
  return result(null, null, null);
}

function wayTo(pair: Pair | null, last: EventObject | null): readonly EventObject[] {
  const events: EventObject[] = last === null ? [] : [last];
  for (let at = pair; at !== null; at = at.from) if (at.event !== null) events.unshift(at.event);
  return events;
}

/** `RETRY_NOW, FAILED {"requestNo":1}: it asks for nothing, not for do answer` */
export function lockstepInWords({ difference, pairs, complete }: Lockstep): string {
  if (difference !== null) {
    const events = difference.events.map((event) => eventInWords(event, 80)).join(', ');
    return `${events || '(start)'}: ${difference.what}`;
  }
  return `${pairs.toLocaleString('en')} pairs of states alike; ${complete ? 'complete' : 'bound reached'}`;
}
