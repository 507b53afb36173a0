/** What goes wrong with certificates and TLS handshakes. No Pegasus server sends these. */
import type { ErrorFacts } from './entry.js';

export const TLS_ERRORS = {
  BRIDLE_TLS_FILES: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The files of certificate, key and authorities cannot be used.',
    consequence: 'Nothing was started or sent. A running server goes on with the files it had before.',
    causes: [
      'A path is wrong, or the file may not be read by this user.',
      'Key and certificate do not belong together, or one is not in PEM format.',
      'The key wants a passphrase.',
      'Only some of --tls-cert, --tls-key and --tls-ca were given.',
    ],
    next: 'bridle up --help',
  },
  BRIDLE_TLS_UNTRUSTED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The certificate of the other side comes from no authority that is trusted here.',
    consequence: 'Nothing was sent. Somebody else may be answering at that address.',
    causes: [
      'The --tls-ca file is that of another set of clusters.',
      'The server’s certificate was made anew by another authority, or signs itself.',
      'Certificates between it and the authority are missing from the server’s --tls-cert file.',
    ],
    next: 'bridle status --tls-ca FILE',
  },
  BRIDLE_TLS_EXPIRED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'A certificate is past its end, or has not begun yet.',
    consequence: 'Nothing was sent. Connections that exist go on; no new one comes about.',
    causes: [
      'It was not renewed. Put a new one into the same file: servers read it within seconds.',
      'The clock of one of the machines is wrong.',
    ],
    next: 'bridle status',
  },
  BRIDLE_TLS_WRONG_NAME: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'A certificate is good, and not for whom it should be.',
    consequence: 'Nothing was sent. Somebody else may be answering at that address.',
    causes: [
      'The certificate lacks the host name or IP address that was dialled.',
      'A server’s certificate lacks the name URI:bridle://CLUSTER/server of its cluster.',
      'The address leads to another server than was meant.',
    ],
    next: 'bridle status --meta {peer}',
  },
  BRIDLE_TLS_REFUSED: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'The other side does not take our certificate, or wants one and got none.',
    consequence: 'No request was looked at. The other side’s log says why.',
    causes: [
      'Our certificate comes from an authority that the other side does not trust.',
      'It has expired by the other side’s clock.',
      'No certificate was given: --tls-cert and --tls-key, or $BRIDLE_TLS_CERT and $BRIDLE_TLS_KEY.',
    ],
    next: 'bridle status --tls-cert FILE --tls-key FILE --tls-ca FILE',
  },
  BRIDLE_TLS_MISMATCH: {
    kind: 'operator',
    outcomeUnknown: false,
    what: 'One side speaks TLS and the other does not.',
    consequence: 'No request was looked at.',
    causes: [
      'The cluster was started with --tls-cert and the command was given no certificate.',
      'The cluster was started without TLS and the command was given a certificate.',
      'Two clusters that duplicate were not both started with TLS.',
    ],
    next: 'bridle status --tls-cert FILE --tls-key FILE --tls-ca FILE',
  },
} as const satisfies Record<`BRIDLE_TLS_${string}`, ErrorFacts>;
