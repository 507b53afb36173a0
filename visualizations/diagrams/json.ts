/** A chart as JSON, versioned, and back. */
import { z } from 'zod';
import type { ChartDiagram } from './chart-diagram.js';
import { DiagramError } from './diagram-error.js';
import { checkOverlay, type Overlay } from './overlay.js';

/** Goes up when a reader of the one before would misread it. */
export const DIAGRAM_VERSION = 1;

/**
 * One object: `{ format: 'bridle/diagram', version, chart, overlay? }`.
 *
 * @throws DiagramError for an overlay that does not fit, and for meta that JSON cannot hold
 */
export function chartAsJson(
  chart: ChartDiagram,
  { overlay }: { readonly overlay?: Overlay | undefined } = {},
): string {
  if (overlay !== undefined) checkOverlay(chart, overlay);
  for (const state of chart.states) {
    checkMeta(state.meta, chart.id, state.id, 'meta');
    checkMeta(state.initial?.meta, chart.id, state.id, 'meta of initial');
  }
  for (const edge of chart.edges) checkMeta(edge.meta, chart.id, edge.source, `meta of ${edge.label}`);
  const written = {
    format: 'bridle/diagram',
    version: DIAGRAM_VERSION,
    chart,
    ...(overlay === undefined ? {} : { overlay }),
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

/** Meta is anything; what would change on the way through JSON is refused rather than changed. */
export function checkMeta(meta: unknown, machine: string, state: string, path: string): void {
  const plain = (value: object) =>
    [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
  const kind = typeof meta;
  if (meta === null || meta === undefined || kind === 'string' || kind === 'boolean') return;
  if (kind === 'number' && Number.isFinite(meta)) return;
  if (kind !== 'object' || !plain(meta as object)) {
    throw new DiagramError({ machine, state, feature: path }, `is ${nameOf(meta)}, which JSON cannot hold`);
  }
  for (const [key, value] of Object.entries(meta as object))
    checkMeta(value, machine, state, `${path}.${key}`);
}

function nameOf(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `an instance of ${value.constructor?.name ?? 'a class'}`;
  return typeof value === 'number' ? String(value) : `a ${typeof value}`;
}

const text = z.string();
const meta = z.record(text, z.json()).nullable();
const actor = z.strictObject({
  id: text,
  logic: text,
  how: z.enum(['invoked', 'spawned']),
  systemId: text.nullable(),
  input: text.nullable(),
});
const actions = z.array(
  z.strictObject({
    name: text,
    params: text.nullable(),
    kind: z.enum(['effect', 'assign', 'raise', 'send', 'spawn', 'stop', 'cancel', 'emit', 'log', 'choose']),
    does: text.nullable(),
  }),
);
const state = z.strictObject({
  id: text,
  key: text,
  parent: text.nullable(),
  kind: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']),
  history: z.enum(['shallow', 'deep']).nullable(),
  initial: z.strictObject({ target: text, actions, description: text.nullable(), meta }).nullable(),
  historyDefault: z.array(text),
  description: text.nullable(),
  tags: z.array(text),
  meta,
  entry: actions,
  exit: actions,
  invokes: z.array(actor),
  hasOutput: z.boolean(),
  output: text.nullable(),
});
const edge = z.strictObject({
  id: text,
  source: text,
  targets: z.array(text),
  leads: text.optional(),
  kind: z.enum(['event', 'wildcard', 'after', 'always', 'done', 'error', 'snapshot']),
  label: text,
  event: text,
  guard: text.nullable(),
  actions,
  reenter: z.boolean(),
  description: text.nullable(),
  meta,
});
const counts = z.record(text, z.number());
const written = z.object({
  format: z.literal('bridle/diagram'),
  version: z.literal(DIAGRAM_VERSION),
  chart: z.strictObject({
    id: text,
    version: text.nullable(),
    description: text.nullable(),
    states: z.array(state).min(1),
    edges: z.array(edge),
    actors: z.array(actor),
  }),
  overlay: z.object({ machine: text, transitions: counts, states: counts }).optional(),
});

/**
 * Reads what chartAsJson wrote.
 *
 * @throws DiagramError naming the first field that is wrong
 * @example diagramFromJson(chartAsJson(chart)) // equals chart
 */
export function diagramFromJson(json: string): ChartDiagram {
  const problem = (feature: string, why: string) =>
    new DiagramError({ machine: null, state: null, feature }, why);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw problem('the text', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = written.safeParse(value);
  if (!read.success) {
    const { path, message } = read.error.issues[0]!;
    throw problem(path.length === 0 ? 'the diagram' : path.join('.'), `is wrong: ${message}`);
  }
  const { chart } = read.data;
  const ids = new Set(chart.states.map(({ id }) => id));
  const named = chart.edges.flatMap(({ id, source, targets }) =>
    [source, ...targets].map((state) => [id, state]),
  );
  for (const [edgeId, id] of named) {
    if (!ids.has(id!))
      throw problem(`transition ${edgeId}`, `names state ${id}, which the chart does not have`);
  }
  return chart;
}
