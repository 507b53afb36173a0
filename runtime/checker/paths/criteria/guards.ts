/**
 * Guards: each said yes and no where it stands, and for composed guards MC/DC: for each condition two
 * runs in which it alone changes the outcome.
 *
 * Conditions are judged as they are evaluated, from left to right and no further than needed. One that
 * was not asked counts as equal to anything, which is what makes `and(a, b)` coverable with three runs.
 */
import type { GuardObservation } from '../chart.js';
import type { Exploration } from '../exploration.js';
import { fewPaths, type Goal, type LimitOptions, type Suite, type Way, wayOver } from '../suite.js';

/** A goal in words, and the observations that meet it. */
export interface GuardGoal {
  readonly id: string;
  /** Indices into the exploration's observations; empty: cannot be met within it. */
  readonly metBy: readonly number[];
}

/** Everything the guards of a chart are to show. */
export function guardGoals({ chart, observations }: Exploration): readonly GuardGoal[] {
  return chart.guards.flatMap((site, number) => {
    const place = `${chart.transitions[site.transition]!.id} if ${site.text}`;
    const here = observations.flatMap((observation, at) =>
      observation.site === number ? [{ ...observation, at }] : [],
    );
    const goals: GuardGoal[] = [true, false].map((outcome) => ({
      id: `${place}: ${outcome ? 'yes' : 'no'}`,
      metBy: here.filter((observation) => observation.outcome === outcome).map(({ at }) => at),
    }));
    if (site.conditions.length < 2) return goals;
    for (const [condition, name] of site.conditions.entries()) {
      const pair = independencePair(here, condition);
      for (const [at, value] of ['yes', 'no'].entries()) {
        const observation = pair?.[at];
        goals.push({
          id: `${place}: ${name} alone decides, ${value}`,
          metBy: observation === undefined ? [] : [observation.at],
        });
      }
    }
    return goals;
  });
}

type Seen = GuardObservation & { readonly at: number };

/** First with the condition true, then with it false; the outcomes differ and nothing else does. */
function independencePair(seen: readonly Seen[], condition: number): readonly [Seen, Seen] | null {
  for (const yes of seen) {
    if (yes.values[condition] !== true) continue;
    for (const no of seen) {
      if (no.values[condition] !== false || no.outcome === yes.outcome) continue;
      const alone = yes.values.every((value, at) => {
        const other = no.values[at] ?? null;
        return at === condition || value === null || other === null || value === other;
      });
      if (alone) return [yes, no];
    }
  }
  return null;
}

export function guardOutcomes(exploration: Exploration, options: LimitOptions = {}): Suite {
  const { edges, starts } = exploration;
  const goals = guardGoals(exploration);
  const named = new Map<number, string[]>();
  for (const { id, metBy } of goals) {
    for (const at of metBy) named.set(at, [...(named.get(at) ?? []), id]);
  }
  const found = new Map<string, Goal>();
  const add = (observed: readonly number[], way: () => Way): void => {
    for (const at of observed) {
      for (const id of named.get(at) ?? []) if (!found.has(id)) found.set(id, { id, way: way() });
    }
  };
  for (const { guards, node } of starts) add(guards, () => ({ edges: [], start: node }));
  for (const { index, guards } of edges) add(guards, () => wayOver(exploration, index));
  const onTheWay = (way: Way): string[] => {
    const start = starts.find(({ node }) => node === way.start);
    const observed = [...(start?.guards ?? []), ...way.edges.flatMap((edge) => edges[edge]!.guards)];
    return observed.flatMap((at) => named.get(at) ?? []);
  };
  const unmet = goals.filter(({ id }) => !found.has(id)).map(({ id }) => id);
  return fewPaths(exploration, 'guards', [...found.values()], onTheWay, unmet, options);
}
