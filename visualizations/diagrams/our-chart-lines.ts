/** Our charts as lines of a recording, so that it can be shown by whoever has not got them. */
import type { ChartLine, Json } from '../../runtime/observe/recording/lines.js';
import { OUR_CHARTS } from './ours.js';
import { readChart } from './read-chart.js';

export function ourChartLines(): ChartLine[] {
  return Object.entries(OUR_CHARTS).map(([chart, machine]) => ({
    t: 'chart',
    chart,
    diagram: readChart(machine) as unknown as Json,
  }));
}
