/**
 * Faults between clusters, as rules of their policies. Healing takes away exactly what was put in: rules
 * that an operator has set stay.
 */
import { BridleError, type Cluster } from '../../../runtime/client/index.js';
import { type PolicyRule, policySchema } from '../../../runtime/cluster/policy.js';
import { fetchPolicy, setPolicy } from '../../../runtime/live/index.js';

export const POLICY_FAULTS = {
  'lose replies to creations': 'a follower creates the table, its reply never comes back',
  'block the data path': 'a follower’s replica servers get no answer from a source',
  'deny the data path': 'a source refuses a follower’s replica servers',
} as const;
export type PolicyFault = keyof typeof POLICY_FAULTS;

/** @example isPolicyFault('block the data path') // true */
export function isPolicyFault(fault: string): fault is PolicyFault {
  return Object.hasOwn(POLICY_FAULTS, fault);
}

/** Whether a cluster takes part in it whose policy this is; a real one does not know policies. */
export async function isEmbedded(cluster: Cluster): Promise<boolean> {
  return (await fetchPolicy(cluster)) !== undefined;
}

export class PolicyFaults {
  readonly #clusters: readonly Cluster[];
  /** Put in by this one, by cluster. */
  readonly #injected = new Map<Cluster, PolicyRule[]>();

  constructor(clusters: readonly Cluster[]) {
    this.#clusters = clusters;
  }

  /** In words what was done. */
  async inject(fault: PolicyFault): Promise<string> {
    for (const cluster of this.#clusters) {
      const others = this.#clusters.filter((other) => other !== cluster);
      const before = this.#injected.get(cluster) ?? [];
      const added = await rulesOf(fault, others);
      const rules = [...before, ...added.filter((rule) => !before.some((known) => same(known, rule)))];
      await change(cluster, before, rules);
      this.#injected.set(cluster, rules);
    }
    return POLICY_FAULTS[fault];
  }

  /** How many rules were taken away. */
  async heal(): Promise<number> {
    let count = 0;
    for (const [cluster, rules] of this.#injected) {
      await change(cluster, rules, []);
      this.#injected.delete(cluster);
      count += rules.length;
    }
    return count;
  }
}

/** For a cluster that may be a source of the others. */
async function rulesOf(fault: PolicyFault, others: readonly Cluster[]): Promise<PolicyRule[]> {
  if (fault === 'lose replies to creations') {
    return [{ effect: 'drop', peer: '*', operation: 'RPC_CM_CREATE_APP_ACK' }];
  }
  const effect = fault === 'block the data path' ? 'drop' : 'deny';
  const nodes = (await Promise.all(others.map((other) => other.listNodes()))).flat();
  return nodes.map(({ address }): PolicyRule => ({ effect, peer: address, operation: '*' }));
}

/** Replaces some rules of a cluster's policy by others, at its head: the first that matches decides. */
async function change(
  cluster: Cluster,
  remove: readonly PolicyRule[],
  add: readonly PolicyRule[],
): Promise<void> {
  const known = await fetchPolicy(cluster);
  if (known === undefined) throw notEmbedded(cluster.name);
  const rules = policySchema.shape.rules.parse(known.policy.rules);
  const left = rules.filter((rule) => !remove.some((gone) => same(gone, rule)));
  await setPolicy(cluster, [...add, ...left]);
}

const same = (a: PolicyRule, b: PolicyRule): boolean =>
  a.effect === b.effect && a.peer === b.peer && a.operation === b.operation;

export function notEmbedded(name: string): BridleError {
  return BridleError.of('BRIDLE_USAGE', {
    operation: 'inject fault',
    hint: `cluster ${name} is not an embedded cluster: faults are for those only`,
  });
}
