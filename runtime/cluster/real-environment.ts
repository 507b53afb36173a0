/** The environment of a server process: the real one, over TLS if it is configured. */

import type { ServerLog } from '../observe/log.js';
import { Repeated } from '../observe/repeated.js';
import { checkServerNames, formatAddress, TlsCredentials, tlsNetwork } from '../pegasus/index.js';
import type { ServerConfig } from './config.js';
import { type Environment, REAL_ENVIRONMENT } from './environment.js';

/** @throws TlsError when the certificate cannot be used for this server */
export function environmentOf({ tls, cluster, listen }: ServerConfig, log: ServerLog): Environment {
  if (tls === undefined || tls === null) return REAL_ENVIRONMENT;
  const credentials = new TlsCredentials(tls, {
    onReload: () => log.info('new certificates are in use', { certFile: tls.certFile }),
    onProblem: (error) => log.error('certificates', { error: error.message }),
  });
  checkServerNames(credentials.current, tls, cluster.name, listen.host);
  const repeated = new Repeated({
    tell: (what, facts, times) => log.warn(what, { ...facts, times }),
    now: () => performance.now(),
  });
  const network = tlsNetwork({
    credentials,
    onRefused: (peer, { code, message }) =>
      repeated.note(`a caller was refused: ${code}`, { peer: formatAddress(peer), error: message }),
  });
  return { ...REAL_ENVIRONMENT, network };
}
