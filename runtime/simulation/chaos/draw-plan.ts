/**
 * Draws a run from a seed: storms of some minutes, in which clients write, operators act and things go wrong
 * close to each other, and between them quiet hours with a write now and then.
 */
import { Draw } from './draw.js';
import { drawTrouble } from './draw-trouble.js';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.js';
import type { Burst, ChaosPlan, ChaosTrouble, PlannedEvent, Topology } from './plan.js';
import { drawLimits, drawTimes } from './times.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Runs as long as this are mostly quiet, as a week of a cluster is. */
const LONG_HOURS = 6;
/** The first storm begins with the duplication. */
const FIRST_STORM_MS = 2 * MINUTE_MS;

export interface PlanOptions {
  readonly seed: number;
  readonly hours: number;
  readonly faults: ReadonlySet<FaultKind>;
}

/** @example drawPlan({ seed: 7, hours: 2, faults: new Set(['loss', 'operator']) }).events.length */
export function drawPlan({ seed, hours, faults }: PlanOptions): ChaosPlan {
  const draw = new Draw(seed);
  const isLong = hours >= LONG_HOURS;
  const topology = drawTopology(draw.fork('topology'), isLong);
  const endMs = hours * HOUR_MS;
  const storms = drawStorms(draw.fork('storms'), endMs, isLong);
  return {
    seed,
    hours,
    topology,
    bursts: drawBursts(draw.fork('bursts'), topology, storms, endMs),
    events: drawEvents(draw.fork('events'), topology, storms, faults),
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

interface Storm {
  readonly atMs: number;
  readonly forMs: number;
}

function drawStorms(draw: Draw, endMs: number, isLong: boolean): Storm[] {
  const storms: Storm[] = [];
  let atMs = FIRST_STORM_MS;
  while (atMs < endMs) {
    const forMs = Math.min(draw.int(4, 15) * MINUTE_MS, endMs - atMs);
    storms.push({ atMs, forMs });
    atMs += forMs + draw.int(40, 150) * (isLong ? 2 : 1) * MINUTE_MS;
  }
  return storms;
}

function drawBursts(draw: Draw, { clients }: Topology, storms: readonly Storm[], endMs: number): Burst[] {
  const bursts: Burst[] = [];
  for (const storm of storms) {
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

/** A storm is a chain of things that follow each other closely, most of them within seconds. */
function drawEvents(
  draw: Draw,
  topology: Topology,
  storms: readonly Storm[],
  faults: ReadonlySet<FaultKind>,
): PlannedEvent[] {
  const found: { readonly atMs: number; readonly trouble: ChaosTrouble }[] = [];
  const kinds = FAULT_KINDS.filter((kind) => kind !== 'operator' && faults.has(kind));
  const put = (atMs: number, trouble: ChaosTrouble | null) => {
    if (trouble !== null) found.push({ atMs: Math.round(atMs), trouble });
  };
  for (const [i, storm] of storms.entries()) {
    const endMs = storm.atMs + storm.forMs;
    let atMs = storm.atMs;
    if (i === 0 && faults.has('operator')) put(atMs, drawTrouble(draw, 'operator', topology, 'add'));
    for (let left = draw.int(3, 9); left > 0 && atMs < endMs; left--) {
      const isOperator = faults.has('operator') && (kinds.length === 0 || draw.chance(0.3));
      const kind = isOperator ? 'operator' : kinds.length === 0 ? null : draw.pick(kinds);
      if (kind !== null)
        put(atMs + (draw.chance(0.7) ? draw.spread(1, 20_000) : 0), drawTrouble(draw, kind, topology));
      if (draw.chance(0.5)) atMs += draw.spread(1_000, storm.forMs);
    }
  }
  return found.sort((a, b) => a.atMs - b.atMs).map((event, i) => ({ id: i + 1, ...event }));
}
