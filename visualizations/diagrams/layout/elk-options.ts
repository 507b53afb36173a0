/** What ELK is asked for. */
import type { LayoutOptions } from 'elkjs/lib/elk-api.js';
import { PADDING_PX } from './state-box.js';

/** Of reading: most arrows point this way. */
export type Direction = 'DOWN' | 'RIGHT';

/** ELK reads these at every node that has others inside. */
export const WITHIN: LayoutOptions = {
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.cycleBreaking.strategy': 'GREEDY',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
};

/** A label interrupts its line, so that nobody can take it for another's. */
export const LABEL_OPTIONS: LayoutOptions = { 'elk.edgeLabels.inline': 'true' };

/** How ELK places nodes: dense, or so that it works with everything. */
export type Placement = 'NETWORK_SIMPLEX' | 'BRANDES_KOEPF';

export const placedBy = (placement: Placement): LayoutOptions => ({
  'elk.layered.nodePlacement.strategy': placement,
});

/** One node for each layer. */
export const STACKED: LayoutOptions = {
  'elk.layered.layering.strategy': 'COFFMAN_GRAHAM',
  'elk.layered.layering.coffmanGraham.layerBound': '1',
};

/**
 * For large charts. Layers follow the distance from the initial state, which keeps arrows short: what takes
 * the time is all the layers that long ones pass through.
 */
export const QUICK: LayoutOptions = {
  'elk.layered.cycleBreaking.strategy': 'BFS_NODE_ORDER',
  'elk.layered.thoroughness': '1',
  'elk.layered.crossingMinimization.greedySwitch.type': 'OFF',
  'elk.layered.crossingMinimization.greedySwitchHierarchical.type': 'OFF',
};

const FORWARD_PRIORITY = { surely: '50', rather: '10', no: '0' } as const;

export const rootOptions = (direction: Direction): LayoutOptions => ({
  ...WITHIN,
  'elk.algorithm': 'layered',
  'elk.direction': direction,
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.padding': '[top=8,left=8,bottom=8,right=8]',
});

/** Of a node with others inside: its own text stands above them. */
export const insideOptions = (
  text: { readonly width: number; readonly height: number },
  direction: Direction,
): LayoutOptions => ({
  ...WITHIN,
  'elk.direction': direction,
  'elk.padding': `[top=${text.height + PADDING_PX.y},left=14,bottom=14,right=14]`,
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.nodeSize.minimum': `(${text.width},${text.height})`,
});

export const arrowOptions = (forward: keyof typeof FORWARD_PRIORITY): LayoutOptions => ({
  'elk.layered.priority.direction': FORWARD_PRIORITY[forward],
});
