/** Places for everything in a chart. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram, DiagramEdge, DiagramState } from '../chart-diagram.js';
import type { Box, LaidOutChart, PlacedEdge, PlacedLabel, PlacedState, Point } from '../laid-out-chart.js';
import { runElk } from './elk.js';
import { type ChartGraph, chartGraph, type Direction, DOT_PX, edgeId, nodeId } from './elk-graph.js';
import { labelAt } from './state-box.js';
import { movedBy } from './text-block.js';

/**
 * The same diagram always gets the same places.
 *
 * @example
 * const { width, height } = await layOut(readChart(followerTable));
 */
export async function layOut(diagram: ChartDiagram, direction: Direction = 'DOWN'): Promise<LaidOutChart> {
  const graph = chartGraph(diagram, direction);
  const root = await runElk(graph.root);
  const places = new Places(root, graph);
  return {
    diagram,
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    states: parentsFirst(diagram).map((state) => places.state(state)),
    edges: diagram.edges.map((edge) => places.edge(edge)),
  };
}

class Places {
  readonly #graph: ChartGraph;
  readonly #nodes = new Map<string, Box>();
  readonly #edges = new Map<string, ElkExtendedEdge>();

  constructor(root: ElkNode, graph: ChartGraph) {
    this.#graph = graph;
    const visit = (node: ElkNode): void => {
      const { x = 0, y = 0, width = 0, height = 0 } = node;
      this.#nodes.set(node.id, { x, y, width, height });
      for (const edge of node.edges ?? []) this.#edges.set(edge.id, edge);
      for (const child of node.children ?? []) visit(child);
    };
    visit(root);
  }

  state({ id, initial }: DiagramState): PlacedState {
    const box = this.#node(nodeId.state(id));
    const texts = movedBy(this.#box(id).texts, box.x, box.y);
    if (initial === null) return { id, ...box, texts, initial: null };
    const dot = this.#node(nodeId.initial(id));
    const arrow = edgeId.initial(id);
    return {
      id,
      ...box,
      texts,
      initial: {
        dot: { x: dot.x + DOT_PX / 2, y: dot.y + DOT_PX / 2 },
        path: this.#path(arrow),
        label: this.#label(arrow),
      },
    };
  }

  edge({ id, source, targets }: DiagramEdge): PlacedEdge {
    if (targets.length === 0) {
      const box = this.#node(nodeId.state(source));
      const label = this.#box(source).internal.get(id) as PlacedLabel;
      const { x, y } = { x: label.x + box.x, y: label.y + box.y };
      return { id, paths: [], label: { ...label, x, y, texts: movedBy(label.texts, box.x, box.y) } };
    }
    return {
      id,
      paths: targets.map((_, i) => this.#path(edgeId.edge(id, i))),
      label: this.#label(edgeId.edge(id, 0)),
    };
  }

  #label(id: string): PlacedLabel | null {
    const block = this.#graph.labels.get(id);
    const place = this.#edges.get(id)?.labels?.[0];
    return block === undefined || place === undefined ? null : labelAt(block, place.x ?? 0, place.y ?? 0);
  }

  #path(id: string): Point[] {
    return (this.#edges.get(id)?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
      startPoint,
      ...bendPoints,
      endPoint,
    ]);
  }

  #node = (id: string): Box => this.#nodes.get(id) as Box;
  #box = (id: string) => this.#graph.boxes.get(id) as NonNullable<ReturnType<ChartGraph['boxes']['get']>>;
}

function parentsFirst(diagram: ChartDiagram): DiagramState[] {
  const below = (parent: string | null): DiagramState[] =>
    diagram.states.filter((state) => state.parent === parent).flatMap((state) => [state, ...below(state.id)]);
  return below(null);
}
