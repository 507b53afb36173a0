import {
  type FollowerReply,
  type FollowerTableContext,
  type FollowerTableEvent,
  type FollowerTableInput,
  followerTable,
  formatOwner,
  type TableView,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import { FOLLOWER_TIMES, FOREIGN_OWNER, IDENTITY, staleNumber, TROUBLES } from './times.js';

const INPUT: FollowerTableInput = {
  identity: IDENTITY,
  remoteTable: 'users_copy',
  partitionCount: 2,
  replicaCount: 3,
  policy: 'adopt',
  goal: 'adopted',
  times: FOLLOWER_TIMES,
};

type Answer = Partial<FollowerReply>;

/** What the follower's meta can answer to a question, in the terms of whoever asks: its own table, or another's. */
function answersTo({ asked, identity, partitionCount }: FollowerTableContext): readonly Answer[] {
  switch (asked) {
    case 'LookTable':
      return looks(formatOwner(identity), formatOwner(earlier(identity)), partitionCount);
    case 'CreateTable':
      return [{}, { error: 'ERR_APP_EXIST' }];
    case 'MarkCreated':
    case 'DropTable':
      return [{}, { error: 'ERR_APP_NOT_EXIST' }];
    case 'QueryPartitions':
      return [...new Set([0, 1, partitionCount])]
        .map((readyPartitions): Answer => ({ readiness: { readyPartitions, partitionCount, trouble: null } }))
        .concat(
          { readiness: { readyPartitions: 1, partitionCount, trouble: TROUBLES.timeout } },
          { readiness: { readyPartitions: 0, partitionCount, trouble: null, copiedBytes: 1 } },
          { error: 'ERR_APP_NOT_EXIST' },
        );
  }
}

function looks(owner: string, earlierOwner: string, partitionCount: number): readonly Answer[] {
  const ours: TableView = {
    status: 'AS_AVAILABLE',
    owner,
    masterCluster: 'east',
    followerStatus: 'creating',
    partitionCount,
  };
  return [
    { table: ours },
    { table: { ...ours, followerStatus: 'created' } },
    { table: { ...ours, owner: FOREIGN_OWNER } },
    { table: { ...ours, owner: earlierOwner } },
    { table: { ...ours, partitionCount: partitionCount + 1 } },
    { table: { ...ours, status: 'AS_CREATING' } },
    { error: 'ERR_APP_NOT_EXIST' },
  ];
}

/** A duplication of the same source cluster and table that was there before. */
const earlier = (identity: FollowerTableContext['identity']) => ({
  ...identity,
  duplicationId: identity.duplicationId - 1,
});

/** Repeatable with an outcome nobody knows, repeatable, and not repeatable. */
const FAILURES: readonly Answer[] = [
  { error: 'ERR_TIMEOUT' },
  { error: 'ERR_BUSY_CREATING' },
  { error: 'ERR_ACL_DENY' },
];

function events(context: FollowerTableContext): readonly FollowerTableEvent[] {
  const { requestNo } = context;
  return [
    { type: 'RETRY_NOW' },
    { type: 'FOLLOWER_REPLY', requestNo: staleNumber(requestNo), error: 'ERR_OK' },
    ...[...answersTo(context), ...FAILURES].map(
      (answer): FollowerReply => ({ type: 'FOLLOWER_REPLY', requestNo, error: 'ERR_OK', ...answer }),
    ),
  ];
}

export const followerTableModel = pathModel({
  machine: followerTable,
  options: {
    inputs: {
      'adopt, until adopted': INPUT,
      'adopt, until ready': { ...INPUT, goal: 'ready' },
      'replace, until adopted': { ...INPUT, policy: 'replace' },
      'fail, until adopted': { ...INPUT, policy: 'fail' },
      'until dropped': { ...INPUT, goal: 'dropped' },
    },
    events: ({ context }) => events(context),
    maxStates: 4_000,
  },
  faults: ({ type, error }) => {
    if (type === 'FOLLOWER_REPLY') return error === 'ERR_OK' ? null : `reply ${String(error)}`;
    return type.includes('Deadline') ? type : null;
  },
});
