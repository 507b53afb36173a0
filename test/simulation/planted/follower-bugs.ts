/** Defects of the follower: what it adopts, and what it applies. */
import type { PlantedBug } from './bug.js';

const ADMIT = 'runtime/cluster/rrdb/admit-batch.js';
const VERDICT = 'machines/followerTableVerdict.js';

export const FOLLOWER_BUGS: readonly PlantedBug[] = [
  {
    name: 'any table of that name is adopted',
    file: VERDICT,
    find: 'if (table?.owner !== formatOwner(context.identity))',
    put: 'if (table === undefined || formatOwner(context.identity) === "")',
  },
  {
    name: 'whatever table is there is dropped at a removal',
    file: VERDICT,
    find: "return ours ? 'replaceable' : 'gone';",
    put: "return reply.table === undefined ? 'gone' : 'replaceable';",
  },
  {
    name: 'a batch that is repeated is applied again',
    file: ADMIT,
    find: "return 'repeated';",
    put: "return 'apply';",
    shows: 'a copy of a batch arrives after the next batch',
  },
  {
    name: 'a batch that the follower refuses counts as applied',
    file: 'runtime/cluster/rrdb/duplicate.js',
    find: 'return { error: RrdbStatus.TRY_AGAIN, appliedDecree };',
    put: 'return { error: RrdbStatus.OK, appliedDecree: toDecreeIncluded };',
    shows: 'a batch that was given up arrives between the question where the follower is and the next batch',
  },
  {
    name: 'rows are applied without the mark of how far they reach',
    file: 'runtime/cluster/rrdb/state.js',
    find: 'marks: { [sourceMark(owner)]: toDecreeIncluded }',
    put: 'marks: {}',
  },
  {
    name: 'a retry of the table’s creation is lost',
    file: 'machines/followerTable.js',
    find: "after: { retryBackoff: 'asking' },",
    put: '',
  },
  {
    name: 'a creation that comes late makes the table of a removed duplication',
    file: 'machines/followerTable.js',
    find: '{ kind, requestNo, table, retire: owner }',
    put: '{ kind, requestNo, table }',
    shows: 'a creation is still under way when the removal of its duplication, with `drop`, is over',
  },
];
