import {
  type PartitionDuplicatorContext,
  type PartitionDuplicatorEvent,
  partitionDuplicator,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import { RETRY, staleNumber, TROUBLES } from './times.js';

const status = (
  is: Extract<PartitionDuplicatorEvent, { type: 'STATUS' }>['status'],
  failMode: 'FAIL_SLOW' | 'FAIL_SKIP' = 'FAIL_SLOW',
): PartitionDuplicatorEvent => ({ type: 'STATUS', status: is, failMode });

/** Decrees go to 2 and no further: one batch to ship, one hole to skip. */
function events({ requestNo, shipped }: PartitionDuplicatorContext): readonly PartitionDuplicatorEvent[] {
  const stale = staleNumber(requestNo);
  return [
    status('DS_INIT'),
    status('DS_PREPARE'),
    status('DS_PREPARE', 'FAIL_SKIP'),
    status('DS_APP'),
    status('DS_LOG'),
    status('DS_LOG', 'FAIL_SKIP'),
    status('DS_PAUSE'),
    status('DS_REMOVED'),
    { type: 'CHECKPOINT_PREPARED', decree: 1 },
    { type: 'LOG_APPENDED' },
    { type: 'RETRY_NOW' },
    { type: 'FOLLOWER_AT', requestNo, appliedDecree: 1 },
    { type: 'FOLLOWER_AT', requestNo, appliedDecree: -1 },
    { type: 'FOLLOWER_AT', requestNo: stale, appliedDecree: 1 },
    { type: 'BATCH_LOADED', requestNo, toDecree: shipped },
    ...(shipped < 2 ? [{ type: 'BATCH_LOADED', requestNo, toDecree: 2 } as const] : []),
    { type: 'BATCH_LOADED', requestNo: stale, toDecree: 2 },
    { type: 'BATCH_SHIPPED', requestNo, appliedDecree: 2 },
    { type: 'BATCH_SHIPPED', requestNo, appliedDecree: shipped },
    { type: 'BATCH_SHIPPED', requestNo: stale, appliedDecree: 2 },
    { type: 'LOG_DAMAGED', requestNo, resumeAfterDecree: 2, trouble: DAMAGED },
    { type: 'LOG_DAMAGED', requestNo: stale, resumeAfterDecree: 2, trouble: DAMAGED },
    { type: 'FAILED', requestNo, trouble: TROUBLES.timeout },
    { type: 'FAILED', requestNo, trouble: TROUBLES.refused },
    { type: 'FAILED', requestNo: stale, trouble: TROUBLES.timeout },
  ];
}

const DAMAGED = { error: 'ERR_INVALID_DATA', operation: 'loadBatch' } as const;

export const partitionDuplicatorModel = pathModel({
  machine: partitionDuplicator,
  options: {
    input: {
      partition: 0,
      damagedReadsLimit: 2,
      times: {
        checkpointDeadlineMs: 30_000,
        requestDeadlineMs: 5_000,
        idlePollMs: 1_000,
        blockedRecheckMs: 60_000,
        retry: RETRY,
      },
    },
    events: ({ context }) => events(context),
    maxStates: 4_000,
  },
  faults: (event) => {
    if (event.type === 'FAILED') return `FAILED ${(event.trouble as { error: string }).error}`;
    return event.type === 'LOG_DAMAGED' || event.type.includes('Deadline') ? event.type : null;
  },
});
