/** Every chart that a format has to be right for: ours and the zoo's. */
import type { ChartDiagram } from '../../../visualizations/diagrams/index.js';
import { OUR_CHARTS, readChart } from '../../../visualizations/diagrams/index.js';
import { ZOO } from './zoo.js';

export const ALL_CHARTS: readonly [string, ChartDiagram][] = Object.entries({ ...OUR_CHARTS, ...ZOO }).map(
  ([name, machine]) => [name, readChart(machine)],
);

/** Nothing covered but the first state and the first transition. */
export const sparseOverlay = ({ id, states, edges }: ChartDiagram) => ({
  machine: id,
  states: { [states[0]!.id]: 3 },
  transitions: Object.fromEntries(edges.slice(0, 1).map((edge) => [edge.id, 12])),
});
