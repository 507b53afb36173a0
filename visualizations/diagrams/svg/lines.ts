/** Edges as paths: polylines with rounded corners and a filled arrow head. */
import type { Point } from '../laid-out-chart.js';
import { round } from './xml.js';

const CORNER_PX = 6;
const HEAD = { length: 8, halfWidth: 3.5 } as const;

/** `M…L…Q…` through the points; it ends where the arrow head begins. */
export function roundedPath(points: readonly Point[], headed = true): string {
  const [first, ...rest] = points;
  if (first === undefined || rest.length === 0) return '';
  const parts = [`M${at(first)}`];
  for (const [i, point] of rest.entries()) {
    const before = points[i] as Point;
    const next = rest[i + 1];
    if (next === undefined) {
      parts.push(`L${at(headed ? towards(point, before, HEAD.length - 1) : point)}`);
      break;
    }
    const radius = Math.min(CORNER_PX, distance(before, point) / 2, distance(point, next) / 2);
    parts.push(`L${at(towards(point, before, radius))}Q${at(point)} ${at(towards(point, next, radius))}`);
  }
  return parts.join('');
}

/** The triangle at the last point. */
export function arrowHead(points: readonly Point[]): string {
  const tip = points.at(-1);
  const before = points.findLast((point) => tip !== undefined && distance(point, tip) > 0);
  if (tip === undefined || before === undefined) return '';
  const length = distance(before, tip);
  const along = { x: (tip.x - before.x) / length, y: (tip.y - before.y) / length };
  const foot = { x: tip.x - along.x * HEAD.length, y: tip.y - along.y * HEAD.length };
  const side = { x: -along.y * HEAD.halfWidth, y: along.x * HEAD.halfWidth };
  const left = { x: foot.x + side.x, y: foot.y + side.y };
  const right = { x: foot.x - side.x, y: foot.y - side.y };
  return `M${at(tip)}L${at(left)}L${at(right)}Z`;
}

const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to);
  if (length === 0) return from;
  const part = Math.min(1, by / length);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
