/** A part of ELK's answer, moved: places of everything in it count from the top left of the whole. */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Point } from '../laid-out-chart.js';

export function movedNode(node: ElkNode, by: Point): ElkNode {
  return {
    ...node,
    ...moved(node, by),
    children: (node.children ?? []).map((child) => movedNode(child, by)),
    edges: (node.edges ?? []).map((edge) => movedEdge(edge, by)),
  };
}

const moved = ({ x = 0, y = 0 }: Partial<Point>, by: Point): Point => ({ x: x + by.x, y: y + by.y });

const movedEdge = (edge: ElkExtendedEdge, by: Point): ElkExtendedEdge => ({
  ...edge,
  sections: (edge.sections ?? []).map((section) => ({
    ...section,
    startPoint: moved(section.startPoint, by),
    bendPoints: (section.bendPoints ?? []).map((point) => moved(point, by)),
    endPoint: moved(section.endPoint, by),
  })),
  labels: (edge.labels ?? []).map((label) => ({ ...label, ...moved(label, by) })),
});
