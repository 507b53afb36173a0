import { watchdog } from '../../../../machines/index.js';
import { pathModel } from '../model.js';

/** Two errors, stages and partitions, so that one can follow another. */
export const watchdogModel = pathModel({
  machine: watchdog,
  options: {
    input: { noProgressMs: 300_000, sameErrorMs: 120_000 },
    events: [
      { type: 'EXPECT', stage: 'copy', lagging: [] },
      { type: 'EXPECT', stage: 'ship', lagging: [0, 1] },
      { type: 'QUIET' },
      { type: 'PROGRESS', partition: null, lagging: [] },
      { type: 'PROGRESS', partition: 0, lagging: [0, 1] },
      { type: 'PROGRESS', partition: 1, lagging: [0] },
      { type: 'TROUBLE', error: 'ERR_TIMEOUT' },
      { type: 'TROUBLE', error: 'ERR_BUSY' },
    ],
  },
  faults: ({ type, error }) =>
    type === 'TROUBLE' ? `TROUBLE ${String(error)}` : type.startsWith('xstate.after') ? type : null,
});
