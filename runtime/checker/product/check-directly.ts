/** Checks a model with the direct explorer: the measure of `check`, for models of some thousand states. */
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_STATES, isLiveness } from './check.js';
import { BYTES_PER_STATE, DirectExplorer, type DirectOptions } from './direct.js';
import { judgeLiveness, type Liveness, type PendingSeed } from './liveness.js';
import type { Model } from './model.js';
import { Pace } from './pace.js';
import type { CheckOptions, CheckResult } from './result.js';
import { type PlainState, startOf } from './rules.js';
import { SECOND } from './seen.js';
import { validated } from './validate.js';
import { verdictsOf } from './verdicts.js';

/**
 * Like `check` with every reduction off, at a thousandth of the speed; takes the same options and leaves
 * out `symmetry`, `partialOrder` and `budgets`.
 *
 * @throws ProductError as `check`, but for IMPURE, UNBOUNDED and NOT_COMMUTING, which it does not look for
 */
export async function checkDirectly(model: Model, options: CheckOptions = {}): Promise<CheckResult> {
  const properties = validated(model, options);
  const pace = new Pace(options);
  const common: DirectOptions = {
    model,
    properties,
    judging: true,
    stopAtFirst: options.stopAtFirst === true,
    maxStates: options.maxStates ?? DEFAULT_MAX_STATES,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
  };
  const explorer = new DirectExplorer(common);
  await explorer.run([{ state: startOf(model).state, origin: 0, depth: 0 }].values(), pace);
  pace.phase = 'liveness';
  const liveness = new Map<number, Liveness>();
  const pending = async (property: number, seeds: Iterable<PendingSeed>) => {
    const within = (state: PlainState) => (explorer.bitsIn(property, state) & SECOND) === 0;
    const owing = new DirectExplorer({ ...common, judging: false, stopAtFirst: false, within });
    function* owed() {
      for (const seed of seeds) yield { ...seed, state: explorer.state(seed.origin) };
    }
    await owing.run(owed(), pace);
    return owing;
  };
  for (const [index, property] of properties.entries()) {
    if (!isLiveness(property) || explorer.bound === 'interrupted') continue;
    liveness.set(index, await judgeLiveness({ graph: explorer, pending }, property, index, pace));
    if (options.stopAtFirst === true && liveness.get(index)!.broken !== null) break;
  }
  const found = { safety: explorer, liveness, graph: explorer, livenessGraph: explorer };
  return {
    model: model.name,
    assumptions: model.assumptions,
    states: explorer.size,
    transitions: explorer.transitions,
    depth: explorer.depth,
    seconds: pace.seconds,
    bytesPerState: BYTES_PER_STATE,
    reductions: [],
    bound: pace.isAborted ? 'interrupted' : explorer.bound,
    verdicts: verdictsOf(model, properties, found, explorer.bound === null),
  };
}
