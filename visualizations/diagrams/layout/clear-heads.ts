/** Lines may pass through the head of a composite state; its text moves aside for them. */
import type { LaidOutChart, PlacedEdge, PlacedLabel, PlacedState, Point } from '../laid-out-chart.js';
import { movedLabel } from './state-box.js';
import { movedBy } from './text-block.js';

/** Between a text and a line beside it. */
const CLEARANCE_PX = 5;

export function clearHeads(chart: LaidOutChart): LaidOutChart {
  const lines = linesOf(chart);
  const edges = new Map(chart.edges.map((edge) => [edge.id, edge]));
  const states = chart.states.map((state): PlacedState => {
    if (state.headBottom === null) return state;
    const internal = chart.diagram.edges.flatMap(({ id, source, targets }) =>
      source === state.id && targets.length === 0 ? [edges.get(id)!] : [],
    );
    const labels = internal.flatMap(({ label }) => label?.texts ?? []);
    const by = wayAside(state, [...state.texts, ...labels], lines);
    if (by === 0) return state;
    for (const edge of internal) edges.set(edge.id, aside(edge, by));
    return { ...state, texts: movedBy(state.texts, by, 0) };
  });
  return { ...chart, states, edges: chart.edges.map(({ id }) => edges.get(id)!) };
}

const aside = (edge: PlacedEdge, by: number): PlacedEdge => ({
  ...edge,
  label: edge.label === null ? null : movedLabel(edge.label as PlacedLabel, by, 0),
});

/** One level or upright part of a path. */
export type Line = readonly [Point, Point];

/** What stands above the rest of a box. */
interface Head {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly headBottom: number | null;
}

export const partsOf = (paths: readonly (readonly Point[])[]): readonly Line[] =>
  paths.flatMap((path) => path.slice(1).map((to, i): Line => [path[i]!, to]));

const linesOf = ({ states, edges }: LaidOutChart): readonly Line[] =>
  partsOf([
    ...edges.flatMap(({ paths }) => paths),
    ...states.flatMap(({ initial, defaults }) => [...(initial === null ? [] : [initial.path]), ...defaults]),
  ]);

/** How far to the right the text is clear; 0 if it is already, or nowhere. */
export function wayAside(
  { x, y, width, headBottom }: Head,
  texts: PlacedState['texts'],
  lines: readonly Line[],
): number {
  const left = Math.min(...texts.map((text) => text.x));
  const right = Math.max(...texts.map((text) => text.x + text.width));
  const upright = lines.filter(
    ([from, to]) =>
      from.x === to.x &&
      from.x > x &&
      from.x < x + width &&
      Math.min(from.y, to.y) < headBottom! - 1 &&
      Math.max(from.y, to.y) > y + 1,
  );
  const clear = (by: number): boolean =>
    right + by <= x + width - CLEARANCE_PX &&
    upright.every(([{ x: at }]) => at < left + by - CLEARANCE_PX + 1 || at > right + by + CLEARANCE_PX - 1);
  const ways = [0, ...upright.map(([{ x: at }]) => at + CLEARANCE_PX - left).filter((by) => by > 0)];
  return ways.sort((a, b) => a - b).find(clear) ?? 0;
}
