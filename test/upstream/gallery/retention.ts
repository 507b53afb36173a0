/** Defects of how long logs are kept. */
import type { DefectEntry, OursAnswer } from '../defect.js';
import { retention } from '../models/retention.js';
import { assume } from '../parts.js';

const BOTH = ['before', 'after'] as const;
const crashes = { sourceMeta: 1 };
const crash = assume('the source meta crashes once', { crashes });
const removed = assume('an operator asks to remove, the source meta crashes once', {
  crashes,
  operator: { remove: 1 },
});
const crashOfMeta = { crashes: { sourceMeta: 1, sourceNode: 0, followerMeta: 0, followerNode: 0 } };
const removing = { ...crashOfMeta, operator: { pause: 0, start: 0, remove: 1, add: 0 } };
const oursWith = (
  property: string,
  assumed: Extract<OursAnswer, { property: string }>['assume'],
): OursAnswer => ({
  assume: assumed,
  property,
});

export const RETENTION_DEFECTS: readonly DefectEntry[] = [
  {
    id: 'A9',
    title: 'logs are kept for ever after the duplication was removed and the meta server restarted',
    reported: '#2015',
    versions: BOTH,
    repair: ['#2066'],
    property: 'RemoveLeadsToGc',
    build: (fixes) => retention({ fixes, assumptions: removed, flagStored: true }),
    ours: oursWith('Releases', removing),
  },
  {
    id: 'N13',
    title: 'replicas that ask while the meta server still reads its duplications collect their logs',
    reported: null,
    versions: BOTH,
    repair: ['recovery awaited'],
    property: 'NoPrematureGc',
    build: (fixes) => retention({ fixes, assumptions: crash }),
    ours: oursWith('NoPrematureGc', crashOfMeta),
  },
  {
    id: 'N14',
    title: 'a crash within a removal brings the duplication back without its progress',
    reported: null,
    versions: BOTH,
    repair: ['record deleted first'],
    property: 'MonotonePersisted',
    build: (fixes) => retention({ fixes, assumptions: removed }),
    ours: oursWith('Monotone', removing),
  },
  {
    id: 'N15',
    title: 'the unknown progress of the older of two duplications does not hold the log back',
    reported: null,
    versions: BOTH,
    repair: ['unknown holds back'],
    property: 'NoPrematureGc',
    build: (fixes) =>
      retention({
        fixes,
        assumptions: assume('two duplications, the progress of the older is unknown'),
        confirmed: [-1, 2],
      }),
    ours: oursWith('NoPrematureGc', { writes: 1 }),
  },
  {
    id: 'N16',
    title: 'a secondary that restarts on a node without primaries collects its log',
    reported: null,
    versions: BOTH,
    repair: ['secondaries told'],
    property: 'NoPrematureGc',
    build: (fixes) =>
      retention({
        fixes,
        assumptions: assume('the replica restarts once', { crashes: { replica: 1 } }),
        secondary: true,
      }),
    ours: { instead: 'embedded clusters keep one copy of a partition' },
  },
];
