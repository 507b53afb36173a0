/** Liveness by the definition: a matrix of what reaches what, no cleverness. For some hundred states. */
import {
  type LeadsTo,
  type Model,
  type PlainState,
  type PlainStep,
  plainSteps,
  type Seen,
  type StaysPossible,
  startOf,
} from '../../runtime/checker/product/index.js';

interface Edge {
  readonly to: number;
  readonly step: PlainStep;
}

export function naiveLiveness(model: Model, property: LeadsTo | StaysPossible): boolean {
  const { states, edges } = everything(model);
  const seen = states.map(
    (state): Seen =>
      Object.fromEntries(
        Object.entries(property.over).map(([name, view]) => [
          name,
          view(state.locals[model.processes.findIndex((process) => process.name === name)]),
        ]),
      ),
  );
  const there = seen.map((seen) => property.to(seen));
  if (property.kind === 'staysPossible') {
    const reaches = closure(
      edges.map((out) => out.filter(({ step }) => step.action !== null).map(({ to }) => to)),
    );
    return states.every((_, state) =>
      there.some((is, target) => is && (target === state || reaches[state]![target])),
    );
  }
  const avoiding = closure(
    edges.map((out, from) => out.flatMap(({ to }) => (there[from] || there[to] ? [] : [to]))),
  );
  const isBad = (state: number): boolean => {
    const possible = (at: number) => new Set(edges[at]!.flatMap(({ step }) => step.action ?? []));
    if (possible(state).size === 0) return true;
    const urgent = (at: number) =>
      model.assumptions.delayed !== undefined && states[at]!.network.some(({ delayed }) => delayed !== true);
    if (!avoiding[state]![state]) return false;
    // Everything that can be visited over and over from here; budgets keep steps that cost out of cycles.
    const round = states.flatMap((_, other) =>
      other === state || (avoiding[state]![other] && avoiding[other]![state]) ? [other] : [],
    );
    // While a prompt message is on its way nothing else is less possible than before and after.
    const calm = round.filter((at) => !urgent(at));
    if (calm.length === 0) return true;
    const taken = new Set(
      round.flatMap((at) =>
        edges[at]!.flatMap(({ to, step }) => (round.includes(to) ? (step.action ?? []) : [])),
      ),
    );
    return [...possible(calm[0]!)].every(
      (action) => taken.has(action) || calm.some((at) => !possible(at).has(action)),
    );
  };
  const bad = states.flatMap((_, state) => (!there[state] && isBad(state) ? [state] : []));
  return states.every(
    (_, state) =>
      there[state] ||
      property.kind !== 'leadsTo' ||
      !property.from(seen[state]!) ||
      bad.every((target) => target !== state && !avoiding[state]![target]),
  );
}

function everything(model: Model): { states: PlainState[]; edges: Edge[][] } {
  const text = ({ locals, network, budgets }: PlainState) => JSON.stringify([locals, network, budgets]);
  const states = [startOf(model).state];
  const known = new Map([[text(states[0]!), 0]]);
  const edges: Edge[][] = [];
  for (const state of states) {
    edges.push(
      plainSteps(model, state).map((step) => {
        let to = known.get(text(step.to));
        if (to === undefined) {
          to = states.push(step.to) - 1;
          known.set(text(step.to), to);
        }
        return { to, step };
      }),
    );
  }
  return { states, edges };
}

/** What is reached by one step or more. */
function closure(next: readonly (readonly number[])[]): boolean[][] {
  return next.map((_, from) => {
    const reached = new Array<boolean>(next.length).fill(false);
    const queue = [...next[from]!];
    for (const at of queue) {
      if (reached[at]) continue;
      reached[at] = true;
      queue.push(...next[at]!);
    }
    return reached;
  });
}
