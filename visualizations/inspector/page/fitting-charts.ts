import type { ChartDiagram } from '../../diagrams/chart-diagram.js';
import type { LaidOutChart } from '../../diagrams/laid-out-chart.js';

/** Places are of use for a recording only if its chart has the same states and transitions. */
export function fittingCharts(
  laidOut: ReadonlyMap<string, LaidOutChart>,
  recorded: ReadonlyMap<string, ChartDiagram>,
): ReadonlyMap<string, LaidOutChart> {
  const fits = ([id, chart]: readonly [string, LaidOutChart]): boolean => {
    const diagram = recorded.get(id);
    return diagram === undefined || shapeOf(diagram) === shapeOf(chart.diagram);
  };
  return new Map([...laidOut].filter(fits));
}

function shapeOf({ states, edges }: ChartDiagram): string {
  return [...states, ...edges].map(({ id }) => id).join('\n');
}
