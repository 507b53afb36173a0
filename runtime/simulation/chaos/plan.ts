/** A run, as one seed decides it: the clusters, who writes when, and what goes wrong. */
import type { ExistingTablePolicy, FailMode, FollowerTableOnRemove } from '../../../machines/index.js';
import type { ClusterLimits, ClusterTimes } from '../../cluster/config.js';
import type { PolicyRule } from '../../cluster/policy.js';
import type { MessagePattern } from '../message-pattern.js';
import type { FaultKind } from './fault-kinds.js';

export interface Topology {
  readonly partitions: number;
  readonly sourceReplicas: number;
  readonly followerReplicas: number;
  readonly table: string;
  readonly remoteTable: string;
  readonly latencyMs: number;
  readonly diskLatencyMs: number;
  /** Machines that die tell nobody. */
  readonly silentDeath: boolean;
  readonly clients: number;
  /** Rows in the table before anything is duplicated. */
  readonly initialRows: number;
  readonly times: ClusterTimes;
  readonly limits: ClusterLimits;
}

/** Servers by name, with `*` for any run of characters. */
export type ServerPattern = string;

/** Servers that are only known when it strikes: those between which a partition has been moved last. */
export const OLD_NODE = 'the old node of the latest move';
export const NEW_NODE = 'the new node of the latest move';

export type Ends = {
  /** By name, or {@link OLD_NODE} or {@link NEW_NODE}. */
  readonly server: string;
  readonly downMs: number;
  /** With which of its coming disk operations it ends; null: at once. */
  readonly atOperation: {
    readonly nth: number;
    readonly when: 'before' | 'after';
    /** Of all operations, of those that leave something to be synced, of those on logs or on checkpoints. */
    readonly what: 'any' | 'change' | 'log' | 'checkpoint';
  } | null;
};

export type Verb =
  | { readonly verb: 'add'; readonly policy: ExistingTablePolicy; readonly onRemove: FollowerTableOnRemove }
  | { readonly verb: 'pause' | 'start' | 'retry' }
  | { readonly verb: 'remove'; readonly follower: FollowerTableOnRemove | null }
  | { readonly verb: 'fail-mode'; readonly failMode: FailMode };

/** One thing that is done to the system. What lasts ends by itself after `forMs`. */
export type ChaosTrouble =
  | {
      readonly kind: 'loss' | 'delay' | 'duplicate' | 'reorder';
      readonly forMs: number;
      readonly pattern: MessagePattern;
      readonly probability: number;
      /** Of a delay or a copy, at most. */
      readonly mostMs: number;
      /**
       * Instead of a time: it arrives when so many other messages, at most, have gone between the two servers.
       * Null: time decides.
       */
      readonly mostPasses: number | null;
    }
  | {
      readonly kind: 'partition-one-way' | 'partition-two-way';
      readonly forMs: number;
      readonly from: ServerPattern;
      readonly to: ServerPattern;
    }
  | {
      readonly kind: 'policy';
      readonly forMs: number;
      readonly cluster: 'east' | 'west';
      readonly rules: readonly PolicyRule[];
    }
  | ({ readonly kind: 'kill' | 'crash' | 'torn-write' } & Ends)
  | {
      readonly kind: 'cluster-crash';
      readonly cluster: 'east' | 'west';
      readonly downMs: number;
      readonly torn: boolean;
    }
  | {
      readonly kind: 'failed-write';
      readonly forMs: number;
      readonly server: string;
      readonly operation: string;
      readonly probability: number;
    }
  | { readonly kind: 'full-disk'; readonly forMs: number; readonly server: string }
  | { readonly kind: 'slow-disk'; readonly forMs: number; readonly server: string; readonly mostMs: number }
  | {
      readonly kind: 'bit-rot';
      readonly forMs: number;
      readonly where: 'served' | 'fetched';
      readonly times: number;
    }
  | { readonly kind: 'clock-jump'; readonly server: string; readonly byMs: number }
  | { readonly kind: 'foreign-table' }
  | {
      readonly kind: 'move';
      readonly cluster: 'east' | 'west';
      /** Modulo the partitions that there are. */
      readonly partition: number;
      /** By so many nodes, of those that there are, from where it is then. */
      readonly further: number;
    }
  | { readonly kind: 'operator'; readonly action: Verb };

/** A step of the servers at work, which somebody can wait for. */
export type Step =
  | ({ readonly of: 'message' } & MessagePattern)
  | {
      readonly of: 'disk';
      /** Wildcards. Of a commit, the path is its keys. */
      readonly server: ServerPattern;
      readonly what: string;
      readonly path: string;
    };

/** The `nth` such step from then on, and so long after it; if it does not come within a while, without it. */
export interface Moment {
  readonly step: Step;
  readonly nth: number;
  readonly afterMs: number;
}

export interface PlannedEvent {
  /** Counts from 1, by time. */
  readonly id: number;
  readonly atMs: number;
  /** From `atMs` on the trouble waits for this, not for ever; null: it strikes at once. */
  readonly moment: Moment | null;
  readonly trouble: ChaosTrouble & { readonly kind: FaultKind };
}

/** A client writes and reads so many times, one after the other. */
export interface Burst {
  readonly atMs: number;
  readonly client: number;
  readonly operations: number;
  /** Between two of them, at most. */
  readonly pauseMs: number;
}

export interface ChaosPlan {
  readonly seed: number;
  readonly hours: number;
  readonly topology: Topology;
  readonly bursts: readonly Burst[];
  readonly events: readonly PlannedEvent[];
}

/** The same run with only some of what is done to it. */
export function keeping(plan: ChaosPlan, ids: ReadonlySet<number>): ChaosPlan {
  return { ...plan, events: plan.events.filter(({ id }) => ids.has(id)) };
}
