/**
 * The seven bytes with which TLS says no. They are sent in the clear to those who speak something else, and
 * inside of TLS to those whose certificate is not taken, which Node would merely hang up on.
 */
import { TlsError } from './tls-errors.js';

const ALERT_RECORD = 0x15;
const MAJOR_VERSION = 0x03;
const FATAL = 2;
/** Numbers of RFC 8446. */
const DESCRIPTIONS = {
  badCertificate: 42,
  certificateExpired: 45,
  unknownCa: 48,
  protocolVersion: 70,
  certificateRequired: 116,
} as const;
export type AlertName = keyof typeof DESCRIPTIONS;

const WORDS: { readonly [description: number]: string } = {
  42: 'it does not take our certificate',
  45: 'our certificate has expired, by its clock',
  48: 'none of its authorities vouches for our certificate',
  116: 'it wants a certificate and got none',
};

/** The first byte of a TLS connection: a handshake record. */
export const HANDSHAKE_RECORD = 0x16;

export function alertBytes(name: AlertName): Buffer {
  return Buffer.from([ALERT_RECORD, MAJOR_VERSION, 0x03, 0, 2, FATAL, DESCRIPTIONS[name]]);
}

/**
 * What the first bytes of an answer say if they are an alert: no frame of ours begins like one.
 *
 * @param secure whether they came through TLS
 */
export function alertError(first: Buffer, secure: boolean): TlsError | undefined {
  if (first.length < 7 || first[0] !== ALERT_RECORD || first[1] !== MAJOR_VERSION) return undefined;
  if (!secure) return new TlsError('BRIDLE_TLS_MISMATCH', 'the other side speaks TLS, and we do not');
  const words = WORDS[first[6] ?? 0] ?? `TLS alert ${first[6]}`;
  return new TlsError('BRIDLE_TLS_REFUSED', `the other side refuses us: ${words}`);
}
