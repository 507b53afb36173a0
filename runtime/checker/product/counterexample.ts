/** Turns what was found into counterexamples: every step replayed through the model. */
import { fairCycle } from './cycle.js';
import type { Finding, Graph } from './graph.js';
import type { Lasso, Trap } from './liveness.js';
import type { Model, Property } from './model.js';
import { rememberReplay } from './replayed.js';
import type { Counterexample } from './result.js';
import type { PlainState, PlainStep } from './rules.js';
import { describeAll, pathTo, Replay } from './trace.js';
import { quoted, whyNothingEndsIt, whyTrapped } from './why.js';

export function ofFinding(model: Model, graph: Graph, property: Property, finding: Finding): Counterexample {
  const replay = new Replay(model);
  replay.followAll(graph, pathTo(graph, finding.state));
  if (finding.isStep && property.kind === 'step') replay.break(property);
  const after = describeAll(model, replay.state);
  const seen = Object.keys(property.over).map((process) => `${process} is in ${quoted(after[process]!)}`);
  const last = replay.steps.at(-1)!;
  const step = last.process === '' ? 'at the start' : `after ${last.process}: ${last.what} ${last.label}`;
  const why = `"${property.sentence}" is broken ${step}: ${seen.join(', ')}.`;
  return told(model, replay, { steps: replay.steps, loop: null, why });
}

export function ofTrap(model: Model, graph: Graph, property: Property, { state }: Trap): Counterexample {
  const replay = new Replay(model);
  replay.followAll(graph, pathTo(graph, state));
  const why = whyTrapped(model, property, replay.state);
  return told(model, replay, { steps: replay.steps, loop: null, why });
}

export function ofLasso(model: Model, graph: Graph, property: Property, lasso: Lasso): Counterexample {
  const { pending, state, component } = lasso;
  const replay = new Replay(model);
  const path = pathTo(pending, state);
  replay.followAll(graph, pathTo(graph, ~pending.parentOf(path[0]!)));
  replay.followAll(pending, path);
  const stem = replay.steps.length;
  const along: PlainState[] = [replay.state];
  const taken = new Set<string>();
  for (const { target, action } of component === null ? [] : fairCycle(pending, state, component)) {
    const name = action < 0 ? null : pending.actionName(action);
    const isWanted = (step: PlainStep) => step.action === name && step.budget === null;
    replay.follow(pending, target, isWanted);
    along.push(replay.state);
    if (name !== null) taken.add(name);
  }
  const loop = replay.steps.slice(stem);
  const why = whyNothingEndsIt(model, property, along, loop);
  return told(model, replay, { steps: replay.steps.slice(0, stem), loop, why });
}

const told = (model: Model, { start, taken }: Replay, counterexample: Counterexample): Counterexample =>
  rememberReplay(counterexample, { model, start, taken });
