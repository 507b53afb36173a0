/** Defects of checkpoints, duplicators, and the private log while it is being shipped. */
import type { DefectEntry, OursAnswer } from '../defect.js';
import { checkpoint } from '../models/checkpoint.js';
import { learning } from '../models/learning.js';
import { logFiles } from '../models/logFiles.js';
import { pools } from '../models/pools.js';
import { progress } from '../models/progress.js';
import { roles } from '../models/roles.js';
import { assume } from '../parts.js';

const BOTH = ['before', 'after'] as const;
const instead = (why: string): OursAnswer => ({ instead: why });
const ONE_COPY = instead(
  'embedded clusters keep one copy of a partition: it moves closed and whole, and none learns',
);
const SEGMENTS = instead(
  'a log is read through one handle of the store, and deleted by the process that reads it',
);
const crashOfNode = { crashes: { sourceMeta: 0, sourceNode: 1, followerMeta: 0, followerNode: 0 } };

const calm = assume('nothing goes wrong');
const restart = assume('the replica server restarts once', { crashes: { replica: 1 } });
const moved = assume('the primary moves once', { roleChanges: 1 });
const inactive = assume('the replica is inactive for a while', { roleChanges: 1 });
const grown = assume('two decrees are confirmed', { sizes: { writes: 2 } });
const closed = assume('the replica is closed', { sizes: { closes: 1 } });

export const REPLICA_DEFECTS: readonly DefectEntry[] = [
  ...([0, 1] as const).map(
    (applied): DefectEntry => ({
      id: applied === 0 ? 'A4' : 'A4b',
      title: `no checkpoint of a replica at decree ${applied}`,
      reported: '#2069',
      versions: ['before'],
      missing: ['#2054'],
      repair: ['#2054'],
      property: 'PrepareLeadsToPrepared',
      build: (fixes) => checkpoint({ fixes, assumptions: calm, applied }),
      ours: { assume: {}, property: 'Settles' },
    }),
  ),
  {
    id: 'A5',
    title: 'a restart in DS_PREPARE ends the replica server, again and again',
    reported: '#2098',
    versions: ['before'],
    missing: ['#2097'],
    repair: ['#2097'],
    property: 'NoAbort',
    build: (fixes) => checkpoint({ fixes, assumptions: restart, applied: 2 }),
    ours: { assume: crashOfNode, property: 'NoAbort' },
  },
  {
    id: 'A6',
    title: 'the loader opens a log file that was chosen for deletion before',
    reported: '#2372',
    versions: ['before'],
    repair: ['#2373'],
    property: 'OpensWhatIsThere',
    build: (fixes) => logFiles({ fixes, assumptions: grown }),
    ours: SEGMENTS,
  },
  {
    id: 'A7',
    title: 'files are chosen for deletion while the loader goes through them',
    reported: '#1596',
    versions: ['before'],
    missing: ['#1597'],
    repair: ['#1597'],
    property: 'DecidesApart',
    build: (fixes) => logFiles({ fixes, assumptions: grown }),
    ours: SEGMENTS,
  },
  {
    id: 'A10',
    title: 'a file deleted between check and opening ends the replica server',
    reported: '#2014',
    versions: ['before'],
    repair: ['#2373'],
    property: 'NoAbort',
    build: (fixes) => logFiles({ fixes, assumptions: grown }),
    ours: SEGMENTS,
  },
  {
    id: 'A20',
    title: 'a task of a removed duplication uses freed memory',
    reported: '#2211',
    versions: BOTH,
    repair: ['cancelled continuations'],
    property: 'NoAbort',
    build: (fixes) =>
      roles({ fixes, assumptions: assume('an operator asks to remove', { operator: { remove: 1 } }) }),
    ours: {
      assume: { operator: { pause: 0, start: 0, remove: 1, add: 0 } },
      property: 'NoAbort',
    },
  },
  {
    id: 'A21',
    title: 'a task runs when the log of its replica is closed',
    reported: '#1589',
    versions: BOTH,
    repair: ['cancelled continuations'],
    property: 'NoAbort',
    build: (fixes) => roles({ fixes, assumptions: closed }),
    ours: { assume: crashOfNode, property: 'NoAbort' },
  },
  {
    id: 'A21b',
    title: 'a task runs when its replica is no longer the primary',
    reported: '#1589',
    versions: BOTH,
    repair: ['cancelled continuations'],
    property: 'NoAbort',
    build: (fixes) => roles({ fixes, assumptions: moved }),
    ours: ONE_COPY,
  },
  {
    id: 'A22',
    title: 'the sync timer uses the duplication manager of a closed replica',
    reported: '#770',
    versions: ['before'],
    missing: ['#1968'],
    besides: ['cancelled continuations'],
    repair: ['#1968'],
    property: 'NoAbort',
    build: (fixes) => roles({ fixes, assumptions: closed }),
    ours: { assume: crashOfNode, property: 'NoAbort' },
  },
  {
    id: 'A23',
    title: 'learning starts after the committed decree and drops what is not confirmed',
    reported: '#740',
    versions: ['before'],
    missing: ['rdsn#838'],
    repair: ['rdsn#838'],
    property: 'NoPrematureGc',
    build: (fixes) => learning({ fixes, assumptions: calm }),
    ours: ONE_COPY,
  },
  {
    id: 'A23b',
    title: 'a crash while learned logs replace the old ones loses both',
    reported: '#765',
    versions: ['before'],
    missing: ['rdsn#845'],
    repair: ['rdsn#845'],
    property: 'NoPrematureGc',
    build: (fixes) =>
      learning({ fixes, assumptions: assume('the secondary crashes once', { crashes: { secondary: 1 } }) }),
    ours: ONE_COPY,
  },
  {
    id: 'A29',
    title: 'two manual checkpoints of a replica at once',
    reported: 'rdsn#1071',
    versions: ['before'],
    missing: ['rdsn#1071'],
    repair: ['rdsn#1071'],
    property: 'OneCheckpoint',
    build: (fixes) => checkpoint({ fixes, assumptions: calm, applied: 2 }),
    ours: instead('the chart asks for one checkpoint, and ignores answers to others'),
  },
  {
    id: 'A30',
    title: 'threads that open replicas wait for copies that need a thread',
    reported: 'rdsn#1076',
    versions: ['before'],
    missing: ['rdsn#1076'],
    repair: ['rdsn#1076'],
    property: 'OpeningLeadsToOpened',
    build: (fixes) =>
      pools({
        fixes,
        assumptions: assume('one thread, two replicas', { sizes: { threads: 1, replicas: 2 } }),
      }),
    ours: instead('nothing blocks a thread'),
  },
  {
    id: 'N8',
    title: 'the answer to a sync of a new primary ends its server',
    reported: null,
    versions: BOTH,
    repair: ['ahead is believed'],
    property: 'NoAbort',
    build: (fixes) => progress({ fixes, assumptions: moved }),
    ours: ONE_COPY,
  },
  {
    id: 'N9',
    title: 'the decree noted as stored is above the one that is stored',
    reported: null,
    versions: BOTH,
    repair: ['volatile written'],
    property: 'MemEqualsZkWhenIdle',
    build: (fixes) => progress({ fixes, assumptions: moved }),
    ours: ONE_COPY,
  },
  {
    id: 'N10',
    title: 'a checkpoint that begins on an inactive replica is never made, nor any other',
    reported: null,
    versions: BOTH,
    repair: ['leak closed'],
    property: 'PrepareLeadsToPrepared',
    build: (fixes) => checkpoint({ fixes, assumptions: inactive, applied: 2 }),
    ours: instead('the chart waits for a checkpoint until a deadline, then asks again'),
  },
];
