/** Checks a model: compiled, in packed states, with reductions if they are asked for. */
import { Ample } from './ample.js';
import { Explorer, type ExplorerOptions } from './explorer.js';
import { Judge } from './judge.js';
import { judgeLiveness, type Liveness, type PendingSeed } from './liveness.js';
import type { Model, Property } from './model.js';
import { Pace } from './pace.js';
import type { CheckOptions, CheckResult } from './result.js';
import { SECOND } from './seen.js';
import { Symmetry } from './symmetry.js';
import { Tables } from './tables.js';
import { assertNothingGrows } from './unbounded.js';
import { validated } from './validate.js';
import { verdictsOf } from './verdicts.js';

export const DEFAULT_MAX_STATES = 20_000_000;
export const DEFAULT_MAX_BYTES = 2 * 1024 ** 3;

export const isLiveness = ({ kind }: Property): boolean => kind === 'leadsTo' || kind === 'staysPossible';

/**
 * Explores every state of the model and judges its properties.
 *
 * Liveness is judged without symmetry and partial order, on an exploration of its own if one of them is
 * asked for: neither keeps who waits for ever apart. `states` and the other figures are those of the
 * exploration that judges safety.
 *
 * @returns also when a bound was reached or the signal came: then nothing found is `unknown`, not `holds`
 * @throws ProductError USAGE, IMPURE, UNSERIALISABLE, UNBOUNDED, NOT_COMMUTING or THREW, naming process,
 *   state and step
 * @example
 * const { verdicts } = await check(model, { properties: ['NoGap'], maxStates: 1_000_000 });
 */
export async function check(model: Model, options: CheckOptions = {}): Promise<CheckResult> {
  const properties = validated(model, options);
  const pace = new Pace(options);
  const tables = new Tables(model);
  const judge = new Judge(tables, properties);
  const common: ExplorerOptions = {
    maxStates: options.maxStates ?? DEFAULT_MAX_STATES,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    budgets: options.budgets ?? true,
    judge,
    judging: true,
    stopAtFirst: options.stopAtFirst === true,
  };
  const renamings = options.symmetry === true ? (model.symmetry ?? []) : [];
  const symmetry = renamings.length === 0 ? null : new Symmetry(tables, renamings);
  const ample = options.partialOrder === true ? new Ample(tables, judge, properties) : null;
  const onLevel = (explorer: Explorer) => assertNothingGrows(tables, explorer, symmetry !== null);
  const explorer = new Explorer(tables, { ...common, symmetry, ample, onLevel });
  await explorer.run([startSeed(tables)].values(), pace);
  ample?.verifyAll();
  const bytes = explorer.bytes + tables.bytes;

  const isReduced = symmetry !== null || ample !== null;
  const liveness = new Map<number, Liveness>();
  let livenessGraph = explorer;
  const wanted = properties.flatMap((property, index) => (isLiveness(property) ? [index] : []));
  const isCut = explorer.bound === 'interrupted';
  if (wanted.length > 0 && !isCut) {
    if (isReduced) {
      livenessGraph = new Explorer(tables, { ...common, judging: false, stopAtFirst: false });
      await livenessGraph.run([startSeed(tables)].values(), pace);
    }
    pace.phase = 'liveness';
    for (const index of wanted) {
      const pending = (property: number, seeds: Iterable<PendingSeed>) =>
        explorePending(tables, livenessGraph, property, seeds, common, pace);
      const judged = await judgeLiveness({ graph: livenessGraph, pending }, properties[index]!, index, pace);
      liveness.set(index, judged);
      if (options.stopAtFirst === true && judged.broken !== null) break;
    }
  }
  const found = { safety: judge, liveness, graph: explorer, livenessGraph };
  const budgets: readonly 'budgets'[] = common.budgets && tables.budgetNames.length > 0 ? ['budgets'] : [];
  return {
    model: model.name,
    assumptions: model.assumptions,
    states: explorer.size,
    transitions: explorer.transitions,
    depth: explorer.depth,
    seconds: pace.seconds,
    bytesPerState: bytes / Math.max(explorer.size, 1),
    reductions: [
      ...(symmetry ? ['symmetry' as const] : []),
      ...(ample ? ['partialOrder' as const] : []),
      ...budgets,
    ],
    bound: pace.isAborted ? 'interrupted' : (explorer.bound ?? livenessGraph.bound),
    verdicts: verdictsOf(model, properties, found, explorer.bound === null),
  };
}

const startSeed = (tables: Tables) => ({ state: tables.start(), origin: 0, depth: 0 });

async function explorePending(
  tables: Tables,
  graph: Explorer,
  property: number,
  seeds: Iterable<PendingSeed>,
  common: ExplorerOptions,
  pace: Pace,
): Promise<Explorer> {
  const { conditions } = common.judge;
  const within = (state: Int32Array) => (conditions.bitsOf(property, state) & SECOND) === 0;
  const maxBytes = Math.max(common.maxBytes - graph.bytes, 0);
  const pending = new Explorer(tables, { ...common, maxBytes, judging: false, stopAtFirst: false, within });
  const state = new Int32Array(tables.fields);
  function* read() {
    for (const seed of seeds) {
      graph.read(seed.origin, state);
      yield { ...seed, state };
    }
  }
  await pending.run(read(), pace);
  return pending;
}
