/** What a chart that cannot be asked says about itself: events and guards, without answers. */
import type { ChartDiagram } from '../../diagrams/chart-diagram.js';
import type { ActorState } from './types.js';
import type { Candidate, EventAnswer } from './why-not-types.js';

export function structuralEvents(diagram: ChartDiagram, { active }: ActorState): readonly EventAnswer[] {
  const depth = new Map(active.map((id, at) => [id, at]));
  const events = new Map<string, { label: string; transitions: Candidate[] }>();
  const edges = diagram.edges
    .filter(({ source }) => depth.has(source))
    .sort((a, b) => depth.get(b.source)! - depth.get(a.source)!);
  for (const { id, source, targets, guard, event, label } of edges) {
    const entry = events.get(event) ?? { label, transitions: [] };
    events.set(event, entry);
    entry.transitions.push({
      edge: id,
      source,
      targets,
      guard,
      said: null,
      taken: false,
      operands: [],
      moreOperands: 0,
      reason: guard === null ? 'has no guard' : `only if ${guard}`,
    });
  }
  return [...events].map(([type, { label, transitions }]) => ({
    type,
    label: label === type ? '' : label,
    payload: {},
    origin: 'named',
    outcome: 'unknown',
    transitions,
    leadsTo: null,
    effects: [],
    problem: null,
  }));
}
