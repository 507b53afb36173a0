/** What the built-in vocabularies share. Limits are small: each attempt is a state of its own. */
import type { Trouble } from '../../../../machines/index.js';

export const RETRY = { floorMs: 100, ceilingMs: 1_000, limitAttempts: 2 } as const;

export const FOLLOWER_TIMES = {
  requestDeadlineMs: 5_000,
  readinessPollMs: 2_000,
  blockedRecheckMs: 60_000,
  retry: RETRY,
} as const;

export const IDENTITY = { sourceCluster: 'east', sourceTable: 'users', duplicationId: 7 } as const;
export const OWNER = 'east/users/7';
export const FOREIGN_OWNER = 'south/users/3';

/** Worth repeating, worth repeating with a known outcome, and not worth repeating with an unknown outcome and a known one. */
export const TROUBLES = {
  timeout: { error: 'ERR_TIMEOUT', operation: 'RPC_RRDB_RRDB_DUPLICATE' },
  busy: { error: 'ERR_BUSY', operation: 'RPC_RRDB_RRDB_DUPLICATE' },
  disk: { error: 'ERR_DISK_IO_ERROR', operation: 'installCheckpoint' },
  refused: { error: 'ERR_ACL_DENY', operation: 'RPC_RRDB_RRDB_DUPLICATE' },
} as const satisfies Record<string, Trouble>;

/** A number that no request under way has: the answer to it is late. */
export const staleNumber = (requestNo: number): number => (requestNo + 7) % 8;
