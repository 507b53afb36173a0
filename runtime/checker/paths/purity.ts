/** Notices guards and actions that are not pure: the same step, taken twice, has to give the same. */
import { effectInWords } from './effect.js';
import { PathsError } from './errors.js';
import { positionText } from './position.js';
import type { Step } from './stepper.js';

/**
 * @param again takes the step a second time
 * @throws PathsError IMPURE with machine, state and event
 */
export function assertSameStep(
  machine: string,
  state: string,
  event: string,
  first: Step,
  again: () => Step,
): void {
  // Without a cache of texts, and before the second try: a context that is changed in place must not be
  // compared with itself.
  const text = (step: Step): string => positionText(machine, step.position, new WeakMap());
  const firstText = text(first);
  let second: Step;
  try {
    second = again();
  } catch (error) {
    throw new PathsError('IMPURE', `the second time it threw: ${String(error)}`, { machine, state, event });
  }
  const what =
    firstText !== text(second)
      ? 'the next state'
      : first.transitions.join() !== second.transitions.join()
        ? 'the transitions taken'
        : first.effects.map(effectInWords).join() !== second.effects.map(effectInWords).join()
          ? 'the effects'
          : null;
  if (what === null) return;
  throw new PathsError(
    'IMPURE',
    `${what} differed when the same snapshot and event were tried again; a guard or action depends on something else`,
    { machine, state, event },
  );
}
