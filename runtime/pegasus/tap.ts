/**
 * What somebody who records messages is told by clients and servers. Both ends give a call the same id
 * without a word of it on the wire: the connection's two addresses and the sequence id.
 */
import type { RpcProtocol } from './context.js';
import type { Connection } from './network.js';
import type { Address, Gpid } from './schema.js';

/** What is known of a call from its head. */
export interface TappedCall {
  readonly code: string;
  readonly protocol: RpcProtocol;
  /** The other end: its listening address if it announced one, else the socket's. */
  readonly peer: Address;
  readonly gpid: Gpid;
}

/** Told of one call that a client makes. */
export interface ClientTap {
  /** The request goes out. `id` is that of the call. */
  sent(id: string, bytes: number): void;
  /** It never went out: no connection came about. */
  notSent(why: string): void;
  /** `error` is the rpc-level one; `response` is undefined if there is an error. */
  replied(error: string, response: unknown, bytes: number): void;
  /** A reply came, and our own policy let it vanish. */
  replyDropped(bytes: number): void;
}

/** Told of one call that a server gets. */
export interface ServerTap {
  arrived(id: string, request: unknown, bytes: number): void;
  /** A policy turned it away; a denied one is answered, a dropped one is not. */
  refused(id: string, fate: 'denied' | 'dropped', bytes: number): void;
  replied(error: string, response: unknown, bytes: number): void;
}

/** Undefined where a call is of no interest; asked for each, so it has to be quick. */
export interface RpcTap {
  calling(call: TappedCall, request: unknown): ClientTap | undefined;
  serving(call: TappedCall): ServerTap | undefined;
  /** A reply that nobody waits for any more. */
  lateReply(call: TappedCall, id: string, bytes: number): void;
}

/** Whether the socket knows its own address, as it does once it is connected. */
export function hasAddress({ localPort }: Connection): boolean {
  return localPort !== undefined;
}

/** The ids of the calls of one connection, the same at both ends of the socket. */
export class CallIds {
  readonly #socket: Connection;
  readonly #side: 'client' | 'server';
  #prefix: string | null = null;

  constructor(socket: Connection, side: 'client' | 'server') {
    this.#socket = socket;
    this.#side = side;
  }

  /** To be asked when the socket is connected: see {@link hasAddress}. */
  of(seqId: number | bigint): string {
    this.#prefix ??= this.#makePrefix();
    return `${this.#prefix}${seqId}`;
  }

  #makePrefix(): string {
    const { localAddress, localPort = 0, remoteAddress, remotePort = 0 } = this.#socket;
    const local = `${plainHost(localAddress)}:${localPort}`;
    const remote = `${plainHost(remoteAddress)}:${remotePort}`;
    return this.#side === 'client' ? `${local}>${remote}#` : `${remote}>${local}#`;
  }
}

/** A dual-stack listener has IPv4 addresses in mapped form. */
export function plainHost(host = '0.0.0.0'): string {
  return host.replace(/^::ffff:/, '');
}
