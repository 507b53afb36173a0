/** Tries mutants: who kills each, and what becomes of those that nobody does. */

import type { PathModel } from '../paths/index.js';
import type { Killer } from './killer.js';
import { inLockstep, lockstepInWords } from './lockstep.js';
import type { Mutant, Operator } from './mutant.js';

export interface Kill {
  readonly killer: string;
  readonly family: Killer['family'];
  readonly how: string;
}

export interface Verdict {
  readonly chart: string;
  readonly id: string;
  readonly operator: Operator;
  readonly sentence: string;
  readonly kills: readonly Kill[];
  /** Why nobody kills it. `equivalent`: alike in every pair of states that was reached. */
  readonly survives: { readonly equivalent: boolean; readonly why: string } | null;
}

export interface TrialOptions {
  readonly chart: string;
  readonly model: PathModel;
  readonly killers: readonly Killer[];
  /** Pairs of states that survivors are compared in. */
  readonly maxPairs: number;
  /** Reasons for survivors, by `<chart>: <mutant id>`. */
  readonly reasons: Readonly<Record<string, string>>;
}

export async function tried(mutant: Mutant, options: TrialOptions): Promise<Verdict> {
  const { chart, model, killers, maxPairs, reasons } = options;
  const kills: Kill[] = [];
  for (const { name, family, kills: attempt } of killers) {
    const how = await attempt(chart, mutant.machine);
    if (how !== null) kills.push({ killer: name, family, how });
  }
  const { id, operator, sentence } = mutant;
  const verdict = { chart, id, operator, sentence, kills };
  if (kills.length > 0) return { ...verdict, survives: null };
  const together = inLockstep(model.machine, mutant.machine, model.options, {
    oracle: 'everything',
    maxPairs,
  });
  const words = lockstepInWords(together);
  const reason = reasons[`${chart}: ${id}`];
  const equivalent = together.difference === null;
  return { ...verdict, survives: { equivalent, why: reason === undefined ? words : `${reason} (${words})` } };
}
