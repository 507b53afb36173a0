/** What `bridle check` says of a command line that it cannot carry out. */
import { BridleError } from '../client/index.js';

/** @example throw checkUsage('no property NoGaps; there are NoGap, Monotone') */
export function checkUsage(hint: string, next = 'bridle check --list'): BridleError {
  return BridleError.of('BRIDLE_USAGE', { operation: 'check', hint, next });
}
