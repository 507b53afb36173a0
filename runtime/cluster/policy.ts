/**
 * Whom a cluster talks to: allow and deny lists by peer and operation.
 *
 * A denied request is answered ERR_ACL_DENY. A dropped one gets no answer at all, and a dropped reply
 * (`RPC_…_ACK`) never arrives, as behind a firewall; this is how the fault of the seed is made real.
 */
import { z } from 'zod';
import { type Address, formatAddress, type PeerIdentity } from '../pegasus/index.js';
import { wildcard } from './wildcard.js';

const rule = z.object({
  effect: z.enum(['allow', 'deny', 'drop']),
  /**
   * `host:port` as the peer announces it, or, over TLS, who it has proved to be: `cluster:NAME`,
   * `cluster:NAME/ROLE`. With `*` for any run of characters.
   */
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
type PeerMatches = (address: string, identity: PeerIdentity | undefined) => boolean;

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
  #rules: readonly { effect: PolicyRule['effect']; peer: PeerMatches; operation: Matches }[] = [];

  get policy(): Policy {
    return this.#policy;
  }

  set(policy: Policy): void {
    this.#policy = policy;
    this.#rules = policy.rules.map(({ effect, peer, operation }) => ({
      effect,
      peer: peerMatcher(peer),
      operation: wildcard(operation),
    }));
  }

  decide(peer: Address, operation: string, identity?: PeerIdentity): PolicyRule['effect'] {
    return this.#rules[this.#deciding(peer, operation, identity)]?.effect ?? 'allow';
  }

  /** The rule that keeps this from getting through, and its place in the list; null if none does. */
  whyNot(
    peer: Address,
    operation: string,
    identity?: PeerIdentity,
  ): { readonly rule: PolicyRule; readonly index: number } | null {
    const index = this.#deciding(peer, operation, identity);
    const rule = this.#policy.rules[index];
    return rule === undefined || rule.effect === 'allow' ? null : { rule, index };
  }

  #deciding(peer: Address, operation: string, identity: PeerIdentity | undefined): number {
    if (this.#rules.length === 0 || EXEMPT.has(operation)) return -1;
    const address = formatAddress(peer);
    return this.#rules.findIndex((rule) => rule.operation(operation) && rule.peer(address, identity));
  }

  /** For a client: a reply that is denied or dropped never arrives. */
  admitsReply(peer: Address, ackCode: string, identity?: PeerIdentity): boolean {
    return this.decide(peer, ackCode, identity) === 'allow';
  }
}

/**
 * Why a policy cannot be in force at a server, if so: without TLS nobody proves to be of a cluster, so a rule that
 * names one would never match, and a door that was meant to be closed would stand open.
 */
export function policyFlaw(
  rules: readonly PolicyRule[],
  { tls }: { readonly tls?: unknown },
): string | undefined {
  const named = rules.find(({ peer }) => peer.startsWith(CLUSTER));
  if (named === undefined || (tls !== undefined && tls !== null)) return undefined;
  return `a rule for ${named.peer} needs TLS: without it nobody proves to be of a cluster`;
}

const CLUSTER = 'cluster:';

function peerMatcher(pattern: string): PeerMatches {
  if (!pattern.startsWith(CLUSTER)) return wildcard(pattern);
  const name = pattern.slice(CLUSTER.length);
  const matches = wildcard(name.includes('/') ? name : `${name}/*`);
  return (_, identity) => identity?.names.some(({ cluster, role }) => matches(`${cluster}/${role}`)) ?? false;
}

/** @example ruleInWords({ effect: 'drop', peer: '*', operation: 'RPC_NFS_*' }, 1, 'east') // 'rule 1 of east (drop * RPC_NFS_*)' */
export function ruleInWords(
  { effect, peer, operation }: PolicyRule,
  number: number,
  cluster: string,
): string {
  return `rule ${number} of ${cluster} (${effect} ${peer} ${operation})`;
}
