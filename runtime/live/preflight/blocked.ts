/** Which rule of which cluster keeps a request, or its answer, from getting through. */
import { type Policy, PolicyGate, type PolicyRule } from '../../cluster/policy.js';
import { parseAddress } from '../../pegasus/address.js';
import type { ServerLook, SideLook, Situation, Trial } from './situation.js';

export interface BlockingRule {
  readonly rule: PolicyRule;
  /** 1 is the first of the list. */
  readonly number: number;
  readonly cluster: string;
  /** Of that cluster, as commands take them. */
  readonly meta: string;
  /** Server at which it is in force. */
  readonly at: string;
  /** What it keeps from arriving. */
  readonly what: 'request' | 'reply';
}

/** Null when no rule of either cluster explains it: then it is something in between, or the other end. */
export function blockingRule(situation: Situation, { from, peer, operation }: Trial): BlockingRule | null {
  const receiver = serverAt(situation, peer);
  const sender = serverAt(situation, from);
  return (
    ruleAt(receiver, from, operation, 'request') ?? ruleAt(sender, peer, `${operation}_ACK`, 'reply') ?? null
  );
}

interface Found {
  readonly side: SideLook;
  readonly server: ServerLook;
}

function serverAt({ source, follower }: Situation, address: string): Found | undefined {
  for (const side of follower === null ? [source] : [source, follower]) {
    const server = [side.leader, ...side.nodes].find((each) => each.address === address);
    if (server !== undefined) return { side, server };
  }
  return undefined;
}

function ruleAt(
  found: Found | undefined,
  other: string,
  operation: string,
  what: BlockingRule['what'],
): BlockingRule | null {
  const facts = found?.server.facts;
  if (found === undefined || facts == null) return null;
  const why = gateOf(facts.policy).whyNot(parseAddress(other), operation);
  if (why === null) return null;
  const { cluster, meta } = found.side;
  return { rule: why.rule, number: why.index + 1, cluster, meta, at: found.server.address, what };
}

const gates = new WeakMap<Policy, PolicyGate>();

/** Rules are compiled once, for they are asked about every way. */
function gateOf(policy: Policy): PolicyGate {
  const known = gates.get(policy);
  if (known !== undefined) return known;
  const gate = new PolicyGate();
  gate.set(policy);
  gates.set(policy, gate);
  return gate;
}
