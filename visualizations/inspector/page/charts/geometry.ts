/** Points to SVG paths. */
import type { Point } from '../../../diagrams/laid-out-chart.js';

const BEND = 6;
const ARROW_LENGTH = 9;
const ARROW_HALF = 4;

/** A polyline with rounded bends: `M0,0 L10,0 Q16,0 16,6 L16,30`. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${at(first)}`;
  for (const [i, point] of rest.entries()) {
    const before = points[i]!;
    const after = rest[i + 1];
    if (after === undefined) {
      path += ` L${at(point)}`;
      continue;
    }
    const bend = Math.min(BEND, distance(before, point) / 2, distance(point, after) / 2);
    path += ` L${at(towards(point, before, bend))} Q${at(point)} ${at(towards(point, after, bend))}`;
  }
  return path;
}

/** Corners of the arrow at the end of a polyline. */
export function arrowHead(points: readonly Point[], scale = 1): string {
  const tip = points.at(-1);
  const before = points.findLast((point) => tip !== undefined && distance(point, tip) > 0.5);
  if (tip === undefined || before === undefined) return '';
  const length = distance(before, tip);
  const [ux, uy] = [(tip.x - before.x) / length, (tip.y - before.y) / length];
  const [backX, backY] = [tip.x - ux * ARROW_LENGTH * scale, tip.y - uy * ARROW_LENGTH * scale];
  const half = ARROW_HALF * scale;
  return [
    at(tip),
    at({ x: backX - uy * half, y: backY + ux * half }),
    at({ x: backX + uy * half, y: backY - ux * half }),
  ].join(' ');
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const round = (value: number): number => Math.round(value * 10) / 10;
const at = ({ x, y }: Point): string => `${round(x)},${round(y)}`;

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * by) / length, y: from.y + ((to.y - from.y) * by) / length };
}
