/** Chaos simulation: whole clusters under faults that a seed decides, and what must hold in them. */
export { FAULT_KINDS, FAULTS_IN_WORDS, type FaultKind, faultsOf } from './fault-kinds.js';
export type { ChaosPlan, ChaosTrouble, PlannedEvent, Topology } from './plan.js';
export { PROPERTIES, PROPERTIES_IN_WORDS, type PropertyName, type Violation } from './properties.js';
export {
  type Divergence,
  type MinimisedPlan,
  planOf,
  replay,
  type Simulated,
  type SimulateOptions,
  simulate,
} from './simulate.js';
export type { Strike, StrikesByKind } from './strikes.js';
export { eventInWords } from './trouble-in-words.js';
