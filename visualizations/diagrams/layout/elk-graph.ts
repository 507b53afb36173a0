/** A chart as a graph for ELK: states are nodes in nodes, initial dots are nodes, labels have sizes. */
import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram, DiagramEdge, DiagramState } from '../chart-diagram.js';
import { PADDING_PX, type StateBox, stateBox } from './state-box.js';
import { setText, type TextBlock } from './text-block.js';
import { actionPieces, edgeParagraph } from './words.js';

export type Direction = 'DOWN' | 'RIGHT';

/** The graph, and what is put into it where ELK has found places. */
export interface ChartGraph {
  readonly root: ElkNode;
  readonly boxes: ReadonlyMap<string, StateBox>;
  readonly labels: ReadonlyMap<string, TextBlock>;
}

export const nodeId = { state: (id: string) => `state ${id}`, initial: (id: string) => `initial ${id}` };
/** One for each target; the first carries the label. */
export const edgeId = {
  edge: (id: string, target: number) => `edge ${target} ${id}`,
  initial: (id: string) => `initial edge ${id}`,
};
export const DOT_PX = 10;

const LABEL_LIMIT_PX = 210;
const OPTIONS: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.padding': '[top=8,left=8,bottom=8,right=8]',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
};
const SPACING: LayoutOptions = {
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelNode': '8',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.edgeLabels.inline': 'false',
};

export function chartGraph(diagram: ChartDiagram, direction: Direction): ChartGraph {
  const boxes = new Map<string, StateBox>();
  const labels = new Map<string, TextBlock>();
  const edges: ElkExtendedEdge[] = [];
  const childrenOf = (state: DiagramState) => diagram.states.filter(({ parent }) => parent === state.id);

  const node = (state: DiagramState): ElkNode => {
    const children = childrenOf(state);
    const internal = diagram.edges.filter(
      ({ source, targets }) => source === state.id && targets.length === 0,
    );
    const box = stateBox(state, internal, children.length > 0);
    boxes.set(state.id, box);
    const id = nodeId.state(state.id);
    if (children.length === 0) return { id, width: box.width, height: box.height, layoutOptions: SPACING };
    const dot = dotNode(state);
    return { id, layoutOptions: insetBy(box, direction), children: [...dot, ...children.map(node)] };
  };

  const dotNode = (state: DiagramState): ElkNode[] => {
    if (state.initial === null) return [];
    const id = nodeId.initial(state.id);
    const { actions, target } = state.initial;
    const arrow = edgeId.initial(state.id);
    if (actions.length > 0) labels.set(arrow, setText([actionPieces('/', actions)], LABEL_LIMIT_PX));
    edges.push(elkEdge(arrow, id, nodeId.state(target), labels.get(arrow)));
    return [{ id, width: DOT_PX, height: DOT_PX, layoutOptions: SPACING }];
  };

  const [machine] = diagram.states.filter(({ parent }) => parent === null);
  const children = machine === undefined ? [] : [node(machine)];
  for (const edge of diagram.edges) edges.push(...elkEdges(edge, labels));
  const layoutOptions = { ...OPTIONS, ...SPACING, 'elk.direction': direction };
  return { root: { id: 'chart', layoutOptions, children, edges }, boxes, labels };
}

function elkEdges(edge: DiagramEdge, labels: Map<string, TextBlock>): ElkExtendedEdge[] {
  return edge.targets.map((target, i) => {
    const id = edgeId.edge(edge.id, i);
    if (i === 0) labels.set(id, setText([edgeParagraph(edge)], LABEL_LIMIT_PX));
    return elkEdge(id, nodeId.state(edge.source), nodeId.state(target), labels.get(id));
  });
}

function elkEdge(id: string, source: string, target: string, block: TextBlock | undefined): ElkExtendedEdge {
  const size =
    block === undefined ? [] : [{ id: `label ${id}`, text: ' ', width: block.width, height: block.height }];
  return { id, sources: [source], targets: [target], labels: size };
}

/** A state's own text stands above its children. */
function insetBy(box: StateBox, direction: Direction): LayoutOptions {
  return {
    ...SPACING,
    'elk.direction': direction,
    'elk.padding': `[top=${box.height + PADDING_PX.y},left=14,bottom=14,right=14]`,
    'elk.nodeSize.constraints': 'MINIMUM_SIZE',
    'elk.nodeSize.minimum': `(${box.width},${box.height})`,
  };
}
