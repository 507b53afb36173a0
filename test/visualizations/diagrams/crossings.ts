/** Lines that run through what is written at something else. */
import type { Box, Point } from '../../../visualizations/diagrams/laid-out-chart.js';

export interface NamedPath {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface NamedBox extends Box {
  readonly name: string;
}

/** Touching is not crossing. */
const SLACK_PX = 1;

/** As `line through text`. */
export function crossings(
  paths: readonly NamedPath[],
  texts: readonly NamedBox[],
  own: (line: string, text: string) => boolean,
): string[] {
  return paths.flatMap(({ name, points }) =>
    texts
      .filter((text) => !own(name, text.name))
      .filter((text) => points.slice(1).some((to, i) => through(points[i]!, to, text)))
      .map((text) => `${name} through ${text.name}`),
  );
}

const through = (from: Point, to: Point, { x, y, width, height }: Box): boolean =>
  Math.min(from.x, to.x) < x + width - SLACK_PX &&
  Math.max(from.x, to.x) > x + SLACK_PX &&
  Math.min(from.y, to.y) < y + height - SLACK_PX &&
  Math.max(from.y, to.y) > y + SLACK_PX;

/** Around set texts. */
export function boxAround(
  name: string,
  texts: readonly { readonly x: number; readonly y: number; readonly width: number }[],
): NamedBox {
  const [left, top] = [Math.min(...texts.map(({ x }) => x)), Math.min(...texts.map(({ y }) => y - 10))];
  const right = Math.max(...texts.map(({ x, width }) => x + width));
  return {
    name,
    x: left,
    y: top,
    width: right - left,
    height: Math.max(...texts.map(({ y }) => y)) + 2 - top,
  };
}
