/** What a product of a move is made with: a meta server, two nodes, and clients that write. */
import { type PartitionMoveTimes, partitionMove } from '../../../../../machines/index.js';

export interface MoveModelOptions {
  readonly name: string;
  /** Moves that are asked for, from wherever the partition is to the other node. */
  readonly moves: number;
  readonly writes: number;
  readonly loss: number;
  readonly duplication: number;
  readonly lateMessages: number;
  /** Reports whose answer is given up although it is on its way. */
  readonly slowAnswers: number;
  readonly crashes: { readonly meta: number; readonly node: number };
  /** Writes of the record that storage refuses. */
  readonly storageTimeouts: number;
  /** Of losses, copies, slow answers, crashes and refused writes, at most so many in one run. */
  readonly disturbances: number;
  /** A wrong chart, for the tests of the properties. */
  readonly chart: typeof partitionMove;
  /** A wrong node, for the tests of the properties: it opens whatever copy it has, whatever its ballot. */
  readonly keepsOldCopy: boolean;
}

export const MOVE_DEFAULTS: MoveModelOptions = {
  name: 'a move, nothing goes wrong',
  moves: 1,
  writes: 2,
  loss: 0,
  duplication: 0,
  lateMessages: 1,
  slowAnswers: 0,
  crashes: { meta: 0, node: 0 },
  storageTimeouts: 0,
  disturbances: 99,
  chart: partitionMove,
  keepsOldCopy: false,
};

export const META = 'meta';
export const NODES = ['a', 'b'] as const;
export type NodeName = (typeof NODES)[number];
export const otherOf = (node: NodeName): NodeName => (node === 'a' ? 'b' : 'a');
export const syncOf = (node: string): string => `sync ${node}`;
export const fetchOf = (node: string): string => `fetch ${node}`;

export const MOVE_BUDGET = 'move';
export const WRITE_BUDGET = 'write';
export const crashBudgetOf = (kind: 'meta' | 'node'): string => `crash ${kind}`;

/** Times stand for themselves: in a model a timer that runs may fire. */
export const MOVE_TIMES: PartitionMoveTimes = {
  leaveDeadlineMs: 5_000,
  stalledFetchMs: 10_000,
  storageRetryMs: 500,
};

/** What a node tells its meta server of the partition. */
export interface Report {
  /** Of the copy that it has, whether it is ordered to or not. */
  readonly copy: { readonly ballot: number } | null;
  readonly open: boolean;
  readonly left: { readonly ballot: number; readonly holds: boolean; readonly decree: number } | null;
  /** All of it, noted as whole. */
  readonly arrived: { readonly ballot: number; readonly decree: number } | null;
}

export interface Orders {
  readonly mine: { readonly ballot: number; readonly leaving: number | null } | null;
  readonly arrival: number | null;
  readonly dropBelow: number | null;
  readonly dropArrival: boolean;
}
