/**
 * Puts a mutant in the place of its chart in the product of all charts, and checks what the product
 * promises. A mutant that no message reaches in a scenario is not killed by it.
 */
import type { AnyStateMachine } from 'xstate';
import { check } from '../product/index.js';
import { type DuplicationModelOptions, duplicationModel, SHIPPED } from '../product/ours/index.js';
import type { Killer } from './killer.js';
import { messageOf } from './path-killer.js';

export interface ProductKillerOptions {
  /** What goes wrong, scenario by scenario; the cheapest first. */
  readonly scenarios: readonly Partial<DuplicationModelOptions>[];
  readonly maxStates: number;
}

/** Charts that live inside of a duplication. */
const CHILDREN = ['followerTable', 'watchdog'];

/** @example productKiller({ scenarios: [{ name: 'a lost message', loss: 1 }], maxStates: 200_000 }) */
export function productKiller({ scenarios, maxStates }: ProductKillerOptions): Killer {
  const kept: (readonly string[])[] = [];
  return {
    name: 'product properties',
    family: 'properties',
    kills: async (chartName, mutant) => {
      const charts = withMutant(chartName, mutant);
      if (charts === null) return null;
      for (const [at, scenario] of scenarios.entries()) {
        kept[at] ??= await keptBy(scenario, maxStates);
        const properties = kept[at];
        if (properties.length === 0) continue;
        try {
          const { verdicts } = await check(duplicationModel({ ...scenario, charts }), {
            maxStates,
            properties,
            stopAtFirst: true,
          });
          const violated = verdicts.find(({ verdict }) => verdict === 'violated');
          if (violated !== undefined) {
            const why = violated.counterexample?.why ?? violated.sentence;
            return `${violated.property} of the product: ${why} (${scenario.name})`;
          }
        } catch (error) {
          return `NoAbort of the product: ${messageOf(error)} (${scenario.name})`;
        }
      }
      return null;
    },
  };
}

/** What the charts that ship do not violate: anything else would kill every mutant, and prove nothing. */
async function keptBy(
  scenario: Partial<DuplicationModelOptions>,
  maxStates: number,
): Promise<readonly string[]> {
  const { verdicts } = await check(duplicationModel(scenario), { maxStates });
  return verdicts.filter(({ verdict }) => verdict !== 'violated').map(({ property }) => property);
}

function withMutant(chartName: string, mutant: AnyStateMachine): DuplicationModelOptions['charts'] | null {
  if (chartName in SHIPPED) return { ...SHIPPED, [chartName]: mutant };
  if (!CHILDREN.includes(chartName)) return null;
  const duplication = SHIPPED.duplication.provide({ actors: { [chartName]: mutant } as never });
  return { ...SHIPPED, duplication };
}
