/** A chart as a recording tells of it: somebody else's words, held to what everything that draws relies on. */
import * as z from 'zod/mini';
import type { Json } from '../../../runtime/observe/recording/lines.js';
import type { ChartDiagram } from '../../diagrams/chart-diagram.js';

const LIMIT_STATES = 10_000;
const LIMIT_EDGES = 50_000;
/** States inside of states. */
const LIMIT_LEVELS = 100;

const text = z.string();
const textOrNull = z.nullable(text);
const meta = z.nullable(z.record(text, z.unknown()));
const actions = z.array(
  z.looseObject({
    name: text,
    params: textOrNull,
    kind: z.enum(['effect', 'assign', 'raise', 'send', 'spawn', 'stop', 'cancel', 'emit', 'log', 'choose']),
    does: textOrNull,
  }),
);
const actors = z.array(
  z.looseObject({
    id: text,
    logic: text,
    how: z.enum(['invoked', 'spawned']),
    systemId: textOrNull,
    input: textOrNull,
  }),
);
const state = z.looseObject({
  id: text,
  key: text,
  parent: textOrNull,
  kind: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']),
  history: z.nullable(z.enum(['shallow', 'deep'])),
  initial: z.nullable(z.looseObject({ target: text, actions, description: textOrNull, meta })),
  historyDefault: z.array(text),
  description: textOrNull,
  tags: z.array(text),
  meta,
  entry: actions,
  exit: actions,
  invokes: actors,
  hasOutput: z.boolean(),
  output: textOrNull,
});
const edge = z.looseObject({
  id: text,
  source: text,
  targets: z.array(text),
  kind: z.enum(['event', 'wildcard', 'after', 'always', 'done', 'error', 'snapshot']),
  label: text,
  event: text,
  guard: textOrNull,
  actions,
  reenter: z.boolean(),
  description: textOrNull,
  meta,
});
const diagram = z.looseObject({
  id: text,
  version: textOrNull,
  description: textOrNull,
  states: z.array(state).check(z.minLength(1), z.maxLength(LIMIT_STATES)),
  edges: z.array(edge).check(z.maxLength(LIMIT_EDGES)),
  actors,
}) satisfies z.ZodMiniType<ChartDiagram>;

/** @returns null for what is no chart */
export function toldChart(told: Json): ChartDiagram | null {
  const { success, data } = diagram.safeParse(told);
  return success && isTree(data) && isConnected(data) ? data : null;
}

/** One machine, and every other state after its parent, so that no state is inside of itself. */
function isTree({ states }: ChartDiagram): boolean {
  const levels = new Map<string, number>();
  for (const [at, { id, parent }] of states.entries()) {
    const level = parent === null ? 0 : (levels.get(parent) ?? Number.NaN) + 1;
    const isInPlace = (parent === null) === (at === 0) && level <= LIMIT_LEVELS;
    if (!isInPlace || levels.has(id)) return false;
    levels.set(id, level);
  }
  return true;
}

/** Whatever leads somewhere leads from a state to states. */
function isConnected({ states, edges }: ChartDiagram): boolean {
  const ids = new Set(states.map(({ id }) => id));
  return (
    edges.every(({ source, targets }) => ids.has(source) && targets.every((target) => ids.has(target))) &&
    states.every(
      ({ initial, historyDefault }) =>
        (initial === null || ids.has(initial.target)) && historyDefault.every((target) => ids.has(target)),
    )
  );
}
