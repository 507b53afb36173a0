/** Named assumptions under which the product of our charts is explored, and the two sizes of a run. */
import type { DuplicationModelOptions } from './options.js';

type Assumed = Partial<DuplicationModelOptions>;

/** Every fault there is, each once. */
const EVERY_FAULT: Assumed = {
  loss: 1,
  duplication: 1,
  slowAnswers: 1,
  storageTimeouts: 1,
  crashes: { sourceMeta: 1, sourceNode: 1, followerMeta: 1, followerNode: 1 },
};
const EVERY_REQUEST: Assumed = { operator: { pause: 1, start: 1, remove: 1, add: 1 } };
const REMOVE_AND_ADD: Assumed = { operator: { pause: 0, start: 0, remove: 1, add: 1 } };

/** By name, as `--assume` takes it. */
export const ASSUMPTION_SETS = {
  calm: { partitions: 2, writes: 1 },
  fault: { ...EVERY_FAULT, disturbances: 1, writes: 1 },
  faults: { ...EVERY_FAULT, disturbances: 2 },
  operator: EVERY_REQUEST,
  kept: { ...REMOVE_AND_ADD, onRemove: 'keep', writes: 1 },
  replaced: { existing: 'foreign', policy: 'replace', loss: 1, duplication: 1, disturbances: 1 },
  watched: { watchdog: true, loss: 1, writes: 1 },
  /** Every message may take as long as it likes. */
  overtaking: { delayed: Number.POSITIVE_INFINITY, loss: 1 },
  'fault, two partitions': { ...EVERY_FAULT, disturbances: 1, partitions: 2 },
  'operator, fault': { ...EVERY_REQUEST, ...EVERY_FAULT, disturbances: 1 },
  'operator, two partitions': { ...EVERY_REQUEST, partitions: 2 },
  'overtaking, writes': {
    delayed: Number.POSITIVE_INFINITY,
    loss: 1,
    duplication: 1,
    disturbances: 1,
    writes: 1,
  },
  /** Larger than can be explored to the end. */
  everything: { ...EVERY_FAULT, ...EVERY_REQUEST, partitions: 2, writes: 1 },
} as const satisfies Record<string, Assumed>;

export type AssumptionSet = keyof typeof ASSUMPTION_SETS;

export const PROFILES: Readonly<Record<'quick' | 'full', readonly AssumptionSet[]>> = {
  quick: ['calm', 'kept', 'replaced', 'watched', 'overtaking', 'operator', 'fault'],
  full: [
    ...(['calm', 'kept', 'replaced', 'watched', 'overtaking', 'operator', 'fault'] as const),
    ...([
      'faults',
      'overtaking, writes',
      'fault, two partitions',
      'operator, two partitions',
      'operator, fault',
    ] as const),
  ],
};
