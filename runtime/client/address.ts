import type { Address } from '../pegasus/schema.js';
import { BridleError } from './errors.js';

/** Where a Pegasus meta server listens unless told otherwise. */
const DEFAULT_META_PORT = 34601;

/**
 * 'host:port', or 'host' with the port of meta servers. BRIDLE_USAGE for anything else.
 *
 * @example
 * parseAddress('127.0.0.1:34601') // { host: '127.0.0.1', port: 34601 }
 */
export function parseAddress(text: string): Address {
  const match = /^([^\s:,/]+)(?::(\d{1,5}))?$/.exec(text.trim());
  const port = Number(match?.[2] ?? DEFAULT_META_PORT);
  if (match?.[1] === undefined || port < 1 || port > 0xffff) {
    throw BridleError.of('BRIDLE_USAGE', { hint: `"${text}" is not an address; write HOST:PORT` });
  }
  // Embedded clusters listen on IPv4; a name that resolves to ::1 first would not find them.
  return { host: match[1] === 'localhost' ? '127.0.0.1' : match[1], port };
}

/** One or many addresses, also separated by commas; at least one. */
export function parseAddresses(meta: string | readonly string[]): readonly Address[] {
  const texts = (typeof meta === 'string' ? [meta] : meta).flatMap((text) => text.split(','));
  const addresses = texts.filter((text) => text.trim() !== '').map(parseAddress);
  if (addresses.length === 0) throw BridleError.of('BRIDLE_USAGE', { hint: 'no meta server was given' });
  return addresses;
}
