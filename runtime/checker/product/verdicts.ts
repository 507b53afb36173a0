/** Puts together what was found out into a verdict for each property. */
import { ofFinding, ofLasso, ofTrap } from './counterexample.js';
import type { Graph, Safety } from './graph.js';
import type { Liveness } from './liveness.js';
import type { Model, Property } from './model.js';
import type { Counterexample, Verdict } from './result.js';

export interface Found {
  readonly safety: Safety;
  /** By position of the property; missing: it was not judged. */
  readonly liveness: ReadonlyMap<number, Liveness>;
  /** What the states of `safety` are numbers of. */
  readonly graph: Graph;
  /** The same for `liveness`. */
  readonly livenessGraph: Graph;
}

/** @param complete whether everything was explored */
export function verdictsOf(
  model: Model,
  properties: readonly Property[],
  found: Found,
  complete: boolean,
): Verdict[] {
  return properties.map((property, index) => {
    const { kind, name, sentence } = property;
    const liveness = found.liveness.get(index);
    const isLiveness = kind === 'leadsTo' || kind === 'staysPossible';
    const situation = isLiveness ? liveness?.situation === true : found.safety.situations.has(index);
    const counterexample = counterexampleOf(model, property, index, found);
    const judged = isLiveness ? liveness?.complete === true : complete;
    const verdict = counterexample !== null ? 'violated' : judged ? 'holds' : 'unknown';
    const vacuous = verdict === 'holds' && !situation;
    return { property: name, kind, sentence, verdict, vacuous, counterexample };
  });
}

function counterexampleOf(
  model: Model,
  property: Property,
  index: number,
  { safety, liveness, graph, livenessGraph }: Found,
): Counterexample | null {
  const finding = safety.findings.get(index);
  if (finding !== undefined) return ofFinding(model, graph, property, finding);
  const broken = liveness.get(index)?.broken ?? null;
  if (broken === null) return null;
  return broken.kind === 'lasso'
    ? ofLasso(model, livenessGraph, property, broken)
    : ofTrap(model, livenessGraph, property, broken);
}
