import { CopyError } from '../../../actors/ports/fileCopy.js';
import { RpcError } from '../../pegasus/errors.js';
import type { Address } from '../../pegasus/schema.js';

/** A failed call as the chart wants it told: error, operation, peer. */
export function remoteError(thrown: unknown, operation: string, peer: string): CopyError {
  if (thrown instanceof CopyError) return thrown;
  const error = thrown instanceof RpcError ? thrown.code : 'ERR_UNKNOWN';
  const hint = thrown instanceof Error ? thrown.message : String(thrown);
  return new CopyError({ error, operation, peer, hint }, { cause: thrown });
}

/**
 * The address behind `host:port`.
 *
 * @throws CopyError ERR_INVALID_PARAMETERS
 */
export function parsePeer(peer: string, operation: string): Address {
  const match = /^(.+):(\d{1,5})$/.exec(peer);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || !(port > 0 && port <= 0xffff)) {
    throw new CopyError({ error: 'ERR_INVALID_PARAMETERS', operation, peer, hint: 'host:port is needed' });
  }
  return { host: match[1], port };
}
