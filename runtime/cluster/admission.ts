/**
 * What may become of a request: first what the caller's certificate allows, then the policy.
 *
 * Without TLS nobody proves who he is, and only the policy decides (docs/decisions/0008). With it
 *
 * - a cluster's own exchange is for its own servers, and remote commands, which can change the policy itself, are
 *   for its servers and its operators;
 * - an announced address counts only on a host that the certificate stands for;
 * - rules may name whoever has proved to be somebody: `cluster:west`, `cluster:west/server`.
 */
import { type Address, isNamed, type PeerIdentity, type PolicyVerdict } from '../pegasus/index.js';
import type { PolicyGate } from './policy.js';

export interface Caller {
  readonly peer: Address;
  readonly code: string;
  readonly identity?: PeerIdentity | undefined;
}

/** For the log, summarised by whoever writes it. */
export type OnTurnedAway = (caller: Caller, why: string) => void;

export class Admission {
  readonly #gate: PolicyGate;
  readonly #cluster: string;
  readonly #onTurnedAway: OnTurnedAway;

  constructor(gate: PolicyGate, cluster: string, onTurnedAway: OnTurnedAway = () => {}) {
    this.#gate = gate;
    this.#cluster = cluster;
    this.#onTurnedAway = onTurnedAway;
  }

  decide(caller: Caller): PolicyVerdict {
    const why = caller.identity === undefined ? undefined : this.#objection(caller, caller.identity);
    if (why === undefined) return this.#gate.decide(caller.peer, caller.code, caller.identity);
    this.#onTurnedAway(caller, why);
    return 'deny';
  }

  #objection({ code, peer }: Caller, identity: PeerIdentity): string | undefined {
    const cluster = this.#cluster;
    if (code === 'RPC_BRIDLE_NODE_SYNC' && !isNamed(identity, cluster, 'server')) {
      return `only servers of ${cluster} may report to it`;
    }
    if (code === 'RPC_CLI_CLI_CALL' && !isNamed(identity, cluster, 'server', 'operator')) {
      return `remote commands are for bridle://${cluster}/operator`;
    }
    return identity.covers(peer.host)
      ? undefined
      : `it calls itself ${peer.host}, which its certificate is not for`;
  }
}
