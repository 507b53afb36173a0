/** Which rule of this cluster's own policy explains what its actors are in trouble with. */
import type { Trouble } from '../../../machines/index.js';
import { parseAddress } from '../../pegasus/index.js';
import { type PolicyGate, ruleInWords } from '../policy.js';

/** As the trouble of a copy names the node that copies. */
const COPYING_NODE = /^follower node (\S+) cannot reach /;

/** In words; null where no rule of this cluster does. The innermost trouble is the last. */
export function blockedBy(
  gate: PolicyGate,
  cluster: string,
  troubles: readonly (Trouble | null)[],
): string | null {
  for (const trouble of troubles.toReversed()) {
    if (trouble === null) continue;
    const asking = COPYING_NODE.exec(trouble.hint ?? '')?.[1];
    const why =
      whyNot(gate, asking, trouble.operation) ?? whyNot(gate, trouble.peer, `${trouble.operation}_ACK`);
    if (why !== null) return ruleInWords(why.rule, why.index + 1, cluster);
  }
  return null;
}

function whyNot(
  gate: PolicyGate,
  peer: string | undefined,
  operation: string,
): ReturnType<PolicyGate['whyNot']> {
  if (peer === undefined) return null;
  try {
    return gate.whyNot(parseAddress(peer), operation);
  } catch (error) {
    // An address that is none, as an operator set it, is trouble of another kind.
    if (error instanceof RangeError) return null;
    throw error;
  }
}
