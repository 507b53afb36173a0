import type { Handlers, HttpHandler, PolicyVerdict, RequestContext } from './context.js';
import type { Address } from './schema.js';

export interface RpcServerLimits {
  readonly maxConnections: number;
  readonly maxFrameBytes: number;
  readonly idleTimeoutMs: number;
  readonly headerTimeoutMs: number;
  readonly maxInFlightPerConnection: number;
}

export interface RpcServerOptions {
  readonly handlers: Handlers;
  readonly http?: HttpHandler;
  readonly policy?: (context: RequestContext) => PolicyVerdict;
  readonly limits?: Partial<RpcServerLimits>;
  readonly onMalformed?: (peer: Address, reason: string) => void;
  readonly onHandlerError?: (error: unknown, context: RequestContext) => void;
  readonly now?: () => number;
}

export interface RpcServerStats {
  readonly connections: number;
  readonly requests: number;
  readonly malformed: number;
  readonly refused: number;
  readonly dropped: number;
  readonly byOperation: Readonly<Record<string, number>>;
}

export class RpcServer implements AsyncDisposable {
  constructor(readonly options: RpcServerOptions) {}

  listen(_address: Address): Promise<Address> {
    return Promise.reject(new Error('not built yet'));
  }

  stats(): RpcServerStats {
    return { connections: 0, requests: 0, malformed: 0, refused: 0, dropped: 0, byOperation: {} };
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
