import type { BinaryReader, BinaryWriter } from './buffer.js';
import { invalidParameters } from './errors.js';
import type { Address } from './schema.js';

// Only 0 (invalid) and 1 (IPv4) may travel; a real server aborts on anything else.
const KIND_INVALID = 0;
const KIND_IPV4 = 1;

/** 'host:port' as logs and errors show it. */
export function formatAddress(address: Address): string {
  return `${address.host}:${address.port}`;
}

/**
 * Inverse of formatAddress; RangeError for anything else. Without a port `defaultPort` counts, if there is one.
 * `localhost` is 127.0.0.1: servers listen on IPv4, and a name that resolves to ::1 first would not find them.
 *
 * @example
 * parseAddress('127.0.0.1:34601') // { host: '127.0.0.1', port: 34601 }
 */
export function parseAddress(text: string, defaultPort = 0): Address {
  const match = /^([^\s:,/]+)(?::(\d{1,5}))?$/.exec(text.trim());
  const port = Number(match?.[2] ?? defaultPort);
  if (match?.[1] === undefined || port < 1 || port > 0xffff) {
    throw new RangeError(`${JSON.stringify(text)} is not an address; write HOST:PORT`);
  }
  return { host: match[1] === 'localhost' ? '127.0.0.1' : match[1], port };
}

function checkPort(address: Address): void {
  const { port } = address;
  if (!(port >= 0 && port <= 0xffff) || (port | 0) !== port) {
    throw invalidParameters(`port ${port} of ${address.host} is not in 0..65535`);
  }
}

function parseIpv4(host: string): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i <= host.length; i++) {
    const c = i === host.length ? 46 : host.charCodeAt(i);
    if (c === 46) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else if (c >= 48 && c <= 57) {
      octet = (octet < 0 ? 0 : octet * 10) + c - 48;
      if (octet > 255) return -1;
    } else return -1;
  }
  return dots === 4 ? value : -1;
}

/** The two halves of an rpc_address: IPv4 in the upper, port and kind in the lower 32 bits. */
export function packRpcAddress(address: Address | null): { high: number; low: number } {
  if (address === null) return { high: 0, low: 0 };
  const high = parseIpv4(address.host);
  if (high < 0) throw invalidParameters(`${address.host} is not an IPv4 address, as an rpc_address needs`);
  checkPort(address);
  return { high, low: address.port * 65536 + KIND_IPV4 };
}

/** Inverse of packRpcAddress; WireError ERR_INVALID_PARAMETERS for a kind other than invalid and IPv4. */
export function unpackRpcAddress(high: number, low: number): Address | null {
  const kind = low & 3;
  if (kind === KIND_INVALID) return null;
  if (kind !== KIND_IPV4) throw invalidParameters(`an rpc_address of kind ${kind}`);
  return {
    host: `${high >>> 24}.${(high >>> 16) & 255}.${(high >>> 8) & 255}.${high & 255}`,
    port: low >>> 16,
  };
}

export function writeRpcAddress(w: BinaryWriter, address: Address | null): void {
  const { high, low } = packRpcAddress(address);
  w.u32(high);
  w.u32(low);
}

export function readRpcAddress(r: BinaryReader): Address | null {
  const high = r.u32();
  return unpackRpcAddress(high, r.u32());
}

export function writeHostPort(w: BinaryWriter, address: Address | null): void {
  if (address !== null) checkPort(address);
  w.string(address === null ? '' : address.host);
  w.u16(address === null ? 0 : address.port);
  w.u8(address === null ? KIND_INVALID : KIND_IPV4);
}

export function readHostPort(r: BinaryReader): Address | null {
  const host = r.string();
  const port = r.u16();
  const kind = r.u8();
  if (kind === KIND_INVALID) return null;
  if (kind !== KIND_IPV4) throw invalidParameters(`a host_port of kind ${kind}`);
  return { host, port };
}
