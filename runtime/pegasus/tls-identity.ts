/** Who is at the other end of a connection, as its certificate says. */

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** What a holder of a certificate may be. */
export type TlsRole = 'server' | 'operator' | 'client';

/** One name in a certificate: the URI `bridle://CLUSTER/ROLE`. */
export interface TlsName {
  readonly cluster: string;
  readonly role: TlsRole;
}

/** An authenticated peer. */
export interface PeerIdentity {
  /** From the certificate's URIs; none for a plain client. */
  readonly names: readonly TlsName[];
  /** Whether the certificate stands for a host name or an IP address. */
  covers(host: string): boolean;
  /** For logs: the names, or else the subject. */
  readonly told: string;
}

const NAME = /^URI:bridle:\/\/([A-Za-z0-9_-]{1,64})\/(server|operator|client)$/;

/** Entries of a subjectAltName in Node's notation. One that holds a comma or a quote is quoted as a whole. */
function entriesOf(subjectAltName: string): string[] {
  return subjectAltName.split(/, (?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

/** @param certificate verified: whoever calls has checked that an authority vouches for it */
export function identityOf(certificate: X509Certificate): PeerIdentity {
  const names = entriesOf(certificate.subjectAltName ?? '').flatMap((entry): TlsName[] => {
    const [, cluster, role] = NAME.exec(entry) ?? [];
    return cluster === undefined ? [] : [{ cluster, role: role as TlsRole }];
  });
  return {
    names,
    covers: (host) =>
      isIP(host) === 0
        ? certificate.checkHost(host, { subject: 'never' }) !== undefined
        : certificate.checkIP(host) !== undefined,
    told:
      names.length > 0
        ? names.map(({ cluster, role }) => `bridle://${cluster}/${role}`).join(' ')
        : (certificate.subject ?? 'no name').replaceAll('\n', ', ').slice(0, 200),
  };
}

/** Whether one of the names is that of a cluster, in one of the roles. */
export function isNamed(identity: PeerIdentity, cluster: string, ...roles: readonly TlsRole[]): boolean {
  return identity.names.some((name) => name.cluster === cluster && roles.includes(name.role));
}
