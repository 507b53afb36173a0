/**
 * Times as Pegasus has them by default, rather than those of a demonstration: what is quiet is cheap, and an
 * hour of a run is an hour in which servers report, poll and look after themselves at their usual pace.
 */
import { type ClusterLimits, type ClusterTimes, DEFAULT_LIMITS } from '../../cluster/config.js';
import type { Draw } from './draw.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** @param patient for long runs, which are quiet for most of the time */
export function drawTimes(draw: Draw, patient: boolean): ClusterTimes {
  const nodeSyncMs = draw.pick(patient ? [30, 60, 60, 60] : [10, 20, 30, 30]) * SECOND_MS;
  const retry = { floorMs: SECOND_MS, ceilingMs: draw.pick([30, 60]) * SECOND_MS, limitAttempts: 12 };
  const requestDeadlineMs = draw.pick([5, 10]) * SECOND_MS;
  return {
    nodeSyncMs,
    nodeDeadMs: 3 * nodeSyncMs,
    rpcTimeoutMs: 5 * SECOND_MS,
    maintenanceMs: draw.pick(patient ? [5, 10] : [1, 2, 5]) * MINUTE_MS,
    duplication: {
      storageRetryMs: 5 * SECOND_MS,
      followerTable: {
        requestDeadlineMs,
        readinessPollMs: draw.pick([10, 20]) * SECOND_MS,
        blockedRecheckMs: draw.pick([1, 5]) * MINUTE_MS,
        retry,
      },
      watchdog: { noProgressMs: 10 * MINUTE_MS, sameErrorMs: 5 * MINUTE_MS },
    },
    partition: {
      checkpointDeadlineMs: 2 * MINUTE_MS,
      requestDeadlineMs: 2 * requestDeadlineMs,
      idlePollMs: draw.pick([1, 2, 5]) * MINUTE_MS,
      blockedRecheckMs: draw.pick([1, 5]) * MINUTE_MS,
      retry,
    },
    transfer: {
      requestDeadlineMs,
      stalledFileMs: 30 * SECOND_MS,
      installDeadlineMs: 2 * MINUTE_MS,
      blockedRecheckMs: MINUTE_MS,
      retry,
    },
    move: {
      leaveDeadlineMs: 4 * MINUTE_MS,
      stalledFetchMs: 4 * MINUTE_MS,
      storageRetryMs: 5 * SECOND_MS,
    },
  };
}

/** Small enough that logs are cut, collected and checkpointed many times in a run. */
export function drawLimits(draw: Draw): ClusterLimits {
  return {
    ...DEFAULT_LIMITS,
    logBytes: draw.pick([2, 4, 16]) * 1024,
    batchBytes: draw.pick([256, 1024, 64 * 1024]),
    batchMutations: draw.pick([1, 4, 100]),
    parallelFiles: draw.pick([1, 4]),
    copyBlockBytes: draw.pick([256, 1024, 64 * 1024]),
  };
}
