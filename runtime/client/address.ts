import { parseAddress } from '../pegasus/address.js';
import type { Address } from '../pegasus/schema.js';
import { BridleError } from './errors.js';

/** Where a Pegasus meta server listens unless told otherwise. */
const DEFAULT_META_PORT = 34601;

/** 'host:port', or 'host' with the port of meta servers. BRIDLE_USAGE for anything else. */
export function parseServer(text: string): Address {
  try {
    return parseAddress(text, DEFAULT_META_PORT);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw BridleError.of('BRIDLE_USAGE', { hint: error.message });
  }
}

/** One or many addresses, also separated by commas; at least one. */
export function parseServers(meta: string | readonly string[]): readonly Address[] {
  const texts = (typeof meta === 'string' ? [meta] : meta).flatMap((text) => text.split(','));
  const addresses = texts.filter((text) => text.trim() !== '').map(parseServer);
  if (addresses.length === 0) throw BridleError.of('BRIDLE_USAGE', { hint: 'no meta server was given' });
  return addresses;
}
