import type { Clock } from '../../actors/clock.js';
import type { Handlers, HttpHandler, PolicyVerdict, RequestContext } from './context.js';
import type { Address } from './schema.js';
import type { RpcTap } from './tap.js';

/** Limits of a server, each with its unit. */
export interface RpcServerLimits {
  /** Of all peers. One more takes the place of the one that is silent longest, or is refused. */
  readonly maxConnections: number;
  /** Of one host. */
  readonly maxConnectionsPerPeer: number;
  readonly maxFrameBytes: number;
  /** Without traffic and without a request in work. */
  readonly idleTimeoutMs: number;
  /** From connecting, or from the first byte of a frame, to its last. */
  readonly headerTimeoutMs: number;
  /** Requests in work; then the socket is not read until one is answered. */
  readonly maxInFlightPerConnection: number;
  /** Of all connections: parts of frames, and answers nobody has taken. Beyond it those who hold most go. */
  readonly maxHeldBytes: number;
  /** With an answer under way of which the peer takes nothing. */
  readonly stalledWriteTimeoutMs: number;
}

export interface ServerCounters {
  requests: number;
  malformed: number;
  denied: number;
  dropped: number;
  readonly byOperation: Record<string, number>;
}

/** What all connections of a server share. */
export interface ServerCore {
  readonly handlers: Handlers;
  readonly http: HttpHandler | undefined;
  readonly policy: ((context: RequestContext) => PolicyVerdict) | undefined;
  readonly limits: RpcServerLimits;
  readonly counters: ServerCounters;
  /** Connections ended for their limits, by the limit's name. */
  readonly onRefused: (peer: Address, reason: string) => void;
  /** Told of each change of what a connection holds, in bytes. */
  readonly onHeld: (changeBytes: number) => void;
  readonly onMalformed: (peer: Address, reason: string) => void;
  readonly onHandlerError: (error: unknown, context: RequestContext | undefined) => void;
  readonly onAnswer: (code: string, error: string, body: unknown) => void;
  readonly tap: RpcTap | undefined;
  /** A connection has begun to wait for something that must come soon: look after it before long. */
  readonly watch: () => void;
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
}
