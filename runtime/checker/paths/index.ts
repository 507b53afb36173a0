/** Paths through any XState v5 machine: exploring it, covering it, running what was found. */
export { ActorDriver } from './actor-driver.js';
export type { ChildCases } from './automatic.js';
export type { Chart, ChartState, ChartTransition, GuardObservation, GuardSite } from './chart.js';
export { COVERS, type Cover, type CoverOptions, coverBy } from './cover.js';
export {
  COVERAGE_KINDS,
  type Coverage,
  type CoverageKind,
  type CoverageRow,
  coverageOf,
  type Overlay,
  overlayOf,
} from './coverage.js';
export { type AnyEvent, type Faults, faultStateCover } from './criteria/faults.js';
export { guardOutcomes } from './criteria/guards.js';
export { randomWalks, type WalkOptions } from './criteria/random.js';
export { type ShortestOptions, type SimpleOptions, shortestPaths, simplePaths } from './criteria/states.js';
export { transitionCover, transitionPairCover } from './criteria/transitions.js';
export type { Effect } from './effect.js';
export { PathsError, type PathsErrorCode, type PathsErrorPlace } from './errors.js';
export {
  type Bounds,
  boundsInWords,
  type Edge,
  type Exploration,
  type Start,
  type StateFound,
} from './exploration.js';
export { type ExploreOptions, explore } from './explore.js';
export { isMachine, isPathModel, type PathModel, pathModel } from './model.js';
export { OUR_MODELS } from './ours/index.js';
export { type Expected, type Path, type PathStep, pathInWords, pathTitle, replayCommand } from './path.js';
export { suiteAsJson, suiteAsMermaid, suiteAsText, suiteAsVitest, type VitestOptions } from './render.js';
export { replaySteps, type WrittenStep } from './replay.js';
export { coverageAsJson, coverageAsJUnit, coverageAsText, type ReportOptions } from './report.js';
export {
  type Driver,
  describePaths,
  PathFailure,
  type PathsResult,
  type RunOptions,
  runPath,
  type StartDriver,
  type TestFunctions,
  testPaths,
} from './run.js';
export type { LimitOptions, Suite } from './suite.js';
