/** Draws what an operator does: one thing, or several right after each other. */
import type { Draw } from './draw.js';
import type { Verb } from './plan.js';

/** What somebody may well do next, most of it legal. */
const NEXT: Readonly<Record<Verb['verb'], readonly Verb['verb'][]>> = {
  add: ['remove', 'remove', 'pause', 'retry', 'fail-mode'],
  remove: ['add', 'add', 'add', 'remove'],
  pause: ['start', 'start', 'remove', 'pause'],
  start: ['pause', 'remove', 'retry'],
  retry: ['remove', 'pause', 'retry'],
  'fail-mode': ['start', 'remove', 'pause'],
};

const LONGEST = 6;

/** @param wanted left out: any */
export function drawVerb(draw: Draw, wanted?: Verb['verb']): Verb {
  const verb =
    wanted ?? draw.pick(['add', 'add', 'pause', 'pause', 'start', 'start', 'remove', 'retry', 'fail-mode']);
  switch (verb) {
    case 'add':
      return {
        ...{ verb, policy: draw.pick(['adopt', 'adopt', 'fail', 'replace']) },
        onRemove: draw.pick(['keep', 'drop']),
      };
    case 'remove':
      return { verb, follower: draw.pick(['keep', 'drop', null]) };
    case 'fail-mode':
      return { verb, failMode: draw.pick(['FAIL_SLOW', 'FAIL_SKIP', 'FAIL_FAST']) };
    default:
      return { verb };
  }
}

/** After a removal, which may have left the table there. */
export function addAgain(draw: Draw): Verb {
  return {
    ...{ verb: 'add', policy: draw.pick(['replace', 'replace', 'adopt']) },
    onRemove: draw.pick(['keep', 'drop']),
  };
}

/** What gets a duplication going again that an operator has stopped; null: nothing has to. */
export function drawUndoing(draw: Draw, action: Verb | undefined): Verb | null {
  if (action?.verb === 'remove') return addAgain(draw);
  return action?.verb === 'pause' ? drawVerb(draw, 'start') : null;
}

/** Two to seven things, each of which could follow the one before. */
export function drawSequence(draw: Draw): Verb[] {
  let verb = draw.pick(['remove', 'remove', 'pause', 'add'] as const) as Verb['verb'];
  const found = [drawVerb(draw, verb)];
  for (let left = draw.int(1, LONGEST - 1); left > 0; left--) {
    const isAgain = verb === 'remove';
    verb = draw.pick(NEXT[verb]);
    found.push(isAgain && verb === 'add' ? addAgain(draw) : drawVerb(draw, verb));
  }
  const undone = drawUndoing(draw, found.at(-1));
  if (undone !== null && draw.chance(0.8)) found.push(undone);
  return found;
}
