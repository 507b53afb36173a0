import {
  type PartitionMoveEvent,
  type PartitionMoveInput,
  partitionMove,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';

const INPUT: PartitionMoveInput = {
  partition: 0,
  from: '10.0.1.1:34801',
  to: '10.0.1.2:34801',
  ballot: 2,
  recorded: false,
  times: { leaveDeadlineMs: 5_000, stalledFetchMs: 10_000, storageRetryMs: 500 },
};

const DECREE = 7;
const trouble = { error: 'ERR_DISK_INSUFFICIENT', operation: 'fetch partition' } as const;

/** Of this attempt, and of the one before, which a node may still speak of. */
const reports = (ballot: number): readonly PartitionMoveEvent[] => [
  { type: 'LEFT', ballot, holds: true, decree: DECREE },
  { type: 'LEFT', ballot, holds: false, decree: -1 },
  { type: 'LEAVE_FAILED', ballot, trouble },
  { type: 'FETCH_PROGRESS', ballot },
  { type: 'FETCHED', ballot, decree: DECREE },
  { type: 'FETCHED', ballot, decree: DECREE - 1 },
  { type: 'FETCH_FAILED', ballot, trouble },
];

export const partitionMoveModel = pathModel({
  machine: partitionMove,
  options: {
    inputs: { 'asked for': INPUT, 'after a restart': { ...INPUT, recorded: true } },
    events: ({ context }): readonly PartitionMoveEvent[] => [
      { type: 'MOVE_PERSISTED' },
      { type: 'MOVE_PERSIST_FAILED', error: 'ERR_DISK_INSUFFICIENT' },
      ...reports(context.ballot),
      ...reports(context.ballot - 1),
      { type: 'TABLE_GONE' },
    ],
  },
  faults: ({ type }) =>
    type === 'MOVE_PERSIST_FAILED' ||
    type === 'LEAVE_FAILED' ||
    type === 'FETCH_FAILED' ||
    type === 'TABLE_GONE' ||
    type.startsWith('xstate.after')
      ? type
      : null,
});
