/** Defects of log shipping: what is cut, sent, sent again, passed over, and in which order. */
import type { DefectEntry, OursAnswer } from '../defect.js';
import { shipping } from '../models/shipping.js';
import { assume } from '../parts.js';

const BOTH = ['before', 'after'] as const;
const PUT = { kind: 'put', key: 'k', bytes: 200 } as const;
const MAX_WRITE = 1_048_576;
const writes = (count: number) => assume(`clients write ${count} times`, { sizes: { writes: count } });
const damaged = assume('one mutation in the log is damaged', { sizes: { writes: 2, damagedMutations: 1 } });
const ONLY_PUTS: OursAnswer = { assume: { writes: 2 }, property: 'NoGap' };
const ARRIVES: OursAnswer = { assume: { writes: 2 }, property: 'Replicates' };

export const SHIPPING_DEFECTS: readonly DefectEntry[] = [
  {
    id: 'A12',
    title: 'a batch is forgotten when the last mutation of a load is passed over',
    reported: '#2284',
    versions: BOTH,
    repair: ['#2408'],
    property: 'NoGap',
    build: (fixes) =>
      shipping({
        fixes,
        assumptions: writes(3),
        kinds: [PUT, { kind: 'duplicate', key: 'elsewhere', bytes: 200 }],
      }),
    ours: ONLY_PUTS,
  },
  {
    id: 'A13',
    title: 'batches that grow beyond the largest write are refused for ever',
    reported: '#1840',
    versions: ['before'],
    missing: ['#1841'],
    repair: ['#1841'],
    property: 'WrittenLeadsToShipped',
    build: (fixes) =>
      shipping({
        fixes,
        assumptions: writes(2),
        kinds: [{ ...PUT, bytes: MAX_WRITE }],
        limits: { batchBytes: 2 * MAX_WRITE },
      }),
    ours: ARRIVES,
  },
  {
    id: 'A13b',
    title: 'a small mutation before a large one is still refused for ever',
    reported: '#1840',
    versions: BOTH,
    repair: ['flush before append'],
    property: 'WrittenLeadsToShipped',
    build: (fixes) =>
      shipping({ fixes, assumptions: writes(2), kinds: [PUT, { ...PUT, bytes: MAX_WRITE - 100 }] }),
    ours: ARRIVES,
  },
  {
    id: 'A14',
    title: 'a bulk load in the log ends every primary that ships it',
    reported: '#2100',
    versions: ['before'],
    repair: ['#2101'],
    property: 'NoAbort',
    build: (fixes) =>
      shipping({ fixes, assumptions: writes(2), kinds: [PUT, { kind: 'bulkLoad', key: 'all', bytes: 200 }] }),
    ours: { assume: { writes: 2 }, property: 'NoAbort' },
  },
  {
    id: 'A15',
    title: 'the last mutation waits for another write',
    reported: '#2050',
    versions: ['before'],
    missing: ['#2048'],
    repair: ['#2048'],
    property: 'WrittenLeadsToShipped',
    build: (fixes) => shipping({ fixes, assumptions: writes(2), kinds: [PUT] }),
    ours: ARRIVES,
  },
  {
    id: 'A26',
    title: 'loading begins before the confirmed decree is known',
    reported: '#784',
    versions: ['before'],
    missing: ['rdsn#861'],
    repair: ['rdsn#861'],
    property: 'NoAbort',
    build: (fixes) => shipping({ fixes, assumptions: writes(1), kinds: [PUT], uninformed: true }),
    ours: { assume: { writes: 1 }, property: 'NoAbort' },
  },
  {
    id: 'A27',
    title: 'a hole in the log ends the replica server',
    reported: 'rdsn#862',
    versions: ['before'],
    missing: ['rdsn#862'],
    repair: ['rdsn#862'],
    property: 'NoAbort',
    build: (fixes) => shipping({ fixes, assumptions: damaged, kinds: [PUT] }),
    ours: { instead: 'log shipping blocks, and FAIL_SKIP counts each hole; damaged logs are tested on disk' },
  },
  {
    id: 'A27b',
    title: 'a hole in the log is passed over, whatever the fail mode',
    reported: 'rdsn#862',
    versions: BOTH,
    repair: ['holes stop'],
    property: 'NoGap',
    build: (fixes) => shipping({ fixes, assumptions: damaged, kinds: [PUT] }),
    ours: { instead: 'log shipping blocks, and FAIL_SKIP counts each hole; damaged logs are tested on disk' },
  },
  {
    id: 'N11',
    title: 'batches of one load overtake each other, each in the queue of its last mutation',
    reported: null,
    versions: BOTH,
    repair: ['one queue'],
    property: 'PerKeyOrder',
    build: (fixes) =>
      shipping({
        fixes,
        assumptions: assume('clients write 3 times, messages overtake each other', {
          reorder: true,
          sizes: { writes: 3 },
        }),
        kinds: ['k', 'x'].map((key) => ({ ...PUT, key })),
        limits: { batchBytes: 400 },
      }),
    ours: { assume: { writes: 2 }, property: 'PerKeyOrder' },
  },
  {
    id: 'N12',
    title: 'a batch that was given up by a pause arrives after newer ones',
    reported: null,
    versions: BOTH,
    repair: ['ranges applied once'],
    property: 'PerKeyOrder',
    build: (fixes) =>
      shipping({
        fixes,
        assumptions: assume('an operator pauses and starts, messages overtake each other', {
          reorder: true,
          operator: { pause: 1, start: 1 },
          sizes: { writes: 2 },
        }),
        kinds: [PUT],
      }),
    ours: {
      assume: { writes: 1, operator: { pause: 1, start: 1, remove: 0, add: 0 } },
      property: 'PerKeyOrder',
    },
  },
];
