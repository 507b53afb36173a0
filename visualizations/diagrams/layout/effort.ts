/**
 * How much trouble a picture is worth. The time of a layout grows much faster than the chart, so that is
 * decided beforehand, by size: the same chart is drawn the same way on a fast machine and on a slow one.
 */
import type { ChartDiagram } from '../chart-diagram.js';
import { DiagramError } from '../diagram-error.js';
import type { Units } from './units.js';

/** Several thorough attempts, of which the best is kept; or a single quick one. */
export type Effort = 'thorough' | 'quick';

/** In states and arrows. Thorough attempts take seconds at this size, and minutes at three times the size. */
const THOROUGH_UNIT_MAX = 60;
/** Many small units take as long as a large one. */
const THOROUGH_CHART_MAX = 240;
/** Nobody finds anything in a picture of more. */
const CHART_MAX = 2_000;

/** Of a chart that is laid out the quick way: arrows across many borders take long even so. */
export const DEADLINE_MS = 60_000;

/**
 * States and arrows that are laid out together; a unit inside of this one counts as a single state.
 *
 * @param unit null: the whole chart
 */
export function unitSize({ states, edges }: ChartDiagram, units: Units, unit: string | null): number {
  const own = (source: string, target: string): boolean => units.unitOf({ source, target }) === unit;
  const arrows = edges.flatMap(({ source, targets }) => targets.filter((target) => own(source, target)));
  const inside = states.filter(({ id, parent }) => (parent === null ? unit === null : own(id, parent)));
  return inside.length + arrows.length;
}

/** States and arrows of the whole chart. */
export const chartSize = ({ states, edges }: ChartDiagram): number =>
  states.length + edges.reduce((sum, { targets }) => sum + targets.length, 0);

/** @example effortFor({ unit: 51, chart: 51 }) // 'thorough' */
export const effortFor = (size: { readonly unit: number; readonly chart: number }): Effort =>
  size.unit <= THOROUGH_UNIT_MAX && size.chart <= THOROUGH_CHART_MAX ? 'thorough' : 'quick';

/** @throws DiagramError if no picture of the chart is worth an attempt */
export function checkSize(diagram: ChartDiagram): void {
  const size = chartSize(diagram);
  if (size > CHART_MAX) throw tooBig(diagram, `is more than can be laid out (${CHART_MAX} at most)`);
}

export const tooLong = (diagram: ChartDiagram): DiagramError =>
  tooBig(diagram, `takes longer to lay out than ${DEADLINE_MS / 1_000} seconds`);

function tooBig(diagram: ChartDiagram, why: string): DiagramError {
  const feature = `a picture of ${chartSize(diagram)} states and arrows`;
  const others = 'the formats mermaid, dot, scxml, plantuml and json need no layout and still work';
  return new DiagramError({ machine: diagram.id, state: null, feature }, `${why}; ${others}`);
}
