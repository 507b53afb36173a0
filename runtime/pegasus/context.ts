import type { Request, Response, RpcCode } from './codes.js';
import type { Address, Gpid } from './schema.js';
import type { PeerIdentity } from './tls-identity.js';

export type RpcProtocol = 'rdsn' | 'thft';

/** What a handler and a policy know about a request besides its argument. */
export interface RequestContext {
  /** The RPC code as sent; for a policy it may be one nobody here handles. */
  readonly code: string;
  /** The caller's listening address when it announced one (RDSN), else the socket's peer. */
  readonly peer: Address;
  /** Who the caller has proved to be, over TLS. */
  readonly identity?: PeerIdentity | undefined;
  readonly protocol: RpcProtocol;
  readonly gpid: Gpid;
  /** Unsigned 64-bit; 0n when the caller set none. */
  readonly partitionHash: bigint;
  readonly threadHash: number;
  /** What the caller allows, in milliseconds; 0 means it did not say. */
  readonly timeoutMs: number;
  /** Aborted when the connection closes or the caller's deadline passes. */
  readonly signal: AbortSignal;
}

/** allow: handle it. deny: answer ERR_ACL_DENY. drop: no answer at all, as a firewall does. */
export type PolicyVerdict = 'allow' | 'deny' | 'drop';

export type Handler<C extends RpcCode> = (
  request: Request<C>,
  context: RequestContext,
) => Promise<Response<C>> | Response<C>;

/** A missing handler answers ERR_HANDLER_NOT_FOUND. */
export type Handlers = { readonly [C in RpcCode]?: Handler<C> };

export interface HttpRequest {
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The formats that the asker takes, as its header says in lower case; empty without one. */
  readonly accept: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Default: text/plain. */
  readonly contentType?: string;
  readonly body: string | Buffer;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;
