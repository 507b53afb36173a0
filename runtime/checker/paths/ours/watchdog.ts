import { watchdog } from '../../../../machines/index.js';
import { pathModel } from '../model.js';

/** Two errors, so that one can follow another. */
export const watchdogModel = pathModel({
  machine: watchdog,
  options: {
    input: { noProgressMs: 300_000, sameErrorMs: 120_000 },
    events: [
      { type: 'EXPECT' },
      { type: 'QUIET' },
      { type: 'PROGRESS' },
      { type: 'TROUBLE', error: 'ERR_TIMEOUT' },
      { type: 'TROUBLE', error: 'ERR_BUSY' },
    ],
  },
  faults: ({ type, error }) =>
    type === 'TROUBLE' ? `TROUBLE ${String(error)}` : type.startsWith('xstate.after') ? type : null,
});
