/**
 * Draws a run from a seed: storms of some minutes, in which clients write, operators act and things go wrong
 * close to each other, and between them quiet hours with a write now and then.
 */
import { type Character, drawCharacter } from './character.js';
import { Draw } from './draw.js';
import { drawMoves } from './draw-moves.js';
import { addAgain, drawSequence, drawUndoing, drawVerb } from './draw-operator.js';
import { drawSuccessors } from './draw-successors.js';
import { drawTrouble, serversOf } from './draw-trouble.js';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.js';
import type { Burst, ChaosPlan, ChaosTrouble, Moment, PlannedEvent, Topology } from './plan.js';
import type { Focus } from './steps.js';
import { drawLimits, drawTimes } from './times.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Runs as long as this are mostly quiet, as a week of a cluster is. */
const LONG_HOURS = 6;
/** The first storm begins with the duplication. */
const FIRST_STORM_MS = 2 * MINUTE_MS;
/** How many seeds have requests that arrive among their successors, of those in which messages may overtake. */
const OVERTAKING = 0.2;
/** Requests of a client that writes all through a storm, at most. */
const MOST_OF_STREAM = 120;

export interface PlanOptions {
  readonly seed: number;
  readonly hours: number;
  readonly faults: ReadonlySet<FaultKind>;
}

/** @example drawPlan({ seed: 7, hours: 2, faults: new Set(['loss', 'operator']) }).events.length */
export function drawPlan({ seed, hours, faults }: PlanOptions): ChaosPlan {
  const draw = new Draw(seed);
  const isLong = hours >= LONG_HOURS;
  const drawn = drawTopology(draw.fork('topology'), isLong);
  const endMs = hours * HOUR_MS;
  const kinds = FAULT_KINDS.filter((kind) => kind !== 'operator' && kind !== 'move' && faults.has(kind));
  const character = drawCharacter(draw.fork('character'), kinds, serversOf(drawn));
  const moves = faults.has('move') && character.moves;
  const topology = moves ? withNodesToMoveTo(draw.fork('nodes'), drawn) : drawn;
  const storms = drawStorms(draw.fork('storms'), character, endMs, isLong);
  const successors = draw.fork('successors');
  const overtakes = faults.has('reorder') && successors.chance(OVERTAKING);
  return {
    seed,
    hours,
    topology,
    bursts: drawBursts(
      draw.fork('bursts'),
      topology,
      overtakes ? { ...character, streams: 1 } : character,
      storms,
      endMs,
    ),
    events: numbered([
      ...drawEvents(draw.fork('events'), character, storms, faults.has('operator')),
      ...(overtakes ? drawSuccessors(successors, storms) : []),
      ...(moves ? drawMoves(draw.fork('moves'), { storms, focus: character.focus, faults }) : []),
    ]),
  };
}

function drawTopology(draw: Draw, isLong: boolean): Topology {
  return {
    partitions: draw.int(1, 3),
    sourceReplicas: draw.pick([1, 1, 2, 3]),
    followerReplicas: draw.pick([1, 1, 2, 3]),
    table: 'users',
    remoteTable: draw.chance(0.5) ? 'users' : 'copies',
    latencyMs: draw.pick([1, 5, 30]),
    diskLatencyMs: draw.pick([1, 2, 10]),
    silentDeath: draw.chance(0.5),
    clients: draw.int(2, 4),
    initialRows: draw.int(0, 12),
    times: drawTimes(draw.fork('times'), isLong),
    limits: drawLimits(draw.fork('limits')),
  };
}

/** One node has nowhere to move to. */
function withNodesToMoveTo(draw: Draw, topology: Topology): Topology {
  const { sourceReplicas, followerReplicas } = topology;
  return {
    ...topology,
    sourceReplicas: Math.max(sourceReplicas, draw.pick([2, 2, 3])),
    followerReplicas: Math.max(followerReplicas, draw.pick([1, 2, 3])),
  };
}

interface Storm {
  readonly atMs: number;
  readonly forMs: number;
}

function drawStorms(
  draw: Draw,
  { quietMinutes: [least, most] }: Character,
  endMs: number,
  isLong: boolean,
): Storm[] {
  const storms: Storm[] = [];
  let atMs = FIRST_STORM_MS;
  while (atMs < endMs) {
    const forMs = Math.min(draw.int(4, 15) * MINUTE_MS, endMs - atMs);
    storms.push({ atMs, forMs });
    atMs += forMs + draw.int(least, most) * (isLong ? 2 : 1) * MINUTE_MS;
  }
  return storms;
}

function drawBursts(
  draw: Draw,
  { clients }: Topology,
  { streams }: Character,
  storms: readonly Storm[],
  endMs: number,
): Burst[] {
  const bursts: Burst[] = [];
  for (const storm of storms) {
    if (draw.chance(streams)) bursts.push(drawStream(draw, clients, storm));
    for (let client = 0; client < clients; client++) {
      for (let i = draw.int(1, 3); i > 0; i--) {
        const atMs = storm.atMs + draw.int(-30_000, storm.forMs);
        bursts.push({ atMs, client, operations: draw.int(5, 25), pauseMs: draw.spread(5, 20_000) });
      }
    }
  }
  for (let atMs = 20 * MINUTE_MS; atMs < endMs; atMs += draw.int(20, 60) * MINUTE_MS) {
    bursts.push({ atMs, client: draw.int(0, clients - 1), operations: draw.int(1, 3), pauseMs: 1_000 });
  }
  return bursts.sort((a, b) => a.atMs - b.atMs);
}

/** One client writes all through a storm: whatever is late then has something to be late for. */
function drawStream(draw: Draw, clients: number, { atMs, forMs }: Storm): Burst {
  const pauseMs = draw.spread(SECOND_MS, 10 * SECOND_MS);
  const operations = Math.min(MOST_OF_STREAM, Math.ceil((3 * forMs) / pauseMs));
  return { atMs, client: draw.int(0, clients - 1), operations, pauseMs };
}

interface Knot {
  readonly atMs: number;
  readonly step: Pick<Moment, 'step' | 'nth'> | null;
}

/**
 * Things come in knots: some follow each other within seconds, and then nothing happens for minutes. Those of a
 * knot that waits for a step of the servers meet there.
 */
function drawEvents(
  draw: Draw,
  { kinds, focus, operators, sequences, events: [least, most], aimed, leastMs }: Character,
  storms: readonly Storm[],
  hasOperator: boolean,
): Omit<PlannedEvent, 'id'>[] {
  const found: Omit<PlannedEvent, 'id'>[] = [];
  const put = (atMs: number, trouble: ChaosTrouble, { step }: Pick<Knot, 'step'>) =>
    found.push({ atMs: Math.round(atMs), trouble, moment: step && { ...step, afterMs: drawAfterMs(draw) } });
  for (const [i, storm] of storms.entries()) {
    // Where nothing is duplicated nothing is found.
    const action = i === 0 ? drawVerb(draw, 'add') : addAgain(draw);
    if (hasOperator) put(storm.atMs, { kind: 'operator', action }, { step: null });
    const knots = drawKnots(draw, storm, focus, aimed);
    for (let left = draw.int(least, most); left > 0; left--) {
      const isOperator = hasOperator && (kinds.length === 0 || draw.chance(operators));
      const kind = isOperator ? 'operator' : kinds.length === 0 ? null : draw.pick(kinds);
      const knot = draw.pick(knots);
      const atMs = knot.atMs + (draw.chance(0.8) ? draw.spread(1, MINUTE_MS) : 0);
      if (kind === null) continue;
      const trouble = drawTrouble(draw, kind, focus, leastMs);
      put(atMs, trouble, knot);
      if (trouble.kind !== 'operator' || !draw.chance(0.7)) continue;
      const undone = drawUndoing(draw, trouble.action);
      if (undone === null) continue;
      put(atMs + draw.spread(SECOND_MS, 3 * MINUTE_MS), { kind: 'operator', action: undone }, { step: null });
    }
    for (let left = hasOperator ? sequences : 0; left > 0; left--) {
      const knot = draw.pick(knots);
      let atMs = knot.atMs + draw.spread(SECOND_MS, MINUTE_MS);
      for (const action of drawSequence(draw)) {
        put(
          atMs,
          { kind: 'operator', action },
          draw.chance(aimed) ? { step: drawStep(draw, focus) } : { step: null },
        );
        atMs += draw.spread(50, 3 * MINUTE_MS);
      }
    }
  }
  return found;
}

const numbered = (events: Omit<PlannedEvent, 'id'>[]): PlannedEvent[] =>
  events.sort((a, b) => a.atMs - b.atMs).map((event, i) => ({ id: i + 1, ...event }));

/** The first one often begins with the storm, when a duplication is added. */
function drawKnots(draw: Draw, { atMs, forMs }: Storm, focus: Focus, aimed: number): Knot[] {
  return Array.from({ length: draw.int(1, 4) }, (_, i) => ({
    atMs: i === 0 && draw.chance(0.5) ? atMs : atMs + draw.int(0, forMs),
    step: draw.chance(aimed) ? drawStep(draw, focus) : null,
  }));
}

function drawStep(draw: Draw, { steps }: Focus): NonNullable<Knot['step']> {
  return { step: draw.pick(steps), nth: draw.chance(0.7) ? 1 : draw.spread(2, 8) };
}

const drawAfterMs = (draw: Draw): number => (draw.chance(0.4) ? 0 : draw.spread(1, 30 * SECOND_MS));
