/** Products of processes: every interleaving explored, and every property judged. */
export { check, DEFAULT_MAX_BYTES, DEFAULT_MAX_STATES } from './check.js';
export { checkDirectly } from './check-directly.js';
export { ProductError, type ProductErrorCode, type ProductErrorPlace } from './errors.js';
export * from './model.js';
export {
  type LocalTransition,
  type ProductPath,
  type ProductPaths,
  type ProductPathsOptions,
  productPaths,
} from './paths.js';
export * from './result.js';
export { type PlainState, type PlainStep, plainSteps, startOf } from './rules.js';
export { checkByWalks, type ProductWalkOptions } from './walks.js';
