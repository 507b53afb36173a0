/** How hard a picture is to read, to choose between two of the same chart. */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { Point } from '../laid-out-chart.js';
import { nodeId } from './elk-graph.js';
import { edgesBelow, pathOf } from './places.js';

interface Segment {
  readonly edge: number;
  readonly from: Point;
  readonly to: Point;
}

/** A crossing is as bad as so much more area. */
const CROSSING_SHARE = 1 / 40;

const LATE_BEGINNING_SHARE = 1 / 4;

/** Wider than this, text is hard to read where a page is 1,000 pixels wide. */
const READABLE_WIDTH_PX = 1_300;

/** Area in square pixels, made larger by what makes reading hard. Lower is better. */
export function roughness(root: ElkNode): number {
  const { width = 0, height = 0 } = root;
  const tooWide = Math.max(1, width / READABLE_WIDTH_PX) ** 2;
  const troubles = crossings(root) * CROSSING_SHARE + lateBeginnings(root) * LATE_BEGINNING_SHARE;
  return width * height * (1 + troubles) * tooWide;
}

/** Composite states whose way in is neither above nor left of everything else in them. */
function lateBeginnings({ children = [] }: ElkNode): number {
  const dot = children.find(({ id }) => id.startsWith(nodeId.initial('')));
  const others = children.filter((child) => child !== dot);
  const first = (along: 'x' | 'y'): boolean =>
    others.every((other) => (dot?.[along] ?? 0) <= (other[along] ?? 0));
  const late = dot !== undefined && !first('x') && !first('y');
  return children.reduce((sum, child) => sum + lateBeginnings(child), late ? 1 : 0);
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
