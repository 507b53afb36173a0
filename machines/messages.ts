/**
 * What roles say to each other. A message is plain data; the envelope around it (who, to whom, when)
 * belongs to the actors. Requests carry the identity that makes repeating them harmless.
 */
import type { DuplicationIdentity, FollowerAppStatus } from './vocabulary.js';

/** A dsn error name such as `ERR_TIMEOUT`; compared by name only. */
export type ErrorName = string;

/** An error with its place: which operation, against whom. */
export interface Trouble {
  readonly error: ErrorName;
  /** RPC code or local operation, e.g. `RPC_NFS_COPY`. */
  readonly operation: string;
  /** `host:port` of the other side, if there is one. */
  readonly peer?: string;
  /** Whatever the other side added in words. */
  readonly hint?: string;
  /** How often whoever met it has tried, where that is told. */
  readonly attempts?: number;
}

/** A follower table as its meta server describes it. */
export interface TableView {
  readonly status: 'AS_CREATING' | 'AS_AVAILABLE' | 'AS_DROPPING';
  /** Identity read back from the table's environment, as `formatOwner` writes it. */
  readonly owner: string | null;
  readonly masterCluster: string | null;
  readonly followerStatus: FollowerAppStatus | null;
  readonly partitionCount: number;
}

/** How far the follower's partitions are. */
export interface Readiness {
  readonly readyPartitions: number;
  readonly partitionCount: number;
  /** The oldest reason why a partition is not ready, as the follower tells it. */
  readonly trouble: Trouble | null;
  /** Of the checkpoints that are being copied now; absent when the follower does not count them. */
  readonly copiedBytes?: number;
  readonly totalBytes?: number;
}

/** What `followerTable` (source meta) asks of the follower's meta. */
export type FollowerRequest =
  | {
      readonly kind: 'LookTable';
      readonly requestNo: number;
      readonly table: string;
      /**
       * Before the answer, and for ever: refuse creations of this table in the name of this duplication and
       * of earlier ones of its source table. One that is still on its way must not arrive after the look.
       */
      readonly retire?: DuplicationIdentity;
    }
  | {
      /** Create the table (handshake status `creating`), or record it as `created`. */
      readonly kind: 'CreateTable' | 'MarkCreated';
      readonly requestNo: number;
      readonly table: string;
      readonly owner: DuplicationIdentity;
      readonly partitionCount: number;
      readonly replicaCount: number;
    }
  | {
      readonly kind: 'DropTable';
      readonly requestNo: number;
      readonly table: string;
      /** Refuse unless the table still carries this owner; null: a table without an owner. */
      readonly expectedOwner: string | null;
    }
  | { readonly kind: 'QueryPartitions'; readonly requestNo: number; readonly table: string };

/** What comes back; `requestNo` tells a late answer from the awaited one. */
export interface FollowerReply {
  readonly type: 'FOLLOWER_REPLY';
  readonly requestNo: number;
  readonly error: ErrorName;
  readonly table?: TableView;
  readonly readiness?: Readiness;
  readonly hint?: string;
  readonly peer?: string;
}
