import { type Clock, systemClock } from '../../actors/clock.js';
import { formatAddress } from './address.js';
import {
  type AdmitReply,
  ClientConnection,
  type ConnectionOptions,
  type ReplyCounters,
} from './client-connection.js';
import type { Request, Response, RpcCode } from './codes.js';
import type { RpcProtocol } from './context.js';
import { RpcError } from './errors.js';
import { DEFAULT_MAX_RESPONSE_FRAME_BYTES } from './frame-reader.js';
import { threadHashOf } from './key.js';
import { type Network, tcp } from './network.js';
import type { Address, Gpid } from './schema.js';
import type { RpcTap } from './tap.js';

export interface RpcClientOptions {
  /** rdsn as servers speak among each other, thft as clients do. */
  readonly protocol: RpcProtocol;
  /** RDSN only: the listening address to announce. Left out, the receiver sees the socket's. */
  readonly fromAddress?: Address;
  /** A reply for which this returns false vanishes, as behind a firewall: its call times out. */
  readonly admitReply?: AdmitReply;
  /** Longest frame, either way; also the most unsent bytes per connection. Default 64 MiB. */
  readonly maxFrameBytes?: number;
  /** Calls waiting for a reply; one more fails with ERR_BUSY. Default 1024. */
  readonly maxPendingPerConnection?: number;
  /** Default 5000. */
  readonly connectTimeoutMs?: number;
  /** Default: TCP, and the system's clock. */
  readonly network?: Network;
  readonly clock?: Clock;
  /** Is told of requests and replies. */
  readonly tap?: RpcTap;
  /** Told how each call ended: the rpc-level error, and the struct that came back if there is none. */
  readonly onOutcome?: (code: RpcCode, error: string, body: unknown) => void;
}

export interface CallOptions {
  /** From now to the reply, connecting included. Also sent along; must be positive. */
  readonly timeoutMs: number;
  /** Default 0.0, as meta servers want it. */
  readonly gpid?: Gpid;
  /** keyHash of the row; default 0n. A replica aborts on a wrong one, 0n is not checked. */
  readonly partitionHash?: bigint;
  /** Default threadHashOf(gpid), the only value replicas accept. */
  readonly threadHash?: number;
  readonly signal?: AbortSignal;
}

/** Snapshot of a client. */
export interface RpcClientStats {
  readonly connections: number;
  readonly pending: number;
  /** Replies nobody waited for any more. */
  readonly lateReplies: number;
  /** Replies that `admitReply` made vanish. */
  readonly refusedReplies: number;
}

const META_GPID: Gpid = { appId: 0, partitionIndex: 0 };
const MAX_TIMEOUT_MS = 0x7fffffff;

/**
 * Calls RPCs over one pipelined connection per (host, port).
 *
 * A connection that breaks fails its calls in flight; the next call to that address connects anew. It
 * never repeats a call by itself: whether that is harmless only the caller knows. Open connections keep
 * the process alive until `close()`.
 *
 * @example
 * await using client = new RpcClient({ protocol: 'thft' });
 * const apps = await client.call(meta, 'RPC_CM_LIST_APPS', { status: 0 }, { timeoutMs: 3000 });
 */
export class RpcClient implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #onOutcome: RpcClientOptions['onOutcome'];
  readonly #connections = new Map<string, ClientConnection>();
  readonly #counters: ReplyCounters = { lateReplies: 0, refusedReplies: 0 };
  #closed = false;

  constructor(options: RpcClientOptions) {
    this.#onOutcome = options.onOutcome;
    this.#options = {
      protocol: options.protocol,
      fromAddress: options.fromAddress ?? null,
      admitReply: options.admitReply,
      maxFrameBytes: options.maxFrameBytes ?? DEFAULT_MAX_RESPONSE_FRAME_BYTES,
      maxPendingPerConnection: options.maxPendingPerConnection ?? 1024,
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      network: options.network ?? tcp,
      clock: options.clock ?? systemClock,
      tap: options.tap,
    };
  }

  /**
   * Sends one request and resolves with its response struct, whose own `err` or `error` field the caller
   * reads. Rejects with RpcError only. A one-way RPC resolves when it has been handed to the socket.
   */
  call<C extends RpcCode>(
    address: Address,
    code: C,
    request: Request<C>,
    options: CallOptions,
  ): Promise<Response<C>> {
    const { timeoutMs, signal } = options;
    const refuse = (error: string, detail: string) =>
      Promise.reject(new RpcError(error, code, formatAddress(address), detail));
    if (this.#closed) return refuse('ERR_SESSION_RESET', 'the client was closed');
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      return refuse('ERR_INVALID_PARAMETERS', `timeoutMs is ${timeoutMs}`);
    }
    if (signal?.aborted === true) return refuse('ERR_THREAD_INTERRUPTED', 'canceled by the caller');
    if (!(address.port > 0 && address.port <= 0xffff)) {
      return refuse('ERR_NETWORK_FAILURE', 'no such port');
    }
    const gpid = options.gpid ?? META_GPID;
    const answer = this.#connectionTo(address).send({
      code,
      request,
      gpid,
      timeoutMs: Math.ceil(timeoutMs),
      threadHash: options.threadHash ?? threadHashOf(gpid),
      partitionHash: options.partitionHash ?? 0n,
      signal,
    });
    const told = this.#onOutcome;
    if (told !== undefined) {
      answer.then(
        (body) => told(code, 'ERR_OK', body),
        (error: unknown) => told(code, error instanceof RpcError ? error.code : 'ERR_UNKNOWN', undefined),
      );
    }
    return answer as Promise<Response<C>>;
  }

  stats(): RpcClientStats {
    let pending = 0;
    for (const connection of this.#connections.values()) pending += connection.pendingCalls;
    return { connections: this.#connections.size, pending, ...this.#counters };
  }

  /** Fails all calls in flight with ERR_SESSION_RESET and closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connectionTo(address: Address): ClientConnection {
    const key = formatAddress(address);
    const open = this.#connections.get(key);
    if (open !== undefined) return open;
    const peer = { host: address.host, port: address.port };
    const connection = new ClientConnection(peer, this.#options, this.#counters, () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    this.#connections.set(key, connection);
    return connection;
  }
}
