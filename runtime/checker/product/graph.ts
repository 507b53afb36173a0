/** An explored product, as liveness and counterexamples look at it, whoever explored it. */
import type { PlainState } from './rules.js';

/** Steps from a state, in arrays that the next call uses again. */
export interface GraphSteps {
  count: number;
  /** The state it leads to, or what covers it; -1: it was not explored. */
  target: Int32Array;
  /** The weakly fair action; -1: it may stay away for ever. */
  action: Int32Array;
  /** 1: it uses no budget, so it can happen again and again. */
  free: Uint8Array;
  /**
   * A prompt message is on its way: everything else has to wait a moment, which makes it no less
   * possible.
   */
  urgent: boolean;
}

export interface Graph {
  readonly size: number;
  /** States before this one have all their successors; the rest was found and not looked into. */
  readonly expanded: number;
  /** Where a state was found from; a seed `s` has `~origin`, and origin is 0 for the start. */
  parentOf(state: number): number;
  /** Steps from the start. */
  depthOf(state: number): number;
  stepsOf(state: number): GraphSteps;
  /** See `conditionsOf`. */
  bitsOf(property: number, state: number): number;
  /** Whether a state of the model is this state of the graph. */
  is(plain: PlainState, state: number): boolean;
  actionName(action: number): string;
}

export function newGraphSteps(): GraphSteps {
  const columns = { target: new Int32Array(64), action: new Int32Array(64), free: new Uint8Array(64) };
  return { count: 0, ...columns, urgent: false };
}

export function putStep(steps: GraphSteps, target: number, action: number, free: boolean): void {
  const at = steps.count++;
  if (at === steps.target.length) {
    const { target, action, free } = steps;
    steps.target = new Int32Array(at * 2);
    steps.target.set(target);
    steps.action = new Int32Array(at * 2);
    steps.action.set(action);
    steps.free = new Uint8Array(at * 2);
    steps.free.set(free);
  }
  steps.target[at] = target;
  steps.action[at] = action;
  steps.free[at] = free ? 1 : 0;
}

/** What an exploration was stopped by. */
export type Bound = 'states' | 'memory' | 'interrupted' | null;

/** Where a property of states or steps was first seen to be broken. */
export interface Finding {
  readonly state: number;
  /** The broken step starts at `state`. */
  readonly isStep: boolean;
}

export interface Limits {
  readonly maxStates: number;
  readonly maxBytes: number;
}

/** Found out while exploring, by position of the property. */
export interface Safety {
  readonly findings: Map<number, Finding>;
  /** Properties whose situation came up. */
  readonly situations: Set<number>;
}
