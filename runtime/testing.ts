/**
 * `bridle/testing`: model-based tests for any XState v5 machine (docs/paths.md), products of processes
 * explored in every interleaving (docs/checking.md), whole clusters under faults on virtual time
 * (docs/simulation.md), and suites for ports (docs/testing.md).
 */
export * from './checker/paths/index.js';
export {
  type Assumptions,
  type CheckOptions,
  type CheckProgress,
  type CheckResult,
  type Counterexample,
  check,
  checkByWalks,
  checkDirectly,
  defineProcess,
  type Json,
  type LeadsTo,
  type Message,
  type Model,
  type Move,
  type Process,
  ProductError,
  type ProductPath,
  type ProductWalkOptions,
  type Property,
  productPaths,
  type Renaming,
  type StateProperty,
  type StaysPossible,
  type StepProperty,
  type TraceStep,
  type Verdict,
} from './checker/product/index.js';
export type { Outcome as StepOutcome } from './checker/product/model.js';
export {
  type CounterexampleRecordingOptions,
  counterexampleAsMermaid,
  counterexampleAsRecording,
  counterexampleAsText,
  type RecordedCounterexample,
  resultAsText,
  resultsAsJson,
} from './checker/product/render/index.js';
export { Troupe, type TroupeEffect, type TroupeState, type TroupeStep } from './checker/product/troupe.js';
export * from './checker/suites/index.js';
export {
  type ChaosTrouble,
  type Divergence,
  FAULT_KINDS,
  type FaultKind,
  type MinimisedPlan,
  type PlannedEvent,
  type PropertyName,
  type Simulated,
  type SimulateOptions,
  type Strike,
  type StrikesByKind,
  simulate,
  type Violation,
} from './simulation/chaos/index.js';
