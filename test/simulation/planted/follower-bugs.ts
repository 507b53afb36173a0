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
  },
  {
    name: 'a batch is applied wherever it begins',
    file: ADMIT,
    find: "return range.fromDecreeExcluded === appliedDecree ? 'apply' : 'apart';",
    put: "return 'apply';",
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
];
