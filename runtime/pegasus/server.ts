import { type Clock, systemClock } from '../../actors/clock.js';
import { formatAddress } from './address.js';
import { ConnectionRoom } from './connection-room.js';
import type { Handlers, HttpHandler, PolicyVerdict, RequestContext } from './context.js';
import { RpcError } from './errors.js';
import { DEFAULT_MAX_REQUEST_FRAME_BYTES } from './frame-reader.js';
import { type Connection, type Listener, type Network, tcp } from './network.js';
import type { Address } from './schema.js';
import { ServerConnection } from './server-connection.js';
import type { RpcServerLimits, ServerCore } from './server-core.js';
import { plainHost, type RpcTap } from './tap.js';

export type { RpcServerLimits } from './server-core.js';

export const DEFAULT_RPC_LIMITS: RpcServerLimits = {
  maxConnections: 1024,
  maxConnectionsPerPeer: 1024,
  maxFrameBytes: DEFAULT_MAX_REQUEST_FRAME_BYTES,
  idleTimeoutMs: 15 * 60_000,
  headerTimeoutMs: 30_000,
  maxInFlightPerConnection: 256,
  maxHeldBytes: 512 * 1024 * 1024,
  stalledWriteTimeoutMs: 120_000,
};

export interface RpcServerOptions {
  readonly handlers: Handlers;
  /** Serves GET requests on the same port; without it they get 404. */
  readonly http?: HttpHandler;
  /** Asked for every RPC before its argument is decoded. Default: allow. */
  readonly policy?: (context: RequestContext) => PolicyVerdict;
  /** What is left out keeps its default: see {@link DEFAULT_RPC_LIMITS}. */
  readonly limits?: Partial<RpcServerLimits>;
  readonly onMalformed?: (peer: Address, reason: string) => void;
  /** A connection was not taken, or was ended, for the limit of this name. */
  readonly onRefused?: (peer: Address, limit: string) => void;
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
  /** Connections not taken, or ended, for a limit: of their number, of what they hold, of patience. */
  readonly refused: number;
  /** Parts of frames, and answers nobody has taken. */
  readonly heldBytes: number;
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
  /** Until their sockets are closed; those that were put out have left the room already. */
  readonly #open = new Set<ServerConnection>();
  readonly #room: ConnectionRoom;
  #refused = 0;
  #listening: Promise<Listener | null> = Promise.resolve(null);
  #sweeper: unknown;
  #sweepAtMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: RpcServerOptions) {
    const clock = options.clock ?? systemClock;
    const limits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
    this.#room = new ConnectionRoom(limits);
    this.#network = options.network ?? tcp;
    this.#core = {
      handlers: options.handlers,
      http: options.http,
      policy: options.policy,
      limits,
      counters: { requests: 0, malformed: 0, denied: 0, dropped: 0, byOperation: {} },
      onMalformed: options.onMalformed ?? (() => {}),
      onRefused: (peer, limit) => {
        this.#refused++;
        options.onRefused?.(peer, limit);
      },
      onHeld: (change) => this.#room.changeHeld(change),
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
      connections: this.#room.size,
      refused: this.#refused,
      heldBytes: this.#room.heldBytes,
      byOperation: { ...counters.byOperation },
    };
  }

  /** Stops listening and closes every connection; requests in work get no answer. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#core.clock.clearTimeout(this.#sweeper);
    const closed = this.#listening.then((listener) => listener?.close());
    for (const connection of [...this.#open]) connection.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Connection): void {
    const host = plainHost(socket.remoteAddress);
    const limit = this.#room.makeRoom(host, this.#core.clock.now());
    if (limit !== undefined) {
      socket.on('error', () => {});
      socket.destroy();
      this.#core.onRefused({ host, port: socket.remotePort ?? 0 }, limit);
      return;
    }
    const connection = new ServerConnection(socket, this.#core);
    this.#open.add(connection);
    this.#room.add(connection);
    this.#core.watch();
    socket.once('close', () => {
      this.#open.delete(connection);
      this.#room.delete(connection);
    });
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
    for (const connection of this.#open) {
      connection.checkTimeouts(nowMs);
      nextMs = Math.min(nextMs, connection.nextCheckMs);
    }
    this.#sweepAtMs = Number.POSITIVE_INFINITY;
    // A limit that has passed holds again as soon as what kept it from being one, a request in work, is over.
    const soonestMs = nowMs + Math.max(LEAST_SWEEP_MS, this.#shortestLimitMs / 4);
    if (this.#open.size > 0) this.#sweepBy(Math.max(nextMs, soonestMs));
  }
}
