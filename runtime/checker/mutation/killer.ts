/** What finds mutants out. Anything that can tell a wrong chart from the right one can be plugged in. */
import type { AnyStateMachine } from 'xstate';

export interface Killer {
  /** As in the report, e.g. `pairs`. */
  readonly name: string;
  /**
   * `paths`: expectations that the original chart made. `properties`: what SPEC.md promises, whatever
   * the chart.
   */
  readonly family: 'paths' | 'properties';
  /**
   * Tries a mutant in the place of a chart.
   * @param chartName as in `OUR_MODELS`
   * @returns what gave it away, in one line; null: nothing did
   */
  kills(chartName: string, mutant: AnyStateMachine): Promise<string | null>;
}
