/** A chart's parts in words: the same ones in every format that draws. */
import type {
  ChartDiagram,
  DiagramAction,
  DiagramActor,
  DiagramEdge,
  DiagramState,
} from './chart-diagram.js';
import { valueText } from './value-text.js';

/** @example actionText({ name: 'alter', params: "{ to: 'DS_APP' }", kind: 'assign', does: null }) */
export function actionText({ name, params }: DiagramAction): string {
  return params === null ? name : `${name}(${params})`;
}

export function actionsText(actions: readonly DiagramAction[]): string {
  return actions.map(actionText).join('; ');
}

/** `TICK [guard] / action; other`, with what UML has no sign for in brackets at the end. */
export function edgeText(edge: DiagramEdge): string {
  return edgeParts(edge).join(' ');
}

/** As edgeText, cut where a line may end. */
export function edgeParts(edge: DiagramEdge): string[] {
  const { label, guard, actions, leads, reenter, description, meta } = edge;
  return [
    label,
    ...(guard === null ? [] : [`[${guard}]`]),
    ...(actions.length === 0 ? [] : [`/ ${actionsText(actions)}`]),
    ...(leads === undefined ? [] : [`→ ${leads}`]),
    ...(reenter ? ['(re-enters)'] : []),
    ...(description === null ? [] : [`“${description}”`]),
    ...metaLines(meta),
  ];
}

/** Everything of a state but its name, its children and its edges that lead somewhere; a line each. */
export function stateLines(state: DiagramState): string[] {
  const { entry, exit, invokes, initial, tags, description, meta, output, kind } = state;
  return [
    ...(description === null ? [] : [description]),
    ...entry.map((action) => `entry / ${actionText(action)}`),
    ...exit.map((action) => `exit / ${actionText(action)}`),
    ...invokes.map(invokeText),
    ...(initial?.description == null ? [] : [`initial: ${initial.description}`]),
    ...metaLines(initial?.meta ?? null).map((line) => `initial: ${line}`),
    ...(output === null ? [] : [`output ${output}`]),
    ...(tags.length === 0 ? [] : [`tags: ${tags.join(', ')}`]),
    ...(kind === 'parallel' ? ['regions run in parallel'] : []),
    ...metaLines(meta),
  ];
}

/** @example invokeText({ id: 'dog', logic: 'watchdog', … }) // 'invoke watchdog as dog' */
export function invokeText({ id, logic, input, systemId }: DiagramActor): string {
  const named = id === logic ? '' : ` as ${id}`;
  const known = systemId === null ? '' : `, systemId ${systemId}`;
  return `invoke ${logic}${named}${known}${input === null || input === '…' ? '' : `, input ${input}`}`;
}

/** Fields of the meta that charts of Bridle have, as sentences begin. */
const META_LABELS: Readonly<Record<string, string>> = {
  waitingFor: 'waits for ',
  from: 'from ',
  leavesWhen: 'leaves when ',
  operatorCan: 'operator can ',
};

export function metaLines(meta: Readonly<Record<string, unknown>> | null): string[] {
  return Object.entries(meta ?? {}).flatMap(([key, value]) => {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    const words = Array.isArray(value) && value.every((item) => typeof item === 'string');
    const text = typeof value === 'string' ? value : words ? value.join(', ') : valueText(value);
    return [`${META_LABELS[key] ?? `${key}: `}${text}`];
  });
}

/** Breaks at spaces; a longer word stays whole. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Parents, children and edges of a diagram by state. */
export class ChartTree {
  readonly root: DiagramState;
  readonly #states = new Map<string, DiagramState>();
  readonly #children = new Map<string, DiagramState[]>();
  readonly #edges = new Map<string, DiagramEdge[]>();

  constructor(chart: ChartDiagram) {
    this.root = chart.states[0]!;
    for (const state of chart.states) {
      this.#states.set(state.id, state);
      if (state.parent !== null) push(this.#children, state.parent, state);
    }
    for (const edge of chart.edges) push(this.#edges, edge.source, edge);
  }

  state(id: string): DiagramState {
    return this.#states.get(id)!;
  }

  children({ id }: DiagramState): readonly DiagramState[] {
    return this.#children.get(id) ?? [];
  }

  /** Those that leave the state. */
  edges({ id }: DiagramState): readonly DiagramEdge[] {
    return this.#edges.get(id) ?? [];
  }

  /** Whether `inner` is a descendant of `outer`. */
  isWithin(inner: string, outer: string): boolean {
    for (let at = this.state(inner).parent; at !== null; at = this.state(at).parent) {
      if (at === outer) return true;
    }
    return false;
  }
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
