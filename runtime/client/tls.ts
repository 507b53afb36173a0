/** Which certificate a client shows: given, or named by the environment. */
import { resolve } from 'node:path';
import { type Network, TlsCredentials, TlsError, type TlsFiles, tlsNetwork } from '../pegasus/index.js';
import { BridleError } from './errors.js';

/** What the files are called in the environment. */
export const TLS_ENVIRONMENT = {
  certFile: 'BRIDLE_TLS_CERT',
  keyFile: 'BRIDLE_TLS_KEY',
  caFile: 'BRIDLE_TLS_CA',
} as const satisfies Record<keyof TlsFiles, string>;

/**
 * All three files, or none: undefined. Paths come back absolute.
 *
 * @throws BridleError BRIDLE_TLS_FILES when only some are given
 * @example tlsFilesOf({ certFile: 'me.crt', keyFile: 'me.key', caFile: 'ca.crt' })
 */
export function tlsFilesOf(
  files: { readonly [K in keyof TlsFiles]?: string | undefined },
): TlsFiles | undefined {
  const given = (['certFile', 'keyFile', 'caFile'] as const).filter((file) => (files[file] ?? '') !== '');
  if (given.length === 0) return undefined;
  const { certFile = '', keyFile = '', caFile = '' } = files;
  if (given.length < 3) {
    throw BridleError.of('BRIDLE_TLS_FILES', {
      hint: 'certificate, key and authorities are needed together: --tls-cert, --tls-key and --tls-ca',
    });
  }
  return { certFile: resolve(certFile), keyFile: resolve(keyFile), caFile: resolve(caFile) };
}

/** From `BRIDLE_TLS_CERT`, `BRIDLE_TLS_KEY` and `BRIDLE_TLS_CA`. */
export function tlsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): TlsFiles | undefined {
  const { certFile, keyFile, caFile } = TLS_ENVIRONMENT;
  return tlsFilesOf({
    certFile: environment[certFile],
    keyFile: environment[keyFile],
    caFile: environment[caFile],
  });
}

/**
 * The network for these files; plain TCP for null.
 *
 * @throws BridleError BRIDLE_TLS_FILES, BRIDLE_TLS_EXPIRED
 */
export function networkFor(tls: TlsFiles | null): { readonly network?: Network } {
  if (tls === null) return {};
  try {
    return { network: tlsNetwork({ credentials: new TlsCredentials(tls) }) };
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    throw BridleError.of(error.code, { operation: 'read certificates', hint: error.message, cause: error });
  }
}
