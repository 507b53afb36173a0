import { type Clock, systemClock } from '../../actors/clock.js';
import { formatAddress } from './address.js';
import type { Handlers, HttpHandler, PolicyVerdict, RequestContext } from './context.js';
import { RpcError } from './errors.js';
import { DEFAULT_MAX_REQUEST_FRAME_BYTES } from './frame-reader.js';
import { type Connection, type Listener, type Network, tcp } from './network.js';
import type { Address } from './schema.js';
import { ServerConnection } from './server-connection.js';
import type { RpcServerLimits, ServerCore } from './server-core.js';
import type { RpcTap } from './tap.js';

export type { RpcServerLimits } from './server-core.js';

const DEFAULT_LIMITS: RpcServerLimits = {
  maxConnections: 1024,
  maxFrameBytes: DEFAULT_MAX_REQUEST_FRAME_BYTES,
  idleTimeoutMs: 15 * 60_000,
  headerTimeoutMs: 30_000,
  maxInFlightPerConnection: 256,
};

export interface RpcServerOptions {
  readonly handlers: Handlers;
  /** Serves GET requests on the same port; without it they get 404. */
  readonly http?: HttpHandler;
  /** Asked for every RPC before its argument is decoded. Default: allow. */
  readonly policy?: (context: RequestContext) => PolicyVerdict;
  /** What is left out keeps its default: 1024 connections, 16 MiB, 15 min, 30 s, 256 requests. */
  readonly limits?: Partial<RpcServerLimits>;
  readonly onMalformed?: (peer: Address, reason: string) => void;
  /** A handler threw something else than RpcError or WireError, or returned a wrong struct; HTTP has no context. */
  readonly onHandlerError?: (error: unknown, context: RequestContext | undefined) => void;
  /** Told of every answer: the RPC code as sent, the rpc-level error, the struct if there is one. */
  readonly onAnswer?: (code: string, error: string, body: unknown) => void;
  /** Default: TCP, and the system's clock. */
  readonly network?: Network;
  readonly clock?: Clock;
  /** Is told of requests and replies. */
  readonly tap?: RpcTap;
}

/** Snapshot of a server; all but `connections` count from the start. */
export interface RpcServerStats {
  readonly connections: number;
  readonly requests: number;
  /** Connections closed for bytes that make no sense or that never became a frame. */
  readonly malformed: number;
  /** Connections closed because maxConnections were open. */
  readonly refused: number;
  /** Requests answered ERR_ACL_DENY. */
  readonly denied: number;
  /** Requests the policy left unanswered. */
  readonly dropped: number;
  /** Requests by RPC code; codes we do not know count under 'unknown'. */
  readonly byOperation: Readonly<Record<string, number>>;
}

/** However short the limits are, looking after them takes no more of a server than this. */
const LEAST_SWEEP_MS = 5;
const MAX_TIMER_MS = 0x7fffffff;

/**
 * Serves THFT, RDSN and HTTP GET on one port; the first four bytes of a connection decide.
 *
 * A frame that cannot be cut out of the stream closes its connection only. An argument that does not
 * decode is answered with an rpc-level error and the connection goes on.
 *
 * @example
 * await using server = new RpcServer({ handlers: { RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [] }) } });
 * const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
 */
export class RpcServer implements AsyncDisposable {
  readonly #network: Network;
  readonly #core: ServerCore;
  readonly #connections = new Set<ServerConnection>();
  #refused = 0;
  #listening: Promise<Listener | null> = Promise.resolve(null);
  #sweeper: unknown;
  #sweepAtMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: RpcServerOptions) {
    const clock = options.clock ?? systemClock;
    this.#network = options.network ?? tcp;
    this.#core = {
      handlers: options.handlers,
      http: options.http,
      policy: options.policy,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      counters: { requests: 0, malformed: 0, denied: 0, dropped: 0, byOperation: {} },
      onMalformed: options.onMalformed ?? (() => {}),
      onHandlerError: options.onHandlerError ?? (() => {}),
      onAnswer: options.onAnswer ?? (() => {}),
      tap: options.tap,
      watch: () => this.#sweepBy(this.#core.clock.now() + this.#shortestLimitMs),
      clock: {
        now: () => clock.now(),
        setTimeout: (wake, delayMs) => clock.setTimeout(wake, delayMs, 'deadline of a request'),
        clearTimeout: (timer) => clock.clearTimeout(timer),
      },
    };
  }

  /**
   * Starts to listen; port 0 picks a free one. Resolves with the address in use. Rejects with RpcError
   * ERR_ADDRESS_ALREADY_USED, or ERR_NETWORK_START_FAILED for any other reason.
   */
  async listen(address: Address): Promise<Address> {
    const listening = this.#network.listen(address, (socket) => this.#accept(socket));
    this.#listening = listening.catch(() => null);
    try {
      const { port } = await listening;
      return { host: address.host, port };
    } catch (thrown) {
      const error = thrown as NodeJS.ErrnoException;
      const code = error.code === 'EADDRINUSE' ? 'ERR_ADDRESS_ALREADY_USED' : 'ERR_NETWORK_START_FAILED';
      throw new RpcError(code, 'listen', formatAddress(address), error.message);
    }
  }

  stats(): RpcServerStats {
    const { counters } = this.#core;
    return {
      ...counters,
      connections: this.#connections.size,
      refused: this.#refused,
      byOperation: { ...counters.byOperation },
    };
  }

  /** Stops listening and closes every connection; requests in work get no answer. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#core.clock.clearTimeout(this.#sweeper);
    const closed = this.#listening.then((listener) => listener?.close());
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Connection): void {
    if (this.#connections.size >= this.#core.limits.maxConnections) {
      this.#refused++;
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const connection = new ServerConnection(socket, this.#core);
    this.#connections.add(connection);
    this.#core.watch();
    socket.once('close', () => this.#connections.delete(connection));
  }

  get #shortestLimitMs(): number {
    const { headerTimeoutMs, idleTimeoutMs } = this.#core.limits;
    return Math.min(headerTimeoutMs, idleTimeoutMs);
  }

  /** Looks after the connections then, unless it does so earlier. A server without connections waits for nothing. */
  #sweepBy(atMs: number): void {
    if (this.#closed || this.#sweepAtMs <= atMs) return;
    const { clock } = this.#core;
    clock.clearTimeout(this.#sweeper);
    this.#sweepAtMs = atMs;
    this.#sweeper = clock.setTimeout(() => this.#sweep(), Math.min(atMs - clock.now(), MAX_TIMER_MS));
  }

  #sweep(): void {
    const nowMs = this.#core.clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const connection of this.#connections) {
      connection.checkTimeouts(nowMs);
      nextMs = Math.min(nextMs, connection.nextCheckMs);
    }
    this.#sweepAtMs = Number.POSITIVE_INFINITY;
    // A limit that has passed holds again as soon as what kept it from being one, a request in work, is over.
    const soonestMs = nowMs + Math.max(LEAST_SWEEP_MS, this.#shortestLimitMs / 4);
    if (this.#connections.size > 0) this.#sweepBy(Math.max(nextMs, soonestMs));
  }
}
