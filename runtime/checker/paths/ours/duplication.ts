import {
  type Confirm,
  type DuplicationContext,
  type DuplicationEvent,
  type DuplicationInput,
  type DuplicationStatus,
  duplication,
  type Modify,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import { FOLLOWER_TIMES, IDENTITY, staleNumber, TROUBLES } from './times.js';

const INPUT: DuplicationInput = {
  identity: IDENTITY,
  remoteCluster: 'west',
  remoteTable: 'users_copy',
  remoteReplicaCount: 3,
  policy: 'adopt',
  onRemove: 'keep',
  durable: null,
  confirmed: [-1],
  requester: 'asker',
  times: {
    storageRetryMs: 500,
    followerTable: FOLLOWER_TIMES,
    watchdog: { noProgressMs: 300_000, sameErrorMs: 120_000 },
  },
};

const after = (status: DuplicationStatus, more: Partial<DuplicationInput> = {}): DuplicationInput => ({
  ...INPUT,
  durable: { status, failMode: 'FAIL_SLOW' },
  confirmed: [1],
  requester: null,
  ...more,
});

const confirm = (partition: number, more: Partial<Confirm> = {}): Confirm => ({
  type: 'CONFIRM',
  partition,
  decree: 1,
  followerHolds: true,
  prepared: true,
  lastCommitted: 1,
  trouble: null,
  ...more,
});

const modify = (more: Partial<Modify>): Modify => ({ type: 'MODIFY', requester: 'operator', ...more });

/** Reports of the partitions: each decree is 1 or 2, so that one can be behind the other. */
function reports({ confirmed }: DuplicationContext): readonly Confirm[] {
  return [
    ...confirmed.map((_, partition) => confirm(partition)),
    confirm(0, { decree: -1, prepared: false }),
    confirm(0, { lastCommitted: 2 }),
    ...(confirmed.length > 1
      ? [
          confirm(0, { decree: 2, lastCommitted: 2 }),
          confirm(0, { decree: 2, lastCommitted: 2, followerHolds: false }),
        ]
      : []),
    confirm(0, { trouble: TROUBLES.timeout }),
  ];
}

/** What storage answers: to the write under way, and to one that is over. */
function storageAnswers({
  writeNo,
  status,
  writing,
  confirmed,
}: DuplicationContext): readonly DuplicationEvent[] {
  const error = 'ERR_ZOOKEEPER_OPERATION';
  return [
    { type: 'STATUS_PERSISTED', writeNo },
    { type: 'STATUS_PERSISTED', writeNo: staleNumber(writeNo) },
    { type: 'STATUS_PERSIST_FAILED', writeNo, error },
    { type: 'STATUS_PERSIST_FAILED', writeNo: staleNumber(writeNo), error },
    ...writing.flatMap((decree, partition): readonly DuplicationEvent[] =>
      decree === confirmed[partition]
        ? []
        : [
            { type: 'PROGRESS_PERSISTED', partition, decree },
            { type: 'PROGRESS_PERSIST_FAILED', partition, error },
          ],
    ),
    // Told late, or twice: a decree that is behind what is confirmed by now.
    ...(confirmed.some((decree) => decree > 0)
      ? [{ type: 'PROGRESS_PERSISTED', partition: 0, decree: 0 } as const]
      : []),
    ...(status === 'DS_REMOVED' ? [{ type: 'RECORD_DELETED' } as const] : []),
  ];
}

const OPERATOR: readonly DuplicationEvent[] = [
  modify({ status: 'DS_PAUSE' }),
  modify({ status: 'DS_LOG' }),
  modify({ status: 'DS_REMOVED' }),
  modify({ status: 'DS_REMOVED', onRemove: 'drop' }),
  modify({ failMode: 'FAIL_SKIP' }),
  modify({ failMode: 'FAIL_FAST' }),
  { type: 'RETRY_NOW' },
];

const OF_FOLLOWER_TABLE: readonly DuplicationEvent[] = [
  { type: 'FOLLOWER_PROGRESS' },
  { type: 'FOLLOWER_TROUBLE', trouble: TROUBLES.busy, blocked: false },
  { type: 'FOLLOWER_TROUBLE', trouble: TROUBLES.refused, blocked: true },
  { type: 'FOLLOWER_TROUBLE', trouble: null as never, blocked: false },
];

const OF_WATCHDOG: readonly DuplicationEvent[] = [
  { type: 'STUCK', reason: 'no-progress', error: null },
  { type: 'RECOVERED' },
];

export const duplicationModel = pathModel({
  machine: duplication,
  options: {
    inputs: {
      new: INPUT,
      'asked to prepare': after('DS_PREPARE', { confirmed: [-1] }),
      'waiting for the follower': after('DS_APP'),
      shipping: after('DS_LOG', { confirmed: [1, 1] }),
      'one of two partitions prepared': after('DS_PREPARE', { confirmed: [1, -1] }),
      paused: after('DS_PAUSE', { durable: { status: 'DS_PAUSE', failMode: 'FAIL_SKIP' } }),
      'removed, to be kept': after('DS_REMOVED'),
      'removed, to be dropped': after('DS_REMOVED', { onRemove: 'drop' }),
    },
    events: ({ context, children }): readonly DuplicationEvent[] => [
      ...storageAnswers(context),
      ...reports(context),
      ...OPERATOR,
      ...(children.followerTable === undefined ? [] : OF_FOLLOWER_TABLE),
      ...OF_WATCHDOG,
    ],
    // The watchdog never ends, and neither child fails: charts do not throw.
    maxStates: 4_000,
    children: { watchdog: { output: [], error: [] }, followerTable: { error: [] } },
  },
  faults: ({ type, error, trouble }) => {
    if (type === 'STATUS_PERSIST_FAILED' || type === 'PROGRESS_PERSIST_FAILED')
      return `${type} ${String(error)}`;
    if (type === 'FOLLOWER_TROUBLE' && trouble) return `${type} ${(trouble as { error: string }).error}`;
    return type === 'STUCK' || type.startsWith('xstate.after') ? type : null;
  },
});
