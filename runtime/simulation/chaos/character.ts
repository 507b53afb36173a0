/**
 * What a seed is like. One that has a little of everything seldom has two of a kind close to each other, and what
 * only shows under many of one kind is hidden by the rest: so most seeds strike with a few kinds, often, and many
 * of those in a few places only.
 */
import type { Draw } from './draw.js';
import type { FaultKind } from './fault-kinds.js';
import { drawFocus, type Focus, wideFocus } from './steps.js';

export interface Character {
  /** What goes wrong, beside what an operator does. */
  readonly kinds: readonly FaultKind[];
  readonly focus: Focus;
  /** How likely what happens is done by an operator. */
  readonly operators: number;
  /** How often an operator does one thing right after the other, in each storm. */
  readonly sequences: number;
  /** Between two storms, at least and at most; twice that in long runs. */
  readonly quietMinutes: readonly [least: number, most: number];
  /** How many things happen in a storm, at least and at most. */
  readonly events: readonly [least: number, most: number];
  /** How likely some of them wait for a step of the servers. */
  readonly aimed: number;
  /** How long what lasts does so, at least. */
  readonly leastMs: number;
  /** How likely a client writes steadily all through a storm. */
  readonly streams: number;
  /** Whether partitions move, if that was asked for. */
  readonly moves: boolean;
}

const SECOND_MS = 1_000;

const ENDS: readonly FaultKind[] = ['kill', 'crash', 'cluster-crash', 'torn-write'];

/** What has to do with each other. Messages go wrong more often than disks, and in more ways. */
const FAMILIES: readonly (readonly FaultKind[])[] = [
  ['loss', 'delay', 'duplicate', 'reorder'],
  ['loss', 'delay', 'duplicate', 'reorder'],
  ['partition-one-way', 'partition-two-way', 'policy'],
  ENDS,
  ['failed-write', 'full-disk', 'slow-disk'],
  ['bit-rot', 'clock-jump', 'foreign-table'],
];

/** @param kinds that were asked for, without `operator` and `move` */
export function drawCharacter(
  draw: Draw,
  kinds: readonly FaultKind[],
  servers: readonly string[],
): Character {
  if (draw.chance(0.3)) {
    return {
      ...{ kinds, focus: wideFocus(servers), operators: 0.3, sequences: draw.pick([0, 0, 1]) },
      ...{ quietMinutes: [40, 150], events: [3, 9], aimed: 0.2, leastMs: 3 * SECOND_MS, streams: 0.3 },
      moves: draw.fork('moves').chance(0.5),
    };
  }
  return {
    kinds: drawKinds(draw, kinds),
    focus: draw.chance(0.7) ? drawFocus(draw, servers) : wideFocus(servers),
    operators: draw.pick([0.05, 0.2, 0.4]),
    sequences: draw.pick([0, 1, 2]),
    quietMinutes: [15, 80],
    events: [5, 14],
    aimed: draw.pick([0.2, 0.7]),
    leastMs: draw.pick([30, 120, 300]) * SECOND_MS,
    streams: 0.8,
    moves: kinds.length === 0 || draw.fork('moves').chance(0.4),
  };
}

/** One to five. */
function drawKinds(draw: Draw, wanted: readonly FaultKind[]): FaultKind[] {
  const families = FAMILIES.map((family) => family.filter((kind) => wanted.includes(kind)));
  const left = families.filter(({ length }) => length > 0);
  if (left.length === 0) return [];
  const kinds = Array.from({ length: draw.pick([1, 2, 2, 3, 4]) }, () => draw.pick(draw.pick(left)));
  // Whoever was in the middle of something goes on after a restart, or not: few coincidences need none.
  const ends = ENDS.filter((kind) => wanted.includes(kind));
  if (ends.length > 0 && draw.chance(0.4)) kinds.push(draw.pick(ends));
  return [...new Set(kinds)];
}
