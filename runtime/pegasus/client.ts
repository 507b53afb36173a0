import type { Request, Response, RpcCode } from './codes.js';
import type { RpcProtocol } from './context.js';
import type { Address, Gpid } from './schema.js';

export interface RpcClientOptions {
  readonly protocol: RpcProtocol;
  readonly fromAddress?: Address;
  readonly admitReply?: (peer: Address, ackCode: string) => boolean;
  readonly maxFrameBytes?: number;
  readonly maxPendingPerConnection?: number;
  readonly connectTimeoutMs?: number;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly gpid?: Gpid;
  readonly partitionHash?: bigint;
  readonly threadHash?: number;
  readonly signal?: AbortSignal;
}

export interface RpcClientStats {
  readonly connections: number;
  readonly pending: number;
  readonly lateReplies: number;
  readonly refusedReplies: number;
}

export class RpcClient implements AsyncDisposable {
  constructor(readonly options: RpcClientOptions) {}

  call<C extends RpcCode>(
    _address: Address,
    _code: C,
    _request: Request<C>,
    _options: CallOptions,
  ): Promise<Response<C>> {
    return Promise.reject(new Error('not built yet'));
  }

  stats(): RpcClientStats {
    return { connections: 0, pending: 0, lateReplies: 0, refusedReplies: 0 };
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
