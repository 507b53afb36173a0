/** The whole system in one picture: who starts whom, and who sends what to whom. */
export { systemAsDot } from './as-dot.js';
export { systemAsMermaid } from './as-mermaid.js';
export { systemAsSvg } from './as-svg.js';
export {
  type LinkKind,
  type SystemDiagram,
  type SystemLink,
  type SystemPart,
  systemDiagram,
} from './system-diagram.js';
export type { ProcessName } from './table.js';
