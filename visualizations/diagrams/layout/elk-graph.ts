/** A chart as a graph for ELK: states are nodes in nodes, initial dots are nodes, labels have sizes. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartDiagram, DiagramEdge, DiagramState } from '../chart-diagram.js';
import {
  arrowOptions,
  type Direction,
  insideOptions,
  LABEL_OPTIONS,
  type Placement,
  placedBy,
  QUICK,
  rootOptions,
  STACKED,
  WITHIN,
} from './elk-options.js';
import { type StateBox, stateBox } from './state-box.js';
import { setText, type TextBlock } from './text-block.js';
import type { Arrow, Units } from './units.js';
import { actionPieces, edgeParagraph } from './words.js';

/** What is put into a graph where ELK has found places. */
export interface ChartTexts {
  readonly boxes: ReadonlyMap<string, StateBox>;
  readonly labels: ReadonlyMap<string, TextBlock>;
  /** Edges that ELK was given from target to source, so that they point back in the picture. */
  readonly turned: ReadonlySet<string>;
}

export interface ChartGraph extends ChartTexts {
  readonly root: ElkNode;
}

export interface GraphOptions {
  readonly direction: Direction;
  /** Whether arrows to an earlier state of the document surely point back, or rather, or as it comes. */
  readonly order: 'document' | 'rather' | 'free';
  /** Lines of labels are broken here. */
  readonly labelLimitPx: number;
  readonly placement: Placement;
  /** Whether states stand below each other as far as possible, not beside each other. */
  readonly stacked?: boolean;
  /** Whether less is tried for a good picture. */
  readonly quick?: boolean;
}

/** What is drawn by itself. */
export interface UnitOf {
  readonly diagram: ChartDiagram;
  readonly units: Units;
  /** Null: the whole chart. */
  readonly unit: string | null;
  /** Units inside of it, which have their size already. */
  readonly sizes: ReadonlyMap<string, { readonly width: number; readonly height: number }>;
}

export const nodeId = { state: (id: string) => `state ${id}`, initial: (id: string) => `initial ${id}` };
/** One for each target; the first carries the label. */
export const edgeId = {
  edge: (id: string, target: number) => `edge ${target} ${id}`,
  initial: (id: string) => `initial edge ${id}`,
  history: (id: string, target: number) => `history ${target} ${id}`,
};
export const DOT_PX = 10;

const LABEL_PADDING = { x: 5, y: 2 } as const;

export function chartGraph({ diagram, units, unit, sizes }: UnitOf, options: GraphOptions): ChartGraph {
  const { direction, order, labelLimitPx, placement, stacked = false, quick = false } = options;
  const layering = { ...placedBy(placement), ...(stacked ? STACKED : {}), ...(quick ? QUICK : {}) };
  const boxes = new Map<string, StateBox>();
  const labels = new Map<string, TextBlock>();
  const turned = new Set<string>();
  const edges: ElkExtendedEdge[] = [];
  const rank = new Map(diagram.states.map(({ id }, at) => [id, at]));

  const arrow = (id: string, source: string, target: string, forward: 'surely' | 'rather' | 'no'): void => {
    const block = labels.get(id);
    const size = { id: `label ${id}`, text: ' ', width: block?.width ?? 0, height: block?.height ?? 0 };
    const label = block === undefined ? [] : [{ ...size, layoutOptions: LABEL_OPTIONS }];
    const layoutOptions = arrowOptions(forward);
    edges.push({ id, sources: [source], targets: [target], labels: label, layoutOptions });
  };

  const node = (state: DiagramState): ElkNode => {
    const id = nodeId.state(state.id);
    const size = sizes.get(state.id);
    if (size !== undefined) return { id, ...size, layoutOptions: WITHIN };
    const children = diagram.states.filter(({ parent }) => parent === state.id);
    const internal = diagram.edges.filter((edge) => edge.source === state.id && edge.targets.length === 0);
    const box = stateBox(state, internal, children.length > 0);
    boxes.set(state.id, box);
    for (const [i, target] of state.historyDefault.entries()) {
      if (units.unitOf({ source: state.id, target }) === unit)
        arrow(edgeId.history(state.id, i), id, nodeId.state(target), 'no');
    }
    if (children.length === 0) return { id, width: box.width, height: box.height, layoutOptions: WITHIN };
    return {
      id,
      layoutOptions: { ...insideOptions(box, direction), ...layering },
      children: [...dotsOf(state), ...children.map(node)],
    };
  };

  const dotsOf = ({ id, initial }: DiagramState): ElkNode[] => {
    if (initial === null) return [];
    const way = edgeId.initial(id);
    if (initial.actions.length > 0) {
      labels.set(way, setText([actionPieces('/', initial.actions)], labelLimitPx, LABEL_PADDING));
    }
    arrow(way, nodeId.initial(id), nodeId.state(initial.target), 'surely');
    return [{ id: nodeId.initial(id), width: DOT_PX, height: DOT_PX, layoutOptions: WITHIN }];
  };

  const pointsBack = ({ source, target }: Arrow): boolean =>
    !units.isWithin(source, target) &&
    !units.isWithin(target, source) &&
    rank.get(source)! > rank.get(target)!;

  const drawEdge = (edge: DiagramEdge): void => {
    for (const [i, target] of edge.targets.entries()) {
      const way = { source: edge.source, target };
      if (units.unitOf(way) !== unit) continue;
      const id = edgeId.edge(edge.id, i);
      if (i === 0) labels.set(id, setText([edgeParagraph(edge)], labelLimitPx, LABEL_PADDING));
      const [from, to] = [nodeId.state(edge.source), nodeId.state(target)];
      const back = pointsBack(way);
      if (back && order === 'document') {
        turned.add(id);
        arrow(id, to, from, 'no');
      } else arrow(id, from, to, order === 'rather' && !back ? 'rather' : 'no');
    }
  };

  const tops = diagram.states.filter(({ id, parent }) => (unit === null ? parent === null : id === unit));
  const children = tops.map(node);
  diagram.edges.forEach(drawEdge);
  const layoutOptions = { ...rootOptions(direction), ...layering };
  return { root: { id: 'chart', layoutOptions, children, edges }, boxes, labels, turned };
}
