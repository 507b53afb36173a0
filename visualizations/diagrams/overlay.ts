/** How often tests covered each part of a chart, to be painted over its diagram. */
import type { Overlay } from '../../runtime/checker/paths/coverage.js';
import type { ChartDiagram, DiagramState } from './chart-diagram.js';
import { DiagramError } from './diagram-error.js';

export type { Overlay };

/** @throws DiagramError if the overlay is of another machine or names what the chart does not have */
export function checkOverlay(chart: ChartDiagram, overlay: Overlay): void {
  const problem = (feature: string, why: string) =>
    new DiagramError({ machine: chart.id, state: null, feature }, why);
  if (overlay.machine !== chart.id) throw problem('the overlay', `is of machine ${overlay.machine}`);
  const unknown = [...without(overlay.states, chart.states), ...without(overlay.transitions, chart.edges)];
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 5).join(', ');
    const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : '';
    throw problem(
      'the overlay',
      `names what the chart does not have: ${shown}${more}; measure the coverage anew`,
    );
  }
}

function without(
  counts: Readonly<Record<string, number>>,
  parts: readonly { readonly id: string }[],
): string[] {
  const known = new Set(parts.map(({ id }) => id));
  return Object.keys(counts).filter((id) => !known.has(id));
}

/** Whether coverage can tell of the state: nobody rests in a history state. */
export const isCounted = ({ kind }: DiagramState): boolean => kind !== 'history';

/** @example countText(3) // '×3' */
export function countText(count: number | undefined): string {
  return count === undefined || count === 0 ? 'not covered' : `×${count}`;
}
