/** A path: a start, steps, and what the machine is expected to be after each. Printed as given/when/then. */
import { createHash } from 'node:crypto';
import type { EventObject } from 'xstate';
import { canonicalText } from './canonical.js';
import { type Effect, effectInWords } from './effect.js';
import { type Exploration, type StateFound, startOf } from './exploration.js';

/** What the model says after a start or a step. */
export interface Expected {
  readonly value: unknown;
  readonly context: unknown;
  readonly status: StateFound['status'];
  readonly output: unknown;
  /** Asked for by this step, in order. */
  readonly effects: readonly Effect[];
  /** Ids of running children and timers. */
  readonly children: readonly string[];
  readonly timers: readonly string[];
}

export interface PathStep {
  readonly event: EventObject;
  /** Set if the event is a timer that fires. */
  readonly timer?: string;
  /** Active leaf states before and after. */
  readonly from: string;
  readonly to: string;
  /** Ids of the transitions taken; empty: the event is ignored here. */
  readonly transitions: readonly string[];
  readonly expected: Expected;
}

export interface Path {
  /** Ten hex digits of machine, start and events: the same path has the same id in every run. */
  readonly id: string;
  readonly machine: string;
  readonly start: {
    readonly name: string;
    readonly input: unknown;
    readonly state: string;
    readonly expected: Expected;
  };
  readonly steps: readonly PathStep[];
  /** What this path is the first of its suite to cover. */
  readonly covers: readonly string[];
  /** The steps as edges of the exploration they come from. */
  readonly edges: readonly number[];
}

/**
 * @param way indices of edges, each leaving where the one before arrives
 * @param state where a way without edges stands; default: the first start
 */
export function makePath(
  exploration: Exploration,
  way: readonly number[],
  covers: readonly string[] = [],
  state = exploration.starts[0]?.node ?? 0,
): Path {
  const { machine, chart, states, edges } = exploration;
  const start = startOf(exploration, way, state);
  const steps = way.map((at): PathStep => {
    const { event, timer, from, to, transitions, effects } = edges[at]!;
    return {
      event,
      ...(timer === undefined ? {} : { timer }),
      from: states[from]!.control,
      to: states[to]!.control,
      transitions: transitions.map((number) => chart.transitions[number]!.id),
      expected: expectedOf(states[to]!, effects),
    };
  });
  const first = states[start.node]!;
  return {
    id: pathId(
      machine,
      start.name,
      steps.map((step) => step.event),
    ),
    machine,
    start: {
      name: start.name,
      input: start.input,
      state: first.control,
      expected: expectedOf(first, start.effects),
    },
    steps,
    covers,
    edges: way,
  };
}

function expectedOf(state: StateFound, effects: readonly Effect[]): Expected {
  const { value, context, status, output, children, timers } = state;
  return { value, context, status, output, effects, children, timers };
}

/** Stable across runs and machines of the same chart. */
export function pathId(machine: string, start: string, events: readonly EventObject[]): string {
  const text = canonicalText([machine, start, ...events]);
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/**
 * The event as it is sent, for people: its type and its payload, shortened.
 * @example eventInWords({ type: 'FAILED', requestNo: 1 }) // 'FAILED {"requestNo":1}'
 */
export function eventInWords(event: EventObject, limit = 140): string {
  const { type, ...payload } = event;
  const text = canonicalText(payload);
  if (text === '{}') return type;
  return `${type} ${text.length > limit ? `${text.slice(0, limit - 1)}…` : text}`;
}

/** `given m in idle (default)`, then a `when` and a `then` for each step. */
export function pathInWords(path: Path): string {
  const { machine, start, steps } = path;
  const lines = [`given ${machine} (${start.name}) in ${start.state}`];
  for (const { event, timer, to, transitions, expected } of steps) {
    lines.push(` when ${timer === undefined ? '' : 'the timer fires: '}${eventInWords(event)}`);
    const asks = expected.effects.map(effectInWords);
    const ignored = transitions.length === 0 ? ' (ignored)' : '';
    const ended = expected.status === 'active' ? '' : `, ${expected.status}`;
    lines.push(` then ${to}${ended}${ignored}${asks.length === 0 ? '' : `; ${asks.join(', ')}`}`);
  }
  return lines.join('\n');
}

/** One line, for the name of a test. */
export function pathTitle(path: Path): string {
  const { steps, start, id } = path;
  const events = steps.map(({ event }) => event.type);
  const shown =
    events.length > 6
      ? [...events.slice(0, 3), `… ${events.length - 5} more …`, ...events.slice(-2)]
      : events;
  const end = steps.at(-1)?.to ?? start.state;
  return `${id} given ${start.name}, when ${shown.join(', ') || 'started'}, then ${end}`;
}

/** The command that shows a path and runs it again. */
export function replayCommand(path: Path): string {
  return `bridle paths --machine ${path.machine} --replay ${path.id}`;
}
