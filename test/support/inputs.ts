/** Inputs that tests start charts with; numbers are distinct, so that a timer can be told by its delay. */
import type { CheckpointTransferInput, CheckpointView } from '../../machines/checkpointTransfer.js';
import type { DuplicationInput } from '../../machines/duplicationRules.js';
import type { FollowerTableInput } from '../../machines/followerTable.js';
import type { FollowerReply, TableView, Trouble } from '../../machines/messages.js';
import type { MigrationInput } from '../../machines/migration.js';
import type { MigrationReply, MigrationView } from '../../machines/migrationVerdict.js';
import type { PartitionDuplicatorInput } from '../../machines/partitionDuplicator.js';
import type { PartitionMoveInput } from '../../machines/partitionMove.js';
import type { SupervisionView } from '../../machines/supervisorHeals.js';
import type { SupervisorInput } from '../../machines/supervisorSetup.js';
import { NOTHING_REMEMBERED, type SupervisionReply } from '../../machines/supervisorVerdict.js';
import type { TableInput } from '../../machines/table.js';
import type { DuplicationIdentity } from '../../machines/vocabulary.js';

export const IDENTITY: DuplicationIdentity = {
  sourceCluster: 'east',
  sourceTable: 'users',
  duplicationId: 7,
};
export const OWNER = 'east/users/7';
export const FOREIGN = 'west/users/9';
export const RETRY = { floorMs: 100, ceilingMs: 1_000, limitAttempts: 6 };
export const FOLLOWER_TIMES = {
  requestDeadlineMs: 5_000,
  readinessPollMs: 2_000,
  blockedRecheckMs: 60_000,
  retry: RETRY,
};
export const WATCHDOG_TIMES = { noProgressMs: 300_000, sameErrorMs: 120_000 };

export const followerInput = (more: Partial<FollowerTableInput> = {}): FollowerTableInput => ({
  identity: IDENTITY,
  remoteTable: 'users_copy',
  partitionCount: 4,
  replicaCount: 3,
  policy: 'adopt',
  goal: 'adopted',
  times: FOLLOWER_TIMES,
  ...more,
});

/** A follower table as this duplication made it. */
export const tableView = (more: Partial<TableView> = {}): TableView => ({
  status: 'AS_AVAILABLE',
  owner: OWNER,
  masterCluster: 'east',
  followerStatus: 'creating',
  partitionCount: 4,
  ...more,
});

export const reply = (requestNo: number, more: Partial<FollowerReply> = {}): FollowerReply => ({
  type: 'FOLLOWER_REPLY',
  requestNo,
  error: 'ERR_OK',
  ...more,
});

export const duplicationInput = (more: Partial<DuplicationInput> = {}): DuplicationInput => ({
  identity: IDENTITY,
  remoteCluster: 'west',
  remoteTable: 'users_copy',
  remoteReplicaCount: 3,
  policy: 'adopt',
  onRemove: 'keep',
  durable: null,
  confirmed: [-1, -1],
  requester: 'asker',
  times: { storageRetryMs: 500, followerTable: FOLLOWER_TIMES, watchdog: WATCHDOG_TIMES },
  ...more,
});

export const tableInput = (more: Partial<TableInput> = {}): TableInput => ({
  name: 'users_copy',
  partitionCount: 4,
  replicaCount: 3,
  durable: 'AS_CREATING',
  requester: 'first',
  storageRetryMs: 500,
  masterCluster: 'east',
  owner: OWNER,
  followerStatus: 'creating',
  ...more,
});

export const partitionInput = (more: Partial<PartitionDuplicatorInput> = {}): PartitionDuplicatorInput => ({
  partition: 2,
  damagedReadsLimit: 3,
  times: {
    checkpointDeadlineMs: 30_000,
    requestDeadlineMs: 5_000,
    idlePollMs: 1_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
  ...more,
});

export const transferInput = (more: Partial<CheckpointTransferInput> = {}): CheckpointTransferInput => ({
  partition: 2,
  parallelFiles: 2,
  installed: false,
  times: {
    requestDeadlineMs: 5_000,
    stalledFileMs: 10_000,
    installDeadlineMs: 20_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
  ...more,
});

export const checkpoint = (decree: number, names: readonly string[]): CheckpointView => ({
  decree,
  directory: `checkpoint.${decree}`,
  files: names.map((name, at) => ({ name, sizeBytes: 100 + at, md5: `md5-${name}` })),
});

export const trouble = (error: string, operation = 'RPC_NFS_COPY', peer = 'east-2:34801'): Trouble => ({
  error,
  operation,
  peer,
});

export const migrationInput = (more: Partial<MigrationInput> = {}): MigrationInput => ({
  start: 'new',
  verify: true,
  thresholdDecrees: 100,
  calmLooksWanted: 2,
  times: {
    requestDeadlineMs: 5_000,
    pollMs: 250,
    waitingDeadlineMs: 3_600_000,
    fencingDeadlineMs: 30_000,
    drainingDeadlineMs: 40_000,
    verifyDeadlineMs: 600_000,
    patienceMs: 50_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
  ...more,
});

/** Both clusters as they are when a cut-over may begin. */
export const migrationView = (more: Partial<MigrationView> = {}): MigrationView => ({
  status: 'DS_LOG',
  blocked: false,
  lagDecrees: 3,
  skippedMutations: 0,
  followerPartitionsMissing: 0,
  fence: 'open',
  drained: false,
  follower: 'follower',
  ...more,
});

export const migrationReply = (requestNo: number, more: Partial<MigrationReply> = {}): MigrationReply => ({
  type: 'MIGRATION_REPLY',
  requestNo,
  error: 'ERR_OK',
  ...more,
});

export const supervisorInput = (more: Partial<SupervisorInput> = {}): SupervisorInput => ({
  memory: NOTHING_REMEMBERED,
  once: true,
  verify: false,
  heal: [],
  healLimit: 2,
  quietLooksLimit: 3,
  times: {
    requestDeadlineMs: 5_000,
    preflightDeadlineMs: 20_000,
    verifyDeadlineMs: 600_000,
    pollMs: 250,
    keepMs: 2_000,
    pathRecheckMs: 3_000,
    patienceMs: 50_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
  ...more,
});

/** Both clusters before anything is there. */
export const supervisionView = (more: Partial<SupervisionView> = {}): SupervisionView => ({
  status: 'none',
  dupid: 0,
  progress: 0,
  blocked: false,
  skippedMutations: 0,
  trouble: null,
  follower: { claim: 'absent', appId: 0, owner: null },
  ...more,
});

export const supervisionReply = (
  requestNo: number,
  more: Partial<SupervisionReply> = {},
): SupervisionReply => ({ type: 'SUPERVISION_REPLY', requestNo, error: 'ERR_OK', ...more });

export const moveInput = (more: Partial<PartitionMoveInput> = {}): PartitionMoveInput => ({
  partition: 0,
  from: 'east-1:34801',
  to: 'east-2:34801',
  ballot: 3,
  recorded: false,
  times: { leaveDeadlineMs: 5_000, stalledFetchMs: 10_000, storageRetryMs: 500 },
  ...more,
});
