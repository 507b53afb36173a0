/** The mutants of the charts of Bridle, tried by everybody there is to find them out. */
import { OUR_MODELS } from '../../paths/index.js';
import { type BenchOptions, mutantsOfModel, pathKillers, propertyKiller } from '../bench.js';
import type { Killer } from '../killer.js';
import { OUR_PROMISES } from '../properties/index.js';
import { SURVIVORS } from '../survivors.js';
import { tried, type Verdict } from '../trial.js';
import { randomOf } from '../walk.js';
import { OUR_MUTANTS } from './index.js';

export interface RunOptions extends BenchOptions {
  /** Pairs of states in which a survivor is compared with its original. */
  readonly maxPairs: number;
  /** Charts by id; all by default. */
  readonly charts?: readonly string[];
  /** So many mutants of each chart, drawn by the seed; all by default. */
  readonly sample?: number;
  /** Who else is to try: the product of the charts, a suite of one's own. */
  readonly killers?: readonly Killer[];
  readonly onVerdict?: (verdict: Verdict) => void;
}

export const FULL: RunOptions = { seed: 20_261_122, walks: 400, steps: 40, maxPairs: 3_000 };

/**
 * @throws Error when somebody takes an original for a mutant: his verdicts would prove nothing
 * @example (await runOurs({ ...FULL, charts: ['watchdog'] })).filter(({ survives }) => survives !== null)
 */
export async function runOurs(options: RunOptions): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [chart, model] of Object.entries(OUR_MODELS)) {
    if (options.charts !== undefined && !options.charts.includes(chart)) continue;
    const all = mutantsOfModel(model, OUR_MUTANTS[chart]!, options.seed);
    const killers = [
      ...pathKillers(model, options.maxStates),
      propertyKiller(model, OUR_PROMISES[chart]!, options),
      ...(options.killers ?? []),
    ];
    for (const { name, kills } of killers) {
      const how = await kills(chart, model.machine);
      if (how !== null) throw new Error(`${name} takes ${chart} itself for a mutant: ${how}`);
    }
    const { maxPairs } = options;
    for (const mutant of drawn(all, options)) {
      const verdict = await tried(mutant, { chart, model, killers, maxPairs, reasons: SURVIVORS });
      verdicts.push(verdict);
      options.onVerdict?.(verdict);
    }
  }
  return verdicts;
}

function drawn<T>(all: readonly T[], { seed, sample }: RunOptions): readonly T[] {
  if (sample === undefined || sample >= all.length) return all;
  const random = randomOf(seed);
  return all
    .map((item, at) => ({ item, at, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, sample)
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
