/**
 * What the charts cannot say of themselves: where each runs, and how each effect reaches the world. Everything
 * else in the picture of the system is derived. A test holds this table complete: each effect of each chart
 * is here once, each event of each chart comes from somewhere, and what is said of RPCs is what a simulated
 * duplication was seen to send.
 */
import type {
  CheckpointTransferEffects,
  DuplicationEffects,
  FollowerTableEffects,
  MigrationEffects,
  PartitionDuplicatorEffects,
  PartitionMoveEffects,
  SupervisorEffects,
  TableEffects,
} from '../../../machines/index.js';
import type { RpcCode } from '../../../runtime/pegasus/index.js';

export const PROCESSES = [
  'operator',
  'client',
  'source meta',
  'source replica',
  'follower meta',
  'follower replica',
] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** `process/part`; a part alone is in the same process. */
export type Place = `${ProcessName}/${string}` | Part;
type Part = keyof typeof PARTS;

/** What is in the picture besides the charts. */
export const PARTS = {
  bridle: { kind: 'person', says: 'bridle, typed or called' },
  'state file': { kind: 'store', says: 'how far a migration is, what a supervisor has begun' },
  application: { kind: 'person', says: 'reads and writes rows' },
  'meta store': { kind: 'store', says: 'records, synced one commit at a time' },
  journal: { kind: 'store', says: 'what explain tells, and the log' },
  placement: { kind: 'service', says: 'who serves which partition' },
  'mutation log': { kind: 'store', says: 'rows as they were written' },
  checkpoints: { kind: 'store', says: 'hard links, manifest last' },
  'partition store': { kind: 'store', says: 'rows, with the mark of what was applied' },
  'copied files': { kind: 'store', says: 'verified block by block' },
  fileCopy: { kind: 'actor', says: 'one for each file' },
} as const satisfies Readonly<
  Record<string, { kind: 'person' | 'store' | 'service' | 'actor'; says: string }>
>;

/** Where charts run. */
export const CHARTS_RUN_IN = {
  duplication: ['source meta'],
  watchdog: ['source meta'],
  followerTable: ['source meta'],
  table: ['source meta', 'follower meta'],
  partitionDuplicator: ['source replica'],
  checkpointTransfer: ['follower replica'],
  migration: ['operator'],
  supervisor: ['operator'],
  partitionMove: ['source meta', 'follower meta'],
} as const satisfies Readonly<Record<string, readonly ProcessName[]>>;
export type ChartName = keyof typeof CHARTS_RUN_IN;

/** One way from somebody to somebody. */
export interface Way {
  readonly to: Place;
  readonly rpcs?: readonly RpcCode[];
  /** Events that the chart at the other end gets. */
  readonly tells?: readonly string[];
  /** Why it is rare; without it, a plain duplication with its removal uses it. */
  readonly when?: string;
}

export interface EffectRow {
  /** Interface of `actors/ports.ts`, or the host itself. */
  readonly port: string;
  /** Events that report the outcome. */
  readonly outcomes: readonly string[];
  readonly ways: readonly Way[];
  /** Requests that this answers. */
  readonly repliesTo?: readonly RpcCode[];
}

type Rows<Effects> = Readonly<Record<keyof Effects, EffectRow>>;

const outcome = (port: string, outcomes: readonly string[], ...ways: readonly Way[]): EffectRow => ({
  port,
  outcomes,
  ways,
});
const LOCATE = 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX';

export const EFFECTS: {
  readonly duplication: Rows<DuplicationEffects>;
  readonly followerTable: Rows<FollowerTableEffects>;
  readonly table: Rows<TableEffects>;
  readonly partitionDuplicator: Rows<PartitionDuplicatorEffects>;
  readonly checkpointTransfer: Rows<CheckpointTransferEffects>;
  readonly watchdog: Rows<Record<never, never>>;
  readonly migration: Rows<MigrationEffects>;
  readonly supervisor: Rows<SupervisorEffects>;
  readonly partitionMove: Rows<PartitionMoveEffects>;
} = {
  duplication: {
    persistStatus: outcome('DurableStatusPort', ['STATUS_PERSISTED', 'STATUS_PERSIST_FAILED'], {
      to: 'meta store',
    }),
    persistProgress: outcome('DurableStatusPort', ['PROGRESS_PERSISTED', 'PROGRESS_PERSIST_FAILED'], {
      to: 'meta store',
    }),
    deleteRecord: outcome('DurableStatusPort', ['RECORD_DELETED'], { to: 'meta store' }),
    answer: { ...outcome('host', []), repliesTo: ['RPC_CM_ADD_DUPLICATION', 'RPC_CM_MODIFY_DUPLICATION'] },
    announce: outcome('host', [], { to: 'journal' }),
  },
  followerTable: {
    askFollower: outcome(
      'FollowerMetaPort',
      ['FOLLOWER_REPLY'],
      { to: 'follower meta/table', rpcs: ['RPC_CM_LIST_APPS'] },
      { to: 'follower meta/table', rpcs: ['RPC_CM_CREATE_APP'], tells: ['CREATE'] },
      { to: 'follower meta/table', rpcs: ['RPC_CM_DROP_APP'], tells: ['DROP'] },
      { to: 'follower meta/placement', rpcs: [LOCATE] },
    ),
    noteStaleReply: outcome('host', [], { to: 'journal' }),
  },
  table: {
    persistTable: outcome('host', ['TABLE_PERSISTED', 'TABLE_PERSIST_FAILED'], { to: 'meta store' }),
    answer: { ...outcome('host', []), repliesTo: ['RPC_CM_CREATE_APP', 'RPC_CM_DROP_APP'] },
  },
  partitionDuplicator: {
    prepareCheckpoint: outcome('PartitionLogPort', ['CHECKPOINT_PREPARED', 'FAILED'], { to: 'checkpoints' }),
    loadBatch: outcome('PartitionLogPort', ['BATCH_LOADED', 'LOG_DAMAGED', 'FAILED'], { to: 'mutation log' }),
    probeFollower: outcome(
      'LogShipperPort',
      ['FOLLOWER_AT', 'FAILED'],
      { to: 'follower meta/placement', rpcs: [LOCATE] },
      { to: 'follower replica/partition store', rpcs: ['RPC_RRDB_RRDB_DUPLICATE'] },
    ),
    shipBatch: outcome('LogShipperPort', ['BATCH_SHIPPED', 'FAILED'], {
      to: 'follower replica/partition store',
      rpcs: ['RPC_RRDB_RRDB_DUPLICATE'],
    }),
  },
  checkpointTransfer: {
    locatePrimary: outcome(
      'CheckpointSourcePort',
      ['PRIMARY_AT', 'FAILED'],
      { to: 'source meta/placement', rpcs: [LOCATE] },
      {
        to: 'source meta/duplication',
        rpcs: ['RPC_CM_QUERY_DUPLICATION'],
        when: 'a partition that held data has lost it',
      },
    ),
    queryCheckpoint: outcome(
      'CheckpointSourcePort',
      ['CHECKPOINT_AT', 'FAILED'],
      { to: 'source replica/checkpoints', rpcs: ['RPC_QUERY_LAST_CHECKPOINT_INFO'] },
      {
        to: 'source replica/checkpoints',
        rpcs: ['RPC_NFS_GET_FILE_SIZE'],
        when: 'the source has left the sizes out, as Apache Pegasus does',
      },
    ),
    installCheckpoint: outcome('CheckpointSourcePort', ['INSTALLED', 'FAILED'], { to: 'partition store' }),
    openPartition: outcome('CheckpointSourcePort', ['OPENED', 'FAILED'], { to: 'partition store' }),
  },
  watchdog: {},
  migration: {
    askMigration: outcome(
      'MigrationPort',
      ['MIGRATION_REPLY'],
      { to: 'state file' },
      {
        to: 'source meta/table',
        rpcs: ['RPC_CM_UPDATE_APP_ENV', 'RPC_CM_LIST_APPS'],
        when: 'clients move to the follower',
      },
      {
        to: 'source meta/duplication',
        rpcs: ['RPC_CM_MODIFY_DUPLICATION', 'RPC_CM_QUERY_DUPLICATION'],
        when: 'clients move to the follower',
      },
      {
        to: 'follower meta/table',
        rpcs: ['RPC_CM_UPDATE_APP_ENV', 'RPC_CM_LIST_APPS'],
        when: 'clients move to the follower',
      },
    ),
  },
  supervisor: {
    askSupervision: outcome(
      'SupervisionPort',
      ['SUPERVISION_REPLY'],
      { to: 'state file' },
      {
        to: 'source meta/duplication',
        rpcs: ['RPC_CM_ADD_DUPLICATION', 'RPC_CM_MODIFY_DUPLICATION', 'RPC_CM_QUERY_DUPLICATION'],
        when: 'a duplication is supervised',
      },
      {
        to: 'follower meta/table',
        rpcs: ['RPC_CM_LIST_APPS', 'RPC_CM_DROP_APP'],
        when: 'a duplication is supervised',
      },
    ),
  },
  partitionMove: {
    persistMove: outcome('host', ['MOVE_PERSISTED', 'MOVE_PERSIST_FAILED', 'TABLE_GONE'], {
      to: 'meta store',
      when: 'a partition moves to another node',
    }),
  },
};

/** Ways that are no effect of a chart: people, clients, actors that are no charts, and the hosts. */
export interface OtherWay extends Way {
  readonly from: Place;
  /** Events that come back to the sender's chart. */
  readonly brings?: readonly string[];
  /** What is done, where it is neither an RPC nor an event. */
  readonly does?: string;
}

export const OTHER_WAYS: readonly OtherWay[] = [
  { from: 'operator/bridle', to: 'source meta/table', rpcs: ['RPC_CM_CREATE_APP'], tells: ['CREATE'] },
  { from: 'operator/bridle', to: 'source meta/duplication', rpcs: ['RPC_CM_ADD_DUPLICATION'] },
  {
    from: 'operator/bridle',
    to: 'source meta/duplication',
    rpcs: ['RPC_CM_MODIFY_DUPLICATION'],
    tells: ['MODIFY', 'RETRY_NOW'],
  },
  { from: 'operator/bridle', to: 'source meta/duplication', rpcs: ['RPC_CM_QUERY_DUPLICATION'] },
  { from: 'operator/bridle', to: 'operator/migration', tells: ['CANCEL', 'RETRY_NOW'] },
  { from: 'operator/bridle', to: 'operator/supervisor', tells: ['RETRY_NOW'] },
  { from: 'client/application', to: 'source meta/placement', rpcs: [LOCATE] },
  { from: 'client/application', to: 'source replica/mutation log', rpcs: ['RPC_RRDB_RRDB_PUT'] },
  { from: 'source meta/duplication', to: 'source meta/table', tells: ['DUPLICATING'] },
  { from: 'source replica/mutation log', to: 'source replica/partitionDuplicator', tells: ['LOG_APPENDED'] },
  {
    from: 'source replica/partitionDuplicator',
    to: 'source meta/duplication',
    rpcs: ['RPC_BRIDLE_NODE_SYNC'],
    tells: ['CONFIRM'],
    brings: ['STATUS', 'RETRY_NOW'],
  },
  {
    from: 'follower replica/checkpointTransfer',
    to: 'follower meta/placement',
    rpcs: ['RPC_BRIDLE_NODE_SYNC'],
  },
  {
    from: 'source replica/partition store',
    to: 'source meta/partitionMove',
    rpcs: ['RPC_BRIDLE_NODE_SYNC'],
    tells: ['LEFT', 'LEAVE_FAILED', 'FETCH_PROGRESS', 'FETCHED', 'FETCH_FAILED'],
    when: 'a partition moves to another node',
  },
  { from: 'follower replica/fileCopy', to: 'source replica/checkpoints', rpcs: ['RPC_NFS_COPY'] },
  { from: 'follower replica/fileCopy', to: 'follower replica/copied files', does: 'write' },
  {
    from: 'follower replica/fileCopy',
    to: 'follower replica/checkpointTransfer',
    tells: ['FILE_PROGRESS', 'FILE_VERIFIED', 'FILE_FAILED'],
  },
];

/** Children that are no charts, by what their ids begin with. */
export const ACTOR_OF_CHILD: Readonly<Record<string, keyof typeof PARTS>> = { 'file:': 'fileCopy' };

/** Events that a chart would take and that no server sends it. */
export const NOT_SENT: Readonly<Partial<Record<ChartName, readonly string[]>>> = {
  checkpointTransfer: ['RETRY_NOW'],
};
