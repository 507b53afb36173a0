/**
 * Diagrams of any XState 5 machine.
 *
 * @example
 * import { readChart, renderChart } from 'bridle/diagrams';
 * await writeFile('door.svg', await renderChart(readChart(door), 'svg'));
 */
export type {
  ChartDiagram,
  DiagramAction,
  DiagramActor,
  DiagramEdge,
  DiagramInitial,
  DiagramState,
} from './chart-diagram.js';
export {
  type DiagramFiles,
  type Drift,
  diagramFiles,
  driftOf,
  ourDiagramFiles,
  writeDiagrams,
} from './committed.js';
export { DiagramError, type DiagramProblem } from './diagram-error.js';
export { chartAsDot } from './dot.js';
export { chartAsJson, DIAGRAM_VERSION, diagramFromJson } from './json.js';
export type { Box, LaidOutChart, PlacedEdge, PlacedState, PlacedText, Point } from './laid-out-chart.js';
export { layOut } from './layout/index.js';
export { chartAsMermaid, type RenderOptions, type Theme } from './mermaid.js';
export { OUR_CHARTS } from './ours.js';
export type { Overlay } from './overlay.js';
export { isTooLargeForOnePicture, overviewOf, partOf, partsOf } from './parts.js';
export { chartAsPlantUml } from './plantuml.js';
export { readChart } from './read-chart.js';
export { readOverlay } from './read-overlay.js';
export { DIAGRAM_FORMATS, type DiagramFormat, renderChart } from './render-chart.js';
export { BRIDLE_NAMESPACE, chartAsScxml, SCXML_NAMESPACE } from './scxml.js';
export { chartAsSvg, type SvgOptions } from './svg/index.js';
export {
  type SystemDiagram,
  systemAsDot,
  systemAsMermaid,
  systemAsSvg,
  systemDiagram,
} from './system/index.js';
