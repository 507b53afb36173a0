import {
  type FollowerReply,
  type FollowerTableContext,
  type FollowerTableEvent,
  type FollowerTableInput,
  followerTable,
  type TableView,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import {
  EARLIER_OWNER,
  FOLLOWER_TIMES,
  FOREIGN_OWNER,
  IDENTITY,
  OWNER,
  staleNumber,
  TROUBLES,
} from './times.js';

const INPUT: FollowerTableInput = {
  identity: IDENTITY,
  remoteTable: 'users_copy',
  partitionCount: 2,
  replicaCount: 3,
  policy: 'adopt',
  goal: 'adopted',
  times: FOLLOWER_TIMES,
};

const OURS: TableView = {
  status: 'AS_AVAILABLE',
  owner: OWNER,
  masterCluster: 'east',
  followerStatus: 'creating',
  partitionCount: 2,
};

/** What the follower's meta can answer to each question. */
const ANSWERS: Record<FollowerTableContext['asked'], readonly Partial<FollowerReply>[]> = {
  LookTable: [
    { table: OURS },
    { table: { ...OURS, followerStatus: 'created' } },
    { table: { ...OURS, owner: FOREIGN_OWNER } },
    { table: { ...OURS, owner: EARLIER_OWNER } },
    { table: { ...OURS, partitionCount: 3 } },
    { table: { ...OURS, status: 'AS_CREATING' } },
    { error: 'ERR_APP_NOT_EXIST' },
  ],
  CreateTable: [{}, { error: 'ERR_APP_EXIST' }],
  MarkCreated: [{}, { error: 'ERR_APP_NOT_EXIST' }],
  DropTable: [{}, { error: 'ERR_APP_NOT_EXIST' }],
  QueryPartitions: [0, 1, 2]
    .map(
      (readyPartitions): Partial<FollowerReply> => ({
        readiness: { readyPartitions, partitionCount: 2, trouble: null },
      }),
    )
    .concat(
      { readiness: { readyPartitions: 1, partitionCount: 2, trouble: TROUBLES.timeout } },
      { error: 'ERR_APP_NOT_EXIST' },
    ),
};

/** Repeatable with an outcome nobody knows, repeatable, and not repeatable. */
const FAILURES: readonly Partial<FollowerReply>[] = [
  { error: 'ERR_TIMEOUT' },
  { error: 'ERR_BUSY_CREATING' },
  { error: 'ERR_ACL_DENY' },
];

function events({ requestNo, asked }: FollowerTableContext): readonly FollowerTableEvent[] {
  return [
    { type: 'RETRY_NOW' },
    { type: 'FOLLOWER_REPLY', requestNo: staleNumber(requestNo), error: 'ERR_OK' },
    ...[...ANSWERS[asked], ...FAILURES].map(
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
