/** What could be wrong with the watchdog: that it is calmed by what is no progress. */
import type { WatchdogContext, WatchdogEvent } from '../../../../machines/index.js';
import type { Plan } from '../mutant.js';
import { domain, guardIs } from './edits.js';

export const WATCHDOG_MUTANTS: readonly Plan[] = [
  domain(
    'newError.any',
    'the same error starts its patience anew',
    guardIs<WatchdogContext, WatchdogEvent>('newError', ({ event }) => event.type === 'TROUBLE'),
  ),
  domain(
    'newError.none',
    'another error does not start its patience anew',
    guardIs('newError', () => false),
  ),
];
