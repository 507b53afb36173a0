/** What ELK has found, put together with the texts. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram, DiagramEdge, DiagramState } from '../chart-diagram.js';
import type { Box, LaidOutChart, PlacedEdge, PlacedLabel, PlacedState, Point } from '../laid-out-chart.js';
import { type ChartTexts, DOT_PX, edgeId, nodeId } from './elk-graph.js';
import { labelAt, movedLabel, type StateBox } from './state-box.js';
import { movedBy } from './text-block.js';

export class Places {
  readonly #root: ElkNode;
  readonly #texts: ChartTexts;
  readonly #nodes = new Map<string, Box>();
  readonly #edges = new Map<string, ElkExtendedEdge>();

  constructor(root: ElkNode, texts: ChartTexts) {
    this.#root = root;
    this.#texts = texts;
    const visit = ({ id, x = 0, y = 0, width = 0, height = 0, edges = [], children = [] }: ElkNode): void => {
      this.#nodes.set(id, { x, y, width, height });
      for (const edge of edges) this.#edges.set(edge.id, edge);
      for (const child of children) visit(child);
    };
    visit(root);
  }

  of(diagram: ChartDiagram): LaidOutChart {
    const { width = 0, height = 0 } = this.#root;
    return {
      diagram,
      width: Math.ceil(width),
      height: Math.ceil(height),
      states: diagram.states.map((state) => this.#state(state)),
      edges: diagram.edges.map((edge) => this.#edge(edge)),
    };
  }

  #state({ id, initial, historyDefault }: DiagramState): PlacedState {
    const place = this.#place(nodeId.state(id));
    const box = this.#box(id);
    const texts = movedBy(box.texts, place.x, place.y);
    const defaults = historyDefault.map((_, i) => this.#path(edgeId.history(id, i), null));
    const headBottom = box.composite ? place.y + box.height : null;
    if (initial === null) return { id, ...place, texts, headBottom, initial, defaults };
    const way = edgeId.initial(id);
    const { x, y } = this.#place(nodeId.initial(id));
    const dot = { x: x + DOT_PX / 2, y: y + DOT_PX / 2 };
    return {
      id,
      ...place,
      texts,
      headBottom,
      initial: { dot, path: this.#path(way, null), label: this.#label(way) },
      defaults,
    };
  }

  #edge({ id, source, targets }: DiagramEdge): PlacedEdge {
    if (targets.length === 0) {
      const { x, y } = this.#place(nodeId.state(source));
      return { id, paths: [], label: movedLabel(this.#box(source).internal.get(id)!, x, y) };
    }
    return {
      id,
      paths: targets.map((_, i) => this.#path(edgeId.edge(id, i), source)),
      label: this.#label(edgeId.edge(id, 0)),
    };
  }

  #label(id: string): PlacedLabel | null {
    const block = this.#texts.labels.get(id);
    const place = this.#edges.get(id)?.labels?.[0];
    return block === undefined || place === undefined ? null : labelAt(block, place.x ?? 0, place.y ?? 0);
  }

  #path(id: string, source: string | null): readonly Point[] {
    const found = pathOf(this.#edges.get(id)!);
    const points = this.#texts.turned.has(id) ? found.toReversed() : found;
    if (source === null) return points;
    const { y } = this.#place(nodeId.state(source));
    return belowHead(points, y, y + this.#box(source).height);
  }

  #place = (id: string): Box => this.#nodes.get(id)!;
  #box = (id: string): StateBox => this.#texts.boxes.get(id)!;
}

export function pathOf({ sections = [] }: ElkExtendedEdge): readonly Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
}

export const edgesBelow = (node: ElkNode): readonly ElkExtendedEdge[] => [
  ...(node.edges ?? []),
  ...(node.children ?? []).flatMap(edgesBelow),
];

/** An arrow from a composite state to one inside of it begins below the state's own text, not above it. */
function belowHead(points: readonly Point[], top: number, bottom: number): readonly Point[] {
  const [first, second] = points;
  if (first === undefined || second === undefined) return points;
  const downThroughHead = first.x === second.x && Math.abs(first.y - top) < 1 && second.y > bottom;
  return downThroughHead ? [{ x: first.x, y: bottom }, ...points.slice(1)] : points;
}
