/**
 * How much trouble a picture is worth. The time of a layout grows much faster than the chart, and the engine
 * cannot be stopped halfway, so it is decided beforehand, by size.
 */
import type { ChartDiagram } from '../chart-diagram.js';
import { DiagramError } from '../diagram-error.js';
import type { Units } from './units.js';

/** Several thorough attempts, of which the best is kept; or a single quick one. */
export type Effort = 'thorough' | 'quick';

/** In states and arrows. Thorough attempts take seconds at this size, and minutes at twice the size. */
const THOROUGH_UNIT_MAX = 60;
/** Many small units take as long as a large one. */
const THOROUGH_CHART_MAX = 240;
/** The quick way takes about half a minute at this size; such a picture is of little use anyway. */
const CHART_MAX = 2_000;

/**
 * States and arrows that are laid out together.
 *
 * @param unit null: what belongs to no unit
 */
export function unitSize({ states, edges }: ChartDiagram, units: Units, unit: string | null): number {
  const own = (source: string, target: string): boolean => units.unitOf({ source, target }) === unit;
  const inside = states.filter(({ id }) => unit === null || units.isWithin(id, unit));
  const arrows = edges.flatMap(({ source, targets }) => targets.filter((target) => own(source, target)));
  return inside.length + arrows.length;
}

/** States and arrows of the whole chart. */
export const chartSize = ({ states, edges }: ChartDiagram): number =>
  states.length + edges.reduce((sum, { targets }) => sum + targets.length, 0);

/** @example effortFor({ unit: 51, chart: 51 }) // 'thorough' */
export const effortFor = (size: { readonly unit: number; readonly chart: number }): Effort =>
  size.unit <= THOROUGH_UNIT_MAX && size.chart <= THOROUGH_CHART_MAX ? 'thorough' : 'quick';

/** @throws DiagramError if no way to lay the chart out would end in reasonable time */
export function checkSize(diagram: ChartDiagram): void {
  const size = chartSize(diagram);
  if (size <= CHART_MAX) return;
  const problem = { machine: diagram.id, state: null, feature: `a picture of ${size} states and arrows` };
  throw new DiagramError(
    problem,
    `is too big to lay out (the limit is ${CHART_MAX}); the formats mermaid, dot, scxml, plantuml and json still work`,
  );
}
