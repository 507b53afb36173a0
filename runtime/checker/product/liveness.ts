/**
 * Judges liveness under weak fairness: a move of kind timer or effect that needs no budget, and the
 * arrival of a message, happen in the end if they stay possible. Everything else may stay away.
 *
 * `leadsTo` is broken by a state that is reached without `to` since `from`, and from there either
 * nothing fair is possible (the end of the run), or a cycle without `to` goes on for ever on which every
 * fair action is taken or impossible at times. For weak fairness it is enough to look at whole strongly
 * connected components: an action that stays possible all over one and is never taken in it is so in
 * every part of it.
 *
 * Leaving out states with less left of the budgets keeps this exact. Cycles are looked for among steps
 * that use no budget; along such steps the budgets of the kept states can only rise, so on a cycle they
 * are equal and the cycle is one of the model. What fair steps there are depends on no budget. And what
 * is owed since `from` is explored on its own, from real states, so no kept state brings in budgets that
 * a debtor had used up.
 */
import { components } from './components.js';
import type { Graph } from './graph.js';
import type { Property } from './model.js';
import type { Pace } from './pace.js';
import { FIRST, SECOND } from './seen.js';

export interface PendingSeed {
  /** The state of the whole graph. */
  readonly origin: number;
  readonly depth: number;
}

export interface LivenessSource {
  readonly graph: Graph;
  /** Explores from the seeds on, through states without `to`. */
  pending(property: number, seeds: Iterable<PendingSeed>): Promise<Graph>;
}

/** How a leadsTo is broken. */
export interface Lasso {
  readonly kind: 'lasso';
  readonly pending: Graph;
  /** A state of `pending`. */
  readonly state: number;
  /** By state of `pending`; null: nothing fair is possible in `state`. */
  readonly component: Int32Array | null;
}

/** How a staysPossible is broken: a state of the whole graph. */
export interface Trap {
  readonly kind: 'trap';
  readonly state: number;
}

export interface Liveness {
  readonly broken: Lasso | Trap | null;
  readonly situation: boolean;
  /** Everything that had to be looked at was. */
  readonly complete: boolean;
}

export async function judgeLiveness(
  source: LivenessSource,
  property: Property,
  index: number,
  pace: Pace,
): Promise<Liveness> {
  return property.kind === 'leadsTo'
    ? judgeLeadsTo(source, index, pace)
    : judgeStaysPossible(source.graph, index, pace);
}

async function judgeLeadsTo(source: LivenessSource, property: number, pace: Pace): Promise<Liveness> {
  const { graph } = source;
  let situation = false;
  function* owing(): Generator<PendingSeed> {
    for (let state = 0; state < graph.size; state++) {
      const bits = graph.bitsOf(property, state);
      if ((bits & FIRST) === 0) continue;
      situation = true;
      if ((bits & SECOND) === 0) yield { origin: state, depth: graph.depthOf(state) };
    }
  }
  const pending = await source.pending(property, owing());
  // States are numbered by their distance, so the first broken one has the shortest way to it.
  let first = pending.size;
  let isEnd = false;
  const component = await components({
    graph: pending,
    pace,
    isEdge: (steps, at) => steps.free[at] === 1,
    onEnter: (state, steps) => {
      if (state > first || !steps.action.subarray(0, steps.count).every((action) => action < 0)) return;
      first = state;
      isEnd = true;
    },
    onComponent: (states, hasEdge, componentOf) => {
      const least = states.reduce((least, state) => Math.min(least, state), first);
      if (!hasEdge || least === first || !isFair(pending, states, componentOf)) return;
      first = least;
      isEnd = false;
    },
  });
  const complete = component !== null && graph.expanded === graph.size && pending.expanded === pending.size;
  if (component === null || first === pending.size) return { broken: null, situation, complete };
  const lasso = { pending, state: first, component: isEnd ? null : component };
  return { broken: { kind: 'lasso', ...lasso }, situation, complete };
}

/** Whether every fair action is taken inside the component, or impossible somewhere in it. */
function isFair(graph: Graph, states: Int32Array, component: Int32Array): boolean {
  const id = component[states[0]!]!;
  let starving: Set<number> | null = null;
  const everTaken = new Set<number>();
  for (const state of states) {
    const steps = graph.stepsOf(state);
    const { urgent } = steps;
    const possible = new Set<number>();
    const taken: number[] = [];
    for (let at = 0; at < steps.count; at++) {
      const action = steps.action[at]!;
      if (action < 0) continue;
      possible.add(action);
      const target = steps.target[at]!;
      if (target >= 0 && component[target] === id) taken.push(action);
    }
    for (const action of taken) everTaken.add(action);
    // What has to wait for a prompt message is possible all the same.
    if (!urgent) {
      starving = new Set([...(starving ?? possible)].filter((action) => possible.has(action)));
    }
    for (const action of everTaken) starving?.delete(action);
    if (starving?.size === 0) return true;
  }
  return starving === null;
}

/**
 * A state is good if `to` holds in it, or if a fair step leads to a good one. What was not looked into
 * counts as good: nothing is known against it.
 */
async function judgeStaysPossible(graph: Graph, property: number, pace: Pace): Promise<Liveness> {
  const good = new Uint8Array(graph.size);
  let situation = false;
  let first = graph.size;
  const component = await components({
    graph,
    pace,
    isEdge: (steps, at) => steps.action[at]! >= 0,
    onEnter: (state, steps) => {
      const isThere = (graph.bitsOf(property, state) & SECOND) !== 0;
      if (isThere) situation = true;
      let isOpen = isThere || state >= graph.expanded;
      for (let at = 0; at < steps.count; at++) {
        if (steps.action[at]! >= 0 && steps.target[at]! < 0) isOpen = true;
      }
      if (isOpen) good[state] = 1;
    },
    onEdge: (state, target) => {
      if (good[target] === 1) good[state] = 1;
    },
    onComponent: (states) => {
      if (states.some((state) => good[state] === 1)) for (const state of states) good[state] = 1;
      else first = states.reduce((least, state) => Math.min(least, state), first);
    },
  });
  const complete = component !== null && graph.expanded === graph.size;
  const broken: Trap | null = first < graph.size ? { kind: 'trap', state: first } : null;
  return { broken, situation, complete };
}
