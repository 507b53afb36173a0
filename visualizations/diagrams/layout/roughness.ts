/** How hard a picture is to read, to choose between two of the same chart. */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { Point } from '../laid-out-chart.js';
import { edgesBelow, pathOf } from './places.js';

interface Segment {
  readonly edge: number;
  readonly from: Point;
  readonly to: Point;
}

/** A crossing is as bad as so much more area. */
const CROSSING_SHARE = 1 / 40;

/** Area in square pixels, made larger by each crossing. Lower is better. */
export function roughness(root: ElkNode): number {
  return (root.width ?? 0) * (root.height ?? 0) * (1 + crossings(root) * CROSSING_SHARE);
}

/** Of lines that run across with lines that run down. */
function crossings(root: ElkNode): number {
  const segments = edgesBelow(root).flatMap((edge, at) => {
    const points = pathOf(edge);
    return points.slice(1).map((to, i): Segment => ({ edge: at, from: points[i]!, to }));
  });
  const across = segments.filter(({ from, to }) => from.y === to.y);
  const down = segments.filter(({ from, to }) => from.x === to.x && from.y !== to.y);
  return across.reduce((sum, one) => sum + down.filter((other) => cross(one, other)).length, 0);
}

const cross = (across: Segment, down: Segment): boolean =>
  across.edge !== down.edge &&
  between(down.from.x, across.from.x, across.to.x) &&
  between(across.from.y, down.from.y, down.to.y);

const between = (value: number, one: number, other: number): boolean =>
  value > Math.min(one, other) && value < Math.max(one, other);
