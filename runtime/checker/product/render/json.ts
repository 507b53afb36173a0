/** Results for programs. `schema` changes when a field changes its meaning or goes away. */
import type { CheckResult, Counterexample, Verdict } from '../result.js';
import { fails, lengthOf } from './words.js';

export const SCHEMA = 1;

/**
 * What came of everything together. `unknown`: nothing fails, and not everything was explored.
 * `vacuous`: nothing is violated, and a property never met the situation that it guards.
 */
export type Overall = 'holds' | 'violated' | 'vacuous' | 'unknown';

/** @param complete whether every model that was asked for was explored at all */
export function overall(results: readonly CheckResult[], complete = true): Overall {
  const verdicts = results.flatMap((result) => result.verdicts);
  if (verdicts.some(({ verdict }) => verdict === 'violated')) return 'violated';
  if (verdicts.some(fails)) return 'vacuous';
  const unknown = verdicts.some(({ verdict }) => verdict === 'unknown');
  return unknown || !complete || results.some(({ bound }) => bound !== null) ? 'unknown' : 'holds';
}

/** One row of `models`: what was explored, and under what. */
export type ModelJson = Omit<CheckResult, 'verdicts'> & { readonly statesPerSecond: number | null };

/** One row of `properties`: a property of one model, with what it took. */
export interface PropertyJson extends Omit<Verdict, 'counterexample'> {
  readonly model: string;
  /** By name; in full in `models`. */
  readonly assumptions: string;
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
  readonly counterexample: CounterexampleJson | null;
}

export interface CounterexampleJson extends Counterexample {
  /** Steps that something did, those of the loop once; the start is none. */
  readonly length: number;
}

export interface ResultsJson {
  readonly schema: typeof SCHEMA;
  readonly verdict: Overall;
  readonly models: readonly ModelJson[];
  readonly properties: readonly PropertyJson[];
  /** Models that were asked for and not begun. */
  readonly notExplored: readonly string[];
}

/**
 * @param notExplored names of models that were not begun
 * @example JSON.stringify(resultsAsJson([await check(model)]))
 */
export function resultsAsJson(
  results: readonly CheckResult[],
  notExplored: readonly string[] = [],
): ResultsJson {
  return {
    schema: SCHEMA,
    verdict: overall(results, notExplored.length === 0),
    models: results.map(modelAsJson),
    properties: results.flatMap((result) =>
      result.verdicts.map((verdict) => propertyAsJson(verdict, result)),
    ),
    notExplored,
  };
}

function modelAsJson({ verdicts: _, ...result }: CheckResult): ModelJson {
  const { states, seconds } = result;
  return { ...result, statesPerSecond: seconds > 0 ? Math.round(states / seconds) : null };
}

function propertyAsJson({ counterexample, ...verdict }: Verdict, result: CheckResult): PropertyJson {
  const { model, assumptions, states, transitions, seconds } = result;
  return {
    ...verdict,
    model,
    assumptions: assumptions.name,
    states,
    transitions,
    seconds,
    counterexample: counterexample === null ? null : { length: lengthOf(counterexample), ...counterexample },
  };
}
