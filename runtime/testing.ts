/** `bridle/testing`: model-based tests for any XState v5 machine (docs/paths.md), and suites for ports (docs/testing.md). */
export * from './checker/paths/index.js';
export * from './checker/suites/index.js';
