import type { Clock } from '../../actors/clock.js';
import type { RequestContext, RpcProtocol } from './context.js';
import type { Address, Gpid } from './schema.js';
import type { PeerIdentity } from './tls-identity.js';

/** What the request's head says; see RequestContext. */
export interface RequestHead {
  readonly protocol: RpcProtocol;
  readonly code: string;
  readonly peer: Address;
  readonly gpid: Gpid;
  readonly partitionHash: bigint;
  readonly threadHash: number;
  readonly timeoutMs: number;
}

const MAX_TIMER_MS = 0x7fffffff;

/** RequestContext whose signal costs nothing until somebody asks for it. */
export class ServerContext implements RequestContext {
  readonly protocol: RpcProtocol;
  readonly code: string;
  readonly peer: Address;
  readonly identity: PeerIdentity | undefined;
  readonly gpid: Gpid;
  readonly partitionHash: bigint;
  readonly threadHash: number;
  readonly timeoutMs: number;
  readonly #clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
  readonly #arrivedMs: number;
  #controller: AbortController | undefined;
  #timer: unknown;
  #abortReason: Error | undefined;
  #over = false;

  constructor(
    head: RequestHead,
    identity: PeerIdentity | undefined,
    clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>,
  ) {
    this.identity = identity;
    this.protocol = head.protocol;
    this.code = head.code;
    this.peer = head.peer;
    this.gpid = head.gpid;
    this.partitionHash = head.partitionHash;
    this.threadHash = head.threadHash;
    this.timeoutMs = head.timeoutMs;
    this.#clock = clock;
    this.#arrivedMs = clock.now();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#abortReason !== undefined) controller.abort(this.#abortReason);
      else if (this.timeoutMs > 0 && !this.#over) {
        const leftMs = this.#arrivedMs + this.timeoutMs - this.#clock.now();
        const expire = () => this.abort('the deadline has passed');
        if (leftMs <= 0) expire();
        else this.#timer = this.#clock.setTimeout(expire, Math.min(leftMs, MAX_TIMER_MS));
      }
    }
    return this.#controller.signal;
  }

  /** The connection is gone or the deadline has passed: nobody waits for the answer. */
  abort(reason: string): void {
    if (this.#over) return;
    this.#abortReason ??= new Error(reason);
    this.finish();
    this.#controller?.abort(this.#abortReason);
  }

  /** The request has been answered: the deadline means nothing any more. */
  finish(): void {
    this.#over = true;
    this.#clock.clearTimeout(this.#timer);
  }
}
