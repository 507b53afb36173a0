/**
 * Talks to whichever meta server leads.
 *
 * Every retry here, with its bound: the deadline of the call.
 *   ERR_FORWARD_TO_OTHERS     not carried out: ask the leader it names, else the next meta
 *   ERR_SERVICE_NOT_ACTIVE,
 *   ERR_BUSY and their like   not carried out: wait, ask again
 *   ERR_TIMEOUT,
 *   ERR_NETWORK_FAILURE       outcome unknown: the next meta if repeating is harmless, else the caller
 *                             looks at what is there and decides
 */
import { formatAddress } from '../pegasus/address.js';
import type { RpcClient } from '../pegasus/client.js';
import type { Request, Response } from '../pegasus/codes.js';
import { RpcError } from '../pegasus/errors.js';
import type { Address } from '../pegasus/schema.js';
import { type Deadline, fullJitterMs } from './deadline.js';
import { BridleError } from './errors.js';

export type MetaCode =
  | 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX'
  | 'RPC_CM_CREATE_APP'
  | 'RPC_CM_DROP_APP'
  | 'RPC_CM_LIST_APPS'
  | 'RPC_CM_LIST_NODES'
  | 'RPC_CM_CLUSTER_INFO'
  | 'RPC_CM_UPDATE_APP_ENV'
  | 'RPC_CM_ADD_DUPLICATION'
  | 'RPC_CM_MODIFY_DUPLICATION'
  | 'RPC_CM_QUERY_DUPLICATION'
  | 'RPC_CM_LIST_DUPLICATION';

export interface MetaCall {
  readonly deadline: Deadline;
  /** May the request be sent again when nobody knows whether it was carried out? */
  readonly idempotent: boolean;
  /** Codes the caller wants to see at once instead of waiting until they pass. */
  readonly giveBack?: readonly string[];
}

/** Answers that say: not now, and nothing was done. */
const ASK_AGAIN_LATER: ReadonlySet<string> = new Set([
  'ERR_SERVICE_NOT_ACTIVE',
  'ERR_UNDER_RECOVERY',
  'ERR_BUSY',
  'ERR_BUSY_CREATING',
  'ERR_BUSY_DROPPING',
  'ERR_TRY_AGAIN',
]);

/** No answer, so nobody knows. */
const OUTCOME_UNKNOWN: ReadonlySet<string> = new Set(['ERR_TIMEOUT', 'ERR_NETWORK_FAILURE']);

const RETRY_BASE_MS = 50;
const RETRY_CAP_MS = 1000;
/** Metas learnt from redirections are kept up to this many in all. */
const MAX_KNOWN_METAS = 16;

/** True for a failure after which only looking tells what happened. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof BridleError && OUTCOME_UNKNOWN.has(error.code);
}

export class MetaSession {
  readonly #rpc: RpcClient;
  readonly #metas: Address[];
  #leader = 0;

  constructor(rpc: RpcClient, metas: readonly Address[]) {
    this.#rpc = rpc;
    this.#metas = [...metas];
  }

  /** The meta asked first, next time. */
  get leader(): Address {
    return this.#metas[this.#leader] as Address;
  }

  /** As it is called in errors. */
  get peer(): string {
    return formatAddress(this.leader);
  }

  /**
   * One request to the leader. Resolves with any answer that is final, whatever its `err` says; rejects
   * with BridleError when there was none before the deadline: the last reason, not merely ERR_TIMEOUT.
   */
  async call<C extends MetaCode>(code: C, request: Request<C>, options: MetaCall): Promise<Response<C>> {
    const { deadline, idempotent } = options;
    for (let attempt = 0; ; attempt++) {
      deadline.throwIfCanceled(code);
      const outcome = await this.#attempt(code, request, deadline, idempotent);
      if (outcome.kind === 'redirect') {
        // The first redirections cost nothing; later ones mean that metas disagree, which takes time.
        if (attempt < this.#metas.length || (await deadline.pause(retryMs(attempt)))) continue;
        throw outcome.error;
      }
      if (outcome.kind === 'answer') {
        const { err } = outcome;
        const later = ASK_AGAIN_LATER.has(err) && options.giveBack?.includes(err) !== true;
        if (!later || !(await deadline.pause(retryMs(attempt)))) return outcome.response;
        continue;
      }
      this.#rotate();
      if (!idempotent || !(await deadline.pause(retryMs(attempt)))) throw outcome.error;
    }
  }

  /** The next meta in the list becomes the one that is asked first. */
  #rotate(): void {
    this.#leader = (this.#leader + 1) % this.#metas.length;
  }

  async #attempt<C extends MetaCode>(
    code: C,
    request: Request<C>,
    deadline: Deadline,
    idempotent: boolean,
  ): Promise<Outcome<Response<C>>> {
    const address = this.leader;
    // What must not be repeated gets more time, and still leaves some to look at what it did.
    const timeoutMs = Math.min(deadline.attemptMs(idempotent ? 0.3 : 0.6), MAX_ATTEMPT_MS);
    try {
      const response = await this.#rpc.call(address, code, request, {
        timeoutMs,
        ...(deadline.signal === undefined ? {} : { signal: deadline.signal }),
      });
      const { err } = response as { readonly err: string };
      if (err !== 'ERR_FORWARD_TO_OTHERS') return { kind: 'answer', response, err };
      await this.#followRedirect(address, deadline);
      return { kind: 'redirect', error: redirected(code, address) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.code === 'ERR_FORWARD_TO_OTHERS') {
        await this.#followRedirect(address, deadline);
        return { kind: 'redirect', error: redirected(code, address) };
      }
      if (!OUTCOME_UNKNOWN.has(error.code) && error.code !== 'ERR_BUSY') throw BridleError.from(error);
      return { kind: 'silence', error: BridleError.from(error) };
    }
  }

  /** Only a table query names the leader. Whatever goes wrong here, the next meta is tried. */
  async #followRedirect(from: Address, deadline: Deadline): Promise<void> {
    // Somebody else may have found the leader meanwhile.
    if (this.leader !== from) return;
    const leader = await this.#askWhoLeads(from, deadline);
    const known = this.#metas.findIndex((meta) => leader !== null && sameAddress(meta, leader));
    if (this.leader !== from) return;
    if (leader === null || sameAddress(leader, from)) this.#rotate();
    else if (known >= 0) this.#leader = known;
    else if (this.#metas.length < MAX_KNOWN_METAS) this.#leader = this.#metas.push(leader) - 1;
    else this.#rotate();
  }

  async #askWhoLeads(from: Address, deadline: Deadline): Promise<Address | null> {
    try {
      const answer = await this.#rpc.call(
        from,
        'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX',
        { appName: 'who_leads', partitionIndices: [] },
        { timeoutMs: deadline.attemptMs(0.1) },
      );
      if (answer.err !== 'ERR_FORWARD_TO_OTHERS') return null;
      const named = answer.partitions[0];
      return named?.primary ?? named?.hpPrimary ?? null;
    } catch {
      return null;
    }
  }
}

const MAX_ATTEMPT_MS = 5000;

type Outcome<R> =
  | { readonly kind: 'answer'; readonly response: R; readonly err: string }
  | { readonly kind: 'redirect'; readonly error: BridleError }
  | { readonly kind: 'silence'; readonly error: BridleError };

function retryMs(attempt: number): number {
  return RETRY_BASE_MS / 2 + fullJitterMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS);
}

function redirected(code: string, address: Address): BridleError {
  const peer = formatAddress(address);
  return BridleError.of('ERR_FORWARD_TO_OTHERS', {
    operation: code,
    peer,
    hint: `${peer} does not lead and none of the other meta servers does`,
  });
}

function sameAddress(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}
