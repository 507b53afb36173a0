/**
 * The inspector sets a chart into a recorded state and asks it. Here every state that the explorer finds is
 * recorded, and every answer is compared with the step that the explorer took.
 */
import { describe, expect, test } from 'vitest';
import { type Exploration, explore, OUR_MODELS, type StateFound } from '../../runtime/checker/paths/index.js';
import { bounded } from '../../runtime/observe/recording/bounded.js';
import type { Json, StateValue } from '../../runtime/observe/recording/lines.js';
import { stateInWords } from '../../visualizations/inspector/model/moments.js';
import { answersOf, type EventAnswer } from '../../visualizations/inspector/model/why-not.js';
import { shippedChart } from '../../visualizations/inspector/model/why-not-chart.js';

/** States of each chart that are compared: so many, evenly spread; with BRIDLE_GENERATED=long, all. */
const LIMIT_STATES = process.env.BRIDLE_GENERATED === 'long' ? Number.POSITIVE_INFINITY : 400;
const DEADLINE_MS = 600_000;

const textOf = (event: object): string =>
  JSON.stringify(Object.entries(bounded(event) as object).sort(([a], [b]) => (a < b ? -1 : 1)));

function answersIn(chart: string, state: StateFound): ReadonlyMap<string, EventAnswer> {
  const recorded = {
    state: state.value as StateValue,
    context: bounded(state.context) as Readonly<Record<string, Json>>,
    children: state.children,
  };
  const answers = answersOf(shippedChart(chart)!, recorded, []);
  return new Map(answers.map((answer) => [textOf({ type: answer.type, ...answer.payload }), answer]));
}

/** What one answer says, and what the explorer saw, in the same shape. */
function compare(found: Exploration, chart: string, state: StateFound) {
  const answers = answersIn(chart, state);
  return state.out.map((at) => {
    const edge = found.edges[at]!;
    const target = found.states[edge.to]!;
    const answer = answers.get(textOf(edge.event));
    const taken = answer?.transitions.filter(({ taken }) => taken).map((each) => each.edge) ?? [];
    const where = `${state.control} ${textOf(edge.event)}`;
    const first = edge.transitions.slice(0, Math.max(1, taken.length));
    return {
      said: {
        where,
        taken: new Set(taken),
        leadsTo: answer?.leadsTo ?? null,
        effects: answer?.effects.map(({ kind, name }) => `${kind} ${name}`),
        problem: answer?.problem,
      },
      seen: {
        where,
        taken: new Set(first.map((transition) => found.chart.transitions[transition]!.id)),
        leadsTo: edge.transitions.length === 0 ? null : stateInWords(target.value as StateValue),
        effects: edge.transitions.length === 0 ? [] : edge.effects.map(({ kind, name }) => `${kind} ${name}`),
        problem: null,
      },
    };
  });
}

describe('given every state that a chart can be in, and every event that can come', () => {
  test.each(Object.keys(OUR_MODELS))(
    '%s: what is said to be taken is what is taken',
    { timeout: DEADLINE_MS },
    (chart) => {
      const { machine, options } = OUR_MODELS[chart]!;
      const found = explore(machine, options);
      const stride = Math.ceil(found.states.length / LIMIT_STATES);
      const states = found.states.filter(({ status }, at) => status === 'active' && at % stride === 0);
      let compared = 0;
      for (const state of states) {
        for (const { said, seen } of compare(found, chart, state)) {
          compared += 1;
          // Cheap first: the report of a difference is made only for one.
          if (JSON.stringify(said) !== JSON.stringify(seen) || said.taken.size !== seen.taken.size) {
            expect(said).toEqual(seen);
          }
          expect([...said.taken].every((edge) => seen.taken.has(edge))).toBe(true);
        }
      }
      expect(compared).toBe(states.reduce((sum, { out }) => sum + out.length, 0));
    },
  );
});
