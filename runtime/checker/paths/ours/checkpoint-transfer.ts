import {
  type CheckpointTransferContext,
  type CheckpointTransferEvent,
  type CheckpointTransferInput,
  type CheckpointView,
  checkpointTransfer,
} from '../../../../machines/index.js';
import { pathModel } from '../model.js';
import { RETRY, staleNumber, TROUBLES } from './times.js';

const INPUT: CheckpointTransferInput = {
  partition: 0,
  parallelFiles: 1,
  installed: false,
  times: {
    requestDeadlineMs: 5_000,
    stalledFileMs: 10_000,
    installDeadlineMs: 20_000,
    blockedRecheckMs: 60_000,
    retry: RETRY,
  },
};

const checkpoint = (decree: number, names: readonly string[]): CheckpointView => ({
  decree,
  directory: `checkpoint.${decree}`,
  files: names.map((name) => ({ name, sizeBytes: 4_096, md5: `md5-of-${name}` })),
});

/** Two files and one copy at a time: one begun, one pending. An empty checkpoint has nothing to copy. */
const CHECKPOINT = checkpoint(5, ['a.sst', 'b.sst']);
const EMPTY = checkpoint(6, []);

function events({ requestNo }: CheckpointTransferContext): readonly CheckpointTransferEvent[] {
  const stale = staleNumber(requestNo);
  return [
    { type: 'PRIMARY_AT', requestNo, address: 'east-1:34801' },
    { type: 'PRIMARY_AT', requestNo: stale, address: 'east-2:34801' },
    { type: 'CHECKPOINT_AT', requestNo, checkpoint: CHECKPOINT },
    { type: 'CHECKPOINT_AT', requestNo, checkpoint: EMPTY },
    { type: 'CHECKPOINT_AT', requestNo: stale, checkpoint: CHECKPOINT },
    ...CHECKPOINT.files.flatMap(({ name }): CheckpointTransferEvent[] => [
      { type: 'FILE_PROGRESS', name, doneBytes: 1_024 },
      { type: 'FILE_VERIFIED', name },
      { type: 'FILE_FAILED', name, trouble: TROUBLES.busy },
      { type: 'FILE_FAILED', name, trouble: TROUBLES.refused },
    ]),
    { type: 'INSTALLED', requestNo },
    { type: 'INSTALLED', requestNo: stale },
    { type: 'OPENED', requestNo },
    { type: 'OPENED', requestNo: stale },
    { type: 'FAILED', requestNo, trouble: TROUBLES.timeout },
    { type: 'FAILED', requestNo, trouble: TROUBLES.busy },
    { type: 'FAILED', requestNo, trouble: TROUBLES.disk },
    { type: 'FAILED', requestNo, trouble: TROUBLES.refused },
    { type: 'FAILED', requestNo: stale, trouble: TROUBLES.timeout },
    { type: 'RETRY_NOW' },
  ];
}

export const checkpointTransferModel = pathModel({
  machine: checkpointTransfer,
  options: {
    inputs: { 'nothing yet': INPUT, 'installed before a crash': { ...INPUT, installed: true } },
    events: ({ context }) => events(context),
    maxStates: 4_000,
  },
  faults: ({ type, trouble }) => {
    if (trouble !== undefined) return `${type} ${(trouble as { error: string }).error}`;
    return /Deadline|stalledFile/.test(type) ? type : null;
  },
});
