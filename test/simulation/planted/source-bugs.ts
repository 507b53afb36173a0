/** Defects of the source’s replica servers, and of what carries their requests. */
import type { PlantedBug } from './bug.js';

const DUPLICATOR = 'machines/partitionDuplicator.js';
const PARTITION = 'runtime/cluster/replica/hosted-partition.js';
const SOURCE_LOG = 'runtime/cluster/replica/source-log.js';

export const SOURCE_BUGS: readonly PlantedBug[] = [
  {
    name: 'shipping resumes after the checkpoint, also where the follower has an older one',
    file: DUPLICATOR,
    find: `noteFollowerAt: assign(({ event }) => event.type === 'FOLLOWER_AT' || event.type === 'BATCH_SHIPPED' ? { shipped: event.appliedDecree } : {}),`,
    put: `noteFollowerAt: assign(({ context, event }) => event.type === 'FOLLOWER_AT' || event.type === 'BATCH_SHIPPED' ? { shipped: Math.max(event.appliedDecree, context.checkpointDecree) } : {}),`,
    shows:
      'the follower has copied a checkpoint before `DS_APP`, and a restarted source makes another one then',
  },
  {
    name: 'shipping resumes after the batch that was loaded last, whether it arrived or not',
    file: DUPLICATOR,
    find: `noteFollowerAt: assign(({ event }) => event.type === 'FOLLOWER_AT' || event.type === 'BATCH_SHIPPED' ? { shipped: event.appliedDecree } : {}),`,
    put: `noteFollowerAt: assign(({ context, event }) => event.type === 'FOLLOWER_AT' || event.type === 'BATCH_SHIPPED' ? { shipped: Math.max(event.appliedDecree, context.loaded) } : {}),`,
  },
  {
    name: 'the log is collected before the follower has it',
    file: PARTITION,
    find: 'Math.min(store.lastCommittedDecree, ...needed, ...ordered)',
    put: 'store.lastCommittedDecree',
  },
  {
    name: 'a removed duplication keeps its logs',
    file: PARTITION,
    find: `            if (wanted.has(id))
                continue;`,
    put: `            if (wanted.has(id) || id > 0)
                continue;`,
  },
  {
    name: 'rows go to the wrong partition',
    file: 'runtime/cluster/replica/hosted-duplicator.js',
    find: `            partitionIndex: partition.partitionIndex,
            partitionCount`,
    put: `            partitionIndex: 0,
            partitionCount`,
  },
  {
    name: 'removals of rows are not shipped',
    file: SOURCE_LOG,
    find: "    'RPC_RRDB_RRDB_REMOVE',\n",
    put: '',
  },
  {
    name: 'writes of a batch are shipped in the wrong order',
    file: SOURCE_LOG,
    find: 'entries: shippable.map(',
    put: 'entries: shippable.reverse().map(',
  },
  {
    name: 'a reply is matched to the oldest request',
    file: 'runtime/pegasus/client-connection.js',
    find: '    #onReply(seqId, ackCode, error, result) {\n',
    put: '    #onReply(seqId, ackCode, error, result) {\n        seqId = this.#pending.keys().next().value ?? seqId;\n',
  },
];
