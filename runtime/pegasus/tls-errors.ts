/** What goes wrong with certificates and handshakes, as codes of the error catalogue. */

export type TlsErrorCode =
  | 'BRIDLE_TLS_FILES'
  | 'BRIDLE_TLS_UNTRUSTED'
  | 'BRIDLE_TLS_EXPIRED'
  | 'BRIDLE_TLS_WRONG_NAME'
  | 'BRIDLE_TLS_REFUSED'
  | 'BRIDLE_TLS_MISMATCH';

export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly code: TlsErrorCode;

  constructor(code: TlsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const EXPIRED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
/** OpenSSL's words for the other side's alert about our certificate. */
const REFUSED =
  /alert (certificate|unknown ca|bad certificate|access denied|handshake failure|no certificate)/i;
const NO_TLS =
  /wrong version number|packet length too long|http request|unknown protocol|record layer failure/i;
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|PATH_LENGTH|HOSTNAME_)/;

/** Why the other side's certificate is not taken, from the code that Node gives. */
export function verificationError(code: string, message: string): TlsError {
  if (EXPIRED.has(code)) {
    return new TlsError('BRIDLE_TLS_EXPIRED', `the other side’s certificate: ${message}`);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return new TlsError('BRIDLE_TLS_WRONG_NAME', message);
  return new TlsError('BRIDLE_TLS_UNTRUSTED', `${message} (${code})`);
}

/** An error of a TLS socket; undefined: the network's, TLS has nothing to do with it. */
export function handshakeError(error: Error & { readonly code?: string }): TlsError | undefined {
  const { code = '', message } = error;
  if (EXPIRED.has(code) || code === 'ERR_TLS_CERT_ALTNAME_INVALID' || UNTRUSTED.test(code)) {
    return verificationError(code, message);
  }
  // That is what our own servers say when they do not speak it.
  if (/alert protocol version/i.test(message)) {
    return new TlsError(
      'BRIDLE_TLS_MISMATCH',
      'the other side does not speak TLS, or no version of it that we do',
    );
  }
  if (REFUSED.test(message)) {
    return new TlsError('BRIDLE_TLS_REFUSED', `the other side refuses our certificate: ${lastPart(message)}`);
  }
  if (NO_TLS.test(message)) return new TlsError('BRIDLE_TLS_MISMATCH', 'the other side does not speak TLS');
  return undefined;
}

/** `…:SSL alert number 116:` and the like come with file names of OpenSSL's source. */
function lastPart(message: string): string {
  return /:(?:ssl|tls)[^:]*alert ([^:]+):/i.exec(message)?.[1] ?? message.slice(0, 200);
}
