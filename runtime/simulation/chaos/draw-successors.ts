/**
 * Draws requests that are given up and arrive among those that follow them. A sender that asks how far the receiver
 * is, and then sends what is missing, meets this only if the late one comes between the two: chance seldom has it so.
 */
import type { Draw } from './draw.js';
import type { PlannedEvent } from './plan.js';
import { CHANGING_CODES } from './steps.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** The rest of a plan is the same with and without them. */
export function drawSuccessors(
  draw: Draw,
  storms: readonly { readonly atMs: number; readonly forMs: number }[],
): Omit<PlannedEvent, 'id'>[] {
  return storms.map(({ atMs, forMs }) => ({
    atMs: atMs + draw.int(0, Math.ceil(forMs / 2)),
    moment: null,
    trouble: {
      kind: 'reorder',
      forMs: draw.spread(MINUTE_MS, 10 * MINUTE_MS),
      pattern: { what: 'request', code: draw.pick(CHANGING_CODES) },
      probability: draw.pick([0.2, 0.5]),
      mostMs: MINUTE_MS,
      mostPasses: draw.int(2, 4),
    },
  }));
}
