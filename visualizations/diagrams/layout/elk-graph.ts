/** A chart as a graph for ELK: states are nodes in nodes, initial dots are nodes, labels have sizes. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram, DiagramEdge, DiagramState } from '../chart-diagram.js';
import {
  arrowOptions,
  insideOptions,
  LABEL_OPTIONS,
  type Placement,
  placedBy,
  rootOptions,
  WITHIN,
} from './elk-options.js';
import { type StateBox, stateBox } from './state-box.js';
import { setText, type TextBlock } from './text-block.js';
import { actionPieces, edgeParagraph } from './words.js';

/** The graph, and what is put into it where ELK has found places. */
export interface ChartGraph {
  readonly root: ElkNode;
  readonly boxes: ReadonlyMap<string, StateBox>;
  readonly labels: ReadonlyMap<string, TextBlock>;
}

export interface GraphOptions {
  /** Whether arrows that follow the order of the document shall rather point forward. */
  readonly inDocumentOrder: boolean;
  readonly placement: Placement;
}

export const nodeId = { state: (id: string) => `state ${id}`, initial: (id: string) => `initial ${id}` };
/** One for each target; the first carries the label. */
export const edgeId = {
  edge: (id: string, target: number) => `edge ${target} ${id}`,
  initial: (id: string) => `initial edge ${id}`,
  history: (id: string, target: number) => `history ${target} ${id}`,
};
export const DOT_PX = 10;

const LABEL_LIMIT_PX = 210;
const LABEL_PADDING = { x: 5, y: 2 } as const;

export function chartGraph(diagram: ChartDiagram, { inDocumentOrder, placement }: GraphOptions): ChartGraph {
  const boxes = new Map<string, StateBox>();
  const labels = new Map<string, TextBlock>();
  const edges: ElkExtendedEdge[] = [];
  const order = new Map(diagram.states.map(({ id }, at) => [id, at]));

  const arrow = (id: string, source: string, target: string, forward: 'surely' | 'rather' | 'no'): void => {
    const block = labels.get(id);
    const size = { id: `label ${id}`, text: ' ', width: block?.width ?? 0, height: block?.height ?? 0 };
    const label = block === undefined ? [] : [{ ...size, layoutOptions: LABEL_OPTIONS }];
    edges.push({
      id,
      sources: [source],
      targets: [target],
      labels: label,
      layoutOptions: arrowOptions(forward),
    });
  };

  const node = (state: DiagramState): ElkNode => {
    const children = diagram.states.filter(({ parent }) => parent === state.id);
    const internal = diagram.edges.filter((edge) => edge.source === state.id && edge.targets.length === 0);
    const box = stateBox(state, internal, children.length > 0);
    boxes.set(state.id, box);
    const id = nodeId.state(state.id);
    for (const [i, target] of state.historyDefault.entries()) {
      arrow(edgeId.history(state.id, i), id, nodeId.state(target), 'no');
    }
    if (children.length === 0) return { id, width: box.width, height: box.height, layoutOptions: WITHIN };
    return {
      id,
      layoutOptions: { ...insideOptions(box, 'DOWN'), ...placedBy(placement) },
      children: [...dotsOf(state), ...children.map(node)],
    };
  };

  const dotsOf = ({ id, initial }: DiagramState): ElkNode[] => {
    if (initial === null) return [];
    const way = edgeId.initial(id);
    if (initial.actions.length > 0) {
      labels.set(way, setText([actionPieces('/', initial.actions)], LABEL_LIMIT_PX, LABEL_PADDING));
    }
    arrow(way, nodeId.initial(id), nodeId.state(initial.target), 'surely');
    return [{ id: nodeId.initial(id), width: DOT_PX, height: DOT_PX, layoutOptions: WITHIN }];
  };

  const drawEdge = (edge: DiagramEdge): void => {
    for (const [i, target] of edge.targets.entries()) {
      const id = edgeId.edge(edge.id, i);
      if (i === 0) labels.set(id, setText([edgeParagraph(edge)], LABEL_LIMIT_PX, LABEL_PADDING));
      const forward = inDocumentOrder && (order.get(edge.source) ?? 0) < (order.get(target) ?? 0);
      arrow(id, nodeId.state(edge.source), nodeId.state(target), forward ? 'rather' : 'no');
    }
  };

  const children = diagram.states.filter(({ parent }) => parent === null).map(node);
  diagram.edges.forEach(drawEdge);
  return {
    root: { id: 'chart', layoutOptions: { ...rootOptions('DOWN'), ...placedBy(placement) }, children, edges },
    boxes,
    labels,
  };
}
