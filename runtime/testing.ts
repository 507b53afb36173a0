/** `bridle/testing`: model-based tests for any XState v5 machine. See docs/paths.md. */
export * from './checker/paths/index.js';
