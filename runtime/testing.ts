/**
 * `bridle/testing`: model-based tests for any XState v5 machine (docs/paths.md), products of processes
 * explored in every interleaving (docs/checking.md), and suites for ports (docs/testing.md).
 */
export * from './checker/paths/index.js';
export * from './checker/product/index.js';
export {
  counterexampleAsMermaid,
  counterexampleAsText,
  resultAsText,
  resultsAsJson,
} from './checker/product/render/index.js';
export { Troupe, type TroupeEffect, type TroupeState, type TroupeStep } from './checker/product/troupe.js';
export * from './checker/suites/index.js';
