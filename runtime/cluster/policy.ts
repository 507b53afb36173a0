/**
 * Whom a cluster talks to: allow and deny lists by peer and operation.
 *
 * A denied request is answered ERR_ACL_DENY. A dropped one gets no answer at all, and a dropped reply
 * (`RPC_…_ACK`) never arrives, as behind a firewall; this is how the fault of the seed is made real.
 */
import { z } from 'zod';
import { type Address, formatAddress } from '../pegasus/index.js';
import { wildcard } from './wildcard.js';

const rule = z.object({
  effect: z.enum(['allow', 'deny', 'drop']),
  /** `host:port`, with `*` for any run of characters. */
  peer: z.string().min(1).max(256),
  /** RPC code such as `RPC_NFS_COPY`, or that of a reply such as `RPC_CM_CREATE_APP_ACK`; `*` as above. */
  operation: z.string().min(1).max(128),
});

/** The first rule that matches decides; without one the request is allowed. */
export const policySchema = z.object({
  /** Grows with every change; replica servers report which one they have. */
  version: z.number().int().nonnegative().default(0),
  rules: z.array(rule).max(1_000),
});

/** What becomes of the requests of a peer. With `*` for any run of characters. */
export type PolicyRule = z.infer<typeof rule>;
export type Policy = z.infer<typeof policySchema>;

export const OPEN_POLICY: Policy = { version: 0, rules: [] };

type Matches = (text: string) => boolean;

/** Never subject to a policy: without them a closed cluster could not be opened again. */
const EXEMPT = new Set([
  'RPC_BRIDLE_NODE_SYNC',
  'RPC_BRIDLE_NODE_SYNC_ACK',
  'RPC_CLI_CLI_CALL',
  'RPC_CLI_CLI_CALL_ACK',
]);

/**
 * @example
 * const gate = new PolicyGate();
 * gate.set({ version: 1, rules: [{ effect: 'drop', peer: '127.0.0.1:34801', operation: 'RPC_NFS_*' }] });
 * gate.decide({ host: '127.0.0.1', port: 34801 }, 'RPC_NFS_COPY'); // 'drop'
 */
export class PolicyGate {
  #policy: Policy = OPEN_POLICY;
  #rules: readonly { effect: PolicyRule['effect']; peer: Matches; operation: Matches }[] = [];

  get policy(): Policy {
    return this.#policy;
  }

  set(policy: Policy): void {
    this.#policy = policy;
    this.#rules = policy.rules.map(({ effect, peer, operation }) => ({
      effect,
      peer: wildcard(peer),
      operation: wildcard(operation),
    }));
  }

  decide(peer: Address, operation: string): PolicyRule['effect'] {
    return this.#rules[this.#deciding(peer, operation)]?.effect ?? 'allow';
  }

  /** The rule that keeps this from getting through, and its place in the list; null if none does. */
  whyNot(peer: Address, operation: string): { readonly rule: PolicyRule; readonly index: number } | null {
    const index = this.#deciding(peer, operation);
    const rule = this.#policy.rules[index];
    return rule === undefined || rule.effect === 'allow' ? null : { rule, index };
  }

  #deciding(peer: Address, operation: string): number {
    if (this.#rules.length === 0 || EXEMPT.has(operation)) return -1;
    const address = formatAddress(peer);
    return this.#rules.findIndex((rule) => rule.operation(operation) && rule.peer(address));
  }

  /** For a client: a reply that is denied or dropped never arrives. */
  admitsReply(peer: Address, ackCode: string): boolean {
    return this.decide(peer, ackCode) === 'allow';
  }
}
