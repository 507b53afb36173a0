/**
 * Draws moves of partitions, and what meets them: somebody moves one, or several right after each other, and often
 * a server ends just while one is under way. The rest of a plan is the same with and without them.
 */
import type { Draw } from './draw.js';
import { drawTrouble } from './draw-trouble.js';
import type { FaultKind } from './fault-kinds.js';
import { type ChaosTrouble, NEW_NODE, OLD_NODE, type PlannedEvent, type Step } from './plan.js';
import type { Focus } from './steps.js';

const MINUTE_MS = 60_000;
const MOST_IN_STORM = 6;
const LEAST_MS = 3_000;

/** A partition is fetched, put together, noted as whole, put into its place; a table's record is durable. */
const MOVE_STEPS: readonly Step[] = [
  { of: 'disk', server: '*', what: 'write', path: '*.arriving.copy/*' },
  { of: 'disk', server: '*', what: 'copy', path: '*.arriving/*' },
  { of: 'disk', server: '*', what: 'rename', path: '*/place.json*' },
  { of: 'disk', server: '*', what: 'rename', path: '*.arriving' },
  { of: 'disk', server: 'east/meta', what: 'commit', path: 'table/*' },
  { of: 'disk', server: 'west/meta', what: 'commit', path: 'table/*' },
  { of: 'message', code: 'RPC_QUERY_LAST_CHECKPOINT_INFO', what: 'reply' },
  { of: 'message', code: 'RPC_BRIDLE_NODE_SYNC', what: 'reply' },
];

const ENDS = ['kill', 'crash', 'torn-write'] as const;

export interface MovesOptions {
  readonly storms: readonly { readonly atMs: number; readonly forMs: number }[];
  readonly focus: Focus;
  readonly faults: ReadonlySet<FaultKind>;
}

export function drawMoves(draw: Draw, { storms, focus, faults }: MovesOptions): Omit<PlannedEvent, 'id'>[] {
  const found: Omit<PlannedEvent, 'id'>[] = [];
  const ends = ENDS.filter((kind) => faults.has(kind));
  for (const { atMs: beginMs, forMs } of storms) {
    let atMs = beginMs + draw.int(0, Math.ceil(forMs / 2));
    let latest: ChaosTrouble | null = null;
    for (let left = draw.int(1, MOST_IN_STORM); left > 0; left--) {
      const isAimed = draw.chance(0.2);
      // The same partition goes on, comes back, or is tried again.
      const keeps = draw.chance(0.5);
      const trouble: ChaosTrouble =
        keeps && latest !== null ? latest : drawTrouble(draw, 'move', focus, LEAST_MS);
      latest = trouble;
      found.push({ atMs, trouble, moment: isAimed ? drawMoment(draw, focus.steps) : null });
      if (ends.length > 0 && draw.chance(0.5)) {
        const end = { ...drawTrouble(draw, draw.pick(ends), focus, LEAST_MS), ...drawWhom(draw) };
        found.push({ atMs: atMs + draw.int(0, 100), trouble: end, moment: drawMoment(draw, MOVE_STEPS) });
      }
      atMs += draw.spread(100, 4 * MINUTE_MS);
    }
  }
  return found;
}

/** Mostly one of those between which it moves. */
const drawWhom = (draw: Draw): { readonly server?: string } =>
  draw.pick([{}, { server: OLD_NODE }, { server: OLD_NODE }, { server: NEW_NODE }]);

function drawMoment(draw: Draw, steps: readonly Step[]): PlannedEvent['moment'] {
  return {
    step: draw.pick(steps),
    nth: draw.chance(0.7) ? 1 : draw.spread(2, 8),
    afterMs: draw.chance(0.5) ? 0 : draw.spread(1, 20_000),
  };
}
