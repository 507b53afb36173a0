/** A cycle in a component on which no fair action is left waiting for ever. */
import type { Graph } from './graph.js';

export interface CycleStep {
  readonly target: number;
  /** See `GraphSteps.action`. */
  readonly action: number;
}

/**
 * @param start a state of a component in which every fair action is taken, or impossible somewhere
 * @returns steps from `start` back to it; not the shortest such cycle
 */
export function fairCycle(graph: Graph, start: number, component: Int32Array): CycleStep[] {
  const cycle: CycleStep[] = [];
  let waiting = fairActionsIn(graph, start) ?? new Set<number>();
  let at = start;
  const go = (isDone: (state: number, action: number) => boolean): void => {
    for (const step of shortestWay(graph, at, component, isDone) ?? []) {
      cycle.push(step);
      waiting.delete(step.action);
      const possible = fairActionsIn(graph, step.target);
      if (possible !== null) waiting = new Set([...waiting].filter((action) => possible.has(action)));
      at = step.target;
    }
  };
  if (fairActionsIn(graph, start) === null) {
    go((state) => fairActionsIn(graph, state) !== null);
    waiting = fairActionsIn(graph, at) ?? waiting;
  }
  while (waiting.size > 0) {
    const [wanted] = [...waiting];
    go((state, action) => action === wanted || fairActionsIn(graph, state)?.has(wanted!) === false);
  }
  if (at !== start) go((state) => state === start);
  return cycle;
}

/** Null while a prompt message is on its way, which makes nothing less possible. */
function fairActionsIn(graph: Graph, state: number): Set<number> | null {
  const steps = graph.stepsOf(state);
  if (steps.urgent) return null;
  return new Set(steps.action.subarray(0, steps.count).filter((action) => action >= 0));
}

/** Breadth first inside the component, along steps that use no budget, at least one step; null: no way. */
function shortestWay(
  graph: Graph,
  from: number,
  component: Int32Array,
  isDone: (state: number, action: number) => boolean,
): CycleStep[] | null {
  const reached = new Map<number, { readonly step: CycleStep; readonly from: number }>();
  const queue = [from];
  const wayTo = (last: CycleStep, before: number): CycleStep[] => {
    const way = [last];
    for (let at = before; at !== from; ) {
      const known = reached.get(at)!;
      way.push(known.step);
      at = known.from;
    }
    return way.reverse();
  };
  for (const state of queue) {
    const { count, target, action, free } = graph.stepsOf(state);
    const steps = Array.from({ length: count }, (_, at): CycleStep & { readonly free: boolean } => ({
      target: target[at]!,
      action: action[at]!,
      free: free[at] === 1,
    }));
    for (const { free, ...step } of steps) {
      if (!free || step.target < 0 || component[step.target] !== component[from]) continue;
      if (isDone(step.target, step.action)) return wayTo(step, state);
      if (step.target === from || reached.has(step.target)) continue;
      reached.set(step.target, { step, from: state });
      queue.push(step.target);
    }
  }
  return null;
}
