/** Why bytes or a value were refused: broken bytes, or well-formed bytes that say something illegal. */
export type WireErrorCode = 'ERR_INVALID_DATA' | 'ERR_INVALID_PARAMETERS';

/**
 * The only error a decoder or an encoder of this folder throws.
 *
 * `ERR_INVALID_DATA`: the bytes are broken (truncated, lengths that do not fit, unknown types).
 * `ERR_INVALID_PARAMETERS`: the bytes are readable, the value is illegal (wrong thrift type for a
 * known field, a mandatory field missing, an address of an unknown kind, a number out of range).
 *
 * @example
 * try { decodeRawKey(bytes); } catch (e) { if (e instanceof WireError) reply(e.code); }
 */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The bytes cannot be what they claim to be. */
export function invalidData(message: string): WireError {
  return new WireError('ERR_INVALID_DATA', message);
}

/** The value is readable and not allowed. */
export function invalidParameters(message: string): WireError {
  return new WireError('ERR_INVALID_PARAMETERS', message);
}

/**
 * A remote call that did not produce a response struct.
 *
 * `code` is the dsn error name: the peer's rpc-level error, kept even when unknown to us, or one of
 * ours: ERR_TIMEOUT (deadline), ERR_NETWORK_FAILURE (connection refused, reset, closed), ERR_BUSY (too
 * many calls waiting), ERR_INVALID_DATA (the reply does not parse), ERR_INVALID_PARAMETERS
 * (the request does not encode), ERR_THREAD_INTERRUPTED (the caller's signal), ERR_SESSION_RESET (the
 * client was closed).
 * A handler of RpcServer throws it to answer with an rpc-level error.
 *
 * @example
 * throw new RpcError('ERR_OBJECT_NOT_FOUND', 'RPC_RRDB_RRDB_GET', '127.0.0.1:34801');
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: string;
  readonly operation: string;
  readonly peer: string;

  constructor(code: string, operation: string, peer: string, detail = '') {
    super(`${operation} at ${peer}: ${code}${detail === '' ? '' : ` (${detail})`}`);
    this.code = code;
    this.operation = operation;
    this.peer = peer;
  }
}
