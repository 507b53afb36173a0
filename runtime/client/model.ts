/** What a cluster says about itself: tables, servers, duplications, as plain data. */
import type {
  DuplicationStatus,
  ExistingTablePolicy,
  FailMode,
  FollowerTableOnRemove,
} from '../../machines/vocabulary.js';

/** Names of Pegasus' app_status; a number nobody knows becomes INVALID. */
export type TableStatus =
  | 'INVALID'
  | 'AVAILABLE'
  | 'CREATING'
  | 'CREATE_FAILED'
  | 'DROPPING'
  | 'DROP_FAILED'
  | 'DROPPED'
  | 'RECALLING';

/** A table as the meta server describes it. */
export interface TableInfo {
  readonly name: string;
  readonly appId: number;
  readonly status: TableStatus;
  readonly partitionCount: number;
  /** Wanted replicas per partition. */
  readonly replicaCount: number;
  readonly envs: Readonly<Record<string, string>>;
  readonly duplicating: boolean;
  /** Milliseconds since 1970; 0 when the server does not say. */
  readonly createdAtMs: number;
}

/** Where one partition of a table is, as the meta server has it. */
export interface PartitionPlace {
  readonly index: number;
  /** 'host:port'; null while nobody serves it. */
  readonly primary: string | null;
  readonly secondaries: readonly string[];
}

/** How a partition is moved. */
export interface MovePartitionOptions extends CallLimits {
  /** 'host:port' of the replica server that shall have it. */
  readonly to: string;
}

/** A partition that has moved; its new place is durable. */
export interface MovedPartition {
  readonly table: string;
  readonly partition: number;
  readonly from: string;
  readonly to: string;
  /** Number of the move among those of this partition. */
  readonly ballot: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Where a partition of an embedded cluster is, and what is known of its moves. */
export interface PlaceOfPartition {
  readonly table: string;
  readonly partition: number;
  /** 'host:port' */
  readonly node: string;
  readonly alive: boolean;
  /** `serving`, `copying`, `left` and so on, as the node reported it last. */
  readonly state: string;
  readonly moving: {
    readonly to: string;
    readonly ballot: number;
    readonly sinceMs: number;
    /** State of the `partitionMove` chart, and what it waits for. */
    readonly state: string;
    readonly waitingFor: string;
  } | null;
  /** The last move that has ended; with the reason if it was undone. */
  readonly lastMove: {
    readonly ballot: number;
    readonly from: string;
    readonly to: string;
    readonly outcome: 'moved' | 'undone';
    readonly atMs: number;
    readonly error?: string | undefined;
    readonly operation?: string | undefined;
    readonly peer?: string | undefined;
    readonly hint?: string | undefined;
  } | null;
}

/** A replica server as the meta server sees it. */
export interface ServerInfo {
  /** 'host:port' */
  readonly address: string;
  readonly alive: boolean;
}

/** Answer of RPC_CM_CLUSTER_INFO. */
export interface ClusterInfo {
  readonly name: string;
  /** 'host:port' of the leader, as it calls itself. */
  readonly leader: string;
  /** Every key the server sent, e.g. meta_function_level. */
  readonly facts: Readonly<Record<string, string>>;
}

/** How far one partition of a duplication is, in decrees. */
export interface PartitionProgress {
  readonly index: number;
  readonly confirmedDecree: number;
  /** -1 when the server does not say (before 2.6). */
  readonly lastCommittedDecree: number;
}

/** One duplication of one table. */
export interface DuplicationInfo {
  readonly table: string;
  readonly appId: number;
  readonly dupid: number;
  readonly status: DuplicationStatus;
  readonly failMode: FailMode;
  readonly remoteCluster: string;
  readonly remoteTable: string;
  /** undefined before server 2.6. */
  readonly remoteReplicaCount: number | undefined;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** By partition index, ascending. */
  readonly partitions: readonly PartitionProgress[];
}

/** Bounds of one call. */
export interface CallLimits {
  /** From now until the call gives up, retries included. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What to change about a table's environment. Repeating it is harmless. */
export interface TableEnvChange extends CallLimits {
  readonly set?: Readonly<Record<string, string>>;
  /** By name; with a value where the cluster wants to be shown one, as for a fence. Null: just remove it. */
  readonly remove?: Readonly<Record<string, string | null>>;
}

/** What a new table is like. */
export interface CreateTableOptions extends CallLimits {
  /** 1 to 1024 */
  readonly partitionCount: number;
  /** Default 1. */
  readonly replicaCount?: number;
  readonly envs?: Readonly<Record<string, string>>;
}

/** How a table is dropped. */
export interface DropTableOptions extends CallLimits {
  /**
   * Embedded clusters only; a real one ignores it: refuse unless the table still has this owner, null: none. Left
   * out: whoever owns it.
   */
  readonly expectedOwner?: string | null;
}

/** What {@link Cluster.addDuplication} asks the source cluster for. */
export interface AddDuplicationOptions extends CallLimits {
  readonly table: string;
  /** Name of the follower cluster as the source cluster's configuration knows it. */
  readonly remoteCluster: string;
  /** Default: the same name. */
  readonly remoteTable?: string;
  /** Default: as many as the source table has. */
  readonly remoteReplicaCount?: number;
  /** Embedded clusters only; a real one ignores it. */
  readonly existingTablePolicy?: ExistingTablePolicy;
  /** Embedded clusters only; a real one ignores it. */
  readonly dropFollowerOnRemove?: boolean;
}

/** A duplication that the source has accepted; `dupid` names it in every later call. */
export interface AddedDuplication {
  readonly appId: number;
  readonly dupid: number;
  readonly remoteTable: string;
  readonly remoteReplicaCount: number | undefined;
  /** True when it was there before this call. */
  readonly existed: boolean;
  /** What the server adds in words. */
  readonly hint: string | undefined;
}

/** What to change about a duplication; what is left out stays. */
export interface DuplicationChange extends CallLimits {
  readonly status?: DuplicationStatus;
  readonly failMode?: FailMode;
  /** Embedded clusters only: end the current back-off now. */
  readonly retryNow?: boolean;
  /** Embedded clusters only: what becomes of the follower table, with status DS_REMOVED. */
  readonly followerTablePolicy?: FollowerTableOnRemove;
}

/** What the source says to an accepted change. */
export interface ModifiedDuplication {
  readonly appId: number;
  /** What the server adds in words. */
  readonly hint: string | undefined;
}
