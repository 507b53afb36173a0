/** What a server process is told when it starts, and the times an embedded cluster runs by. */
import type {
  CheckpointTransferTimes,
  DuplicationTimes,
  PartitionDuplicatorTimes,
  PartitionMoveTimes,
} from '../../machines/index.js';
import type { LogLevel } from '../observe/log.js';
import type { Address, RpcServerLimits, TlsFiles } from '../pegasus/index.js';
import type { Policy } from './policy.js';

export interface ClusterIdentity {
  readonly name: string;
  /** 1..127; travels with every duplicated write. */
  readonly id: number;
}

export interface ClusterTimes {
  /** Between two reports of a replica server to its meta server. */
  readonly nodeSyncMs: number;
  /** A replica server that is silent for longer counts as dead. */
  readonly nodeDeadMs: number;
  readonly rpcTimeoutMs: number;
  /** Between two looks at whether a checkpoint and log collection are due. */
  readonly maintenanceMs: number;
  readonly duplication: DuplicationTimes;
  readonly partition: PartitionDuplicatorTimes;
  readonly transfer: CheckpointTransferTimes;
  readonly move: PartitionMoveTimes;
}

export interface ClusterLimits {
  /** A partition whose log is longer gets a checkpoint, after which the log is collected. */
  readonly logBytes: number;
  /** Of one batch of log shipping; a larger single mutation travels alone. */
  readonly batchBytes: number;
  readonly batchMutations: number;
  readonly parallelFiles: number;
  readonly copyBlockBytes: number;
  /** Of all copies of a replica server together; 0 is unlimited. */
  readonly copyBytesPerSecond: number;
}

export interface ServerConfig {
  readonly role: 'meta' | 'replica';
  readonly cluster: ClusterIdentity;
  readonly listen: Address;
  readonly directory: string;
  /** Of a replica server: its meta servers as `host:port`. */
  readonly metas: readonly string[];
  /** Of a meta server: other clusters by name, with their meta servers. */
  readonly remotes: Readonly<Record<string, readonly string[]>>;
  readonly policy: Policy | null;
  /** Paths only: the configuration can be seen in the list of processes. Null or left out: no TLS. */
  readonly tls?: TlsFiles | null;
  /** Of what peers may do to a server; what is left out keeps its default. */
  readonly rpc?: Partial<RpcServerLimits>;
  readonly times: ClusterTimes;
  readonly limits: ClusterLimits;
  /** What is not logged is less important. Default: info. */
  readonly logLevel?: LogLevel;
}

/**
 * For an RPC on behalf of a chart that waits `deadlineMs`: it gives up a little earlier than the chart, so
 * that what the chart hears of a time-out names the peer.
 */
export function rpcTimeoutMs(deadlineMs: number): number {
  return Math.max(1, Math.floor(deadlineMs * 0.9));
}

const RETRY = { floorMs: 100, ceilingMs: 5_000, limitAttempts: 12 } as const;

/** Fast enough for a demonstration on loopback, slow enough not to busy a laptop. */
export const DEFAULT_TIMES: ClusterTimes = {
  nodeSyncMs: 200,
  nodeDeadMs: 3_000,
  rpcTimeoutMs: 2_000,
  maintenanceMs: 2_000,
  duplication: {
    storageRetryMs: 1_000,
    followerTable: { requestDeadlineMs: 2_000, readinessPollMs: 500, blockedRecheckMs: 15_000, retry: RETRY },
    watchdog: {
      noProgressMs: 60_000,
      sameErrorMs: 30_000,
      stages: {
        // A checkpoint may take as long as its deadline, and the first one is all that can come forward.
        prepare: { noProgressMs: 180_000 },
        // Every step of it is one request, or one that is repeated within seconds.
        create: { noProgressMs: 30_000 },
      },
    },
  },
  partition: {
    checkpointDeadlineMs: 120_000,
    requestDeadlineMs: 10_000,
    idlePollMs: 1_000,
    blockedRecheckMs: 15_000,
    retry: RETRY,
  },
  transfer: {
    requestDeadlineMs: 2_500,
    stalledFileMs: 10_000,
    installDeadlineMs: 120_000,
    blockedRecheckMs: 5_000,
    retry: { floorMs: 100, ceilingMs: 3_000, limitAttempts: 12 },
  },
  // The old node still serves while it makes its checkpoint; then nobody does, and a move that does not come
  // forward is undone soon.
  move: { leaveDeadlineMs: 120_000, stalledFetchMs: 30_000, storageRetryMs: 1_000 },
};

export const DEFAULT_LIMITS: ClusterLimits = {
  logBytes: 64 * 1024 * 1024,
  batchBytes: 256 * 1024,
  batchMutations: 2_000,
  parallelFiles: 4,
  copyBlockBytes: 1024 * 1024,
  copyBytesPerSecond: 0,
};
