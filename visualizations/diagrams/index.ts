/** Diagrams of any XState 5 machine: `import { readChart } from 'bridle/diagrams'`. */
export type {
  ChartDiagram,
  DiagramAction,
  DiagramActor,
  DiagramEdge,
  DiagramInitial,
  DiagramState,
} from './chart-diagram.js';
export { DiagramError, type DiagramProblem } from './diagram-error.js';
export { OUR_CHARTS } from './ours.js';
export { readChart } from './read-chart.js';
