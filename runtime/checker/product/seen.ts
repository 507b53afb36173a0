/** Views and conditions of properties, called with care: what they throw is reported with their name. */
import { canonicalText } from '../paths/canonical.js';
import { ProductError } from './errors.js';
import type { Json, Property, Seen, StepProperty, StepSeen } from './model.js';

export type StateConditions = Exclude<Property, StepProperty>;

/** `holds` of a state property, `from` of leadsTo. */
export const FIRST = 1;
/** `situation` of a state property, `to` of both kinds of liveness. */
export const SECOND = 2;

/** @throws ProductError THREW */
export function conditionsOf(property: StateConditions, seen: Seen): number {
  return guarded(property, undefined, () => {
    const first =
      property.kind === 'state'
        ? property.holds(seen)
        : property.kind === 'leadsTo'
          ? property.from(seen)
          : false;
    const second = property.kind === 'state' ? property.situation(seen) : property.to(seen);
    return (first ? FIRST : 0) | (second ? SECOND : 0);
  });
}

export interface StepVerdict {
  readonly holds: boolean;
  readonly situation: boolean;
}

export function stepConditionsOf(
  property: StepProperty,
  before: unknown,
  after: unknown,
  step: StepSeen,
): StepVerdict {
  const was = viewOf(property, step.process, before);
  const is = viewOf(property, step.process, after);
  return guarded(property, step.process, () => ({
    holds: property.holds(was, is, step),
    situation: property.situation(was, is, step),
  }));
}

export function viewOf(property: Property, process: string, local: unknown): Json {
  return guarded(property, process, () => property.over[process]!(local));
}

export function viewText(property: Property, process: string, view: Json): string {
  return guarded(property, process, () => canonicalText(view, 'view'));
}

/** All views of a state property, from the states of the processes themselves. */
export function seenIn(property: Property, localOf: (process: string) => unknown): Seen {
  return Object.fromEntries(
    Object.keys(property.over).map((process) => [process, viewOf(property, process, localOf(process))]),
  );
}

function guarded<Result>(property: Property, process: string | undefined, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    if (error instanceof ProductError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    const place = { ...(process === undefined ? {} : { process }), property: property.name };
    throw new ProductError('THREW', what, place, { cause: error });
  }
}
