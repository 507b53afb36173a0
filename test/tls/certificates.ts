/** Certificates for a test, made by openssl in a directory that goes away with it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '../../runtime/pegasus/index.js';

export interface CertificateOptions {
  /** In openssl's notation: `URI:bridle://east/server`, `IP:127.0.0.1`. */
  readonly names: readonly string[];
  /** Default: a day ago, and in ten days. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY_MS = 24 * 3_600_000;
const stamp = (date: Date): string => `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;

/** An authority of one's own. */
export class TestAuthority implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bridle-tls-'));
  readonly caFile = join(this.directory, 'ca.crt');
  #serial = 0;

  constructor(name = 'test authority') {
    this.#openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', 'ca.key');
    this.#openssl(
      ...[
        'req',
        '-new',
        '-x509',
        '-key',
        'ca.key',
        '-days',
        '3650',
        '-subj',
        `/CN=${name}`,
        '-out',
        'ca.crt',
      ],
    );
    // `openssl ca` is the one that takes dates.
    writeFileSync(join(this.directory, 'index.txt'), '');
    writeFileSync(
      join(this.directory, 'ca.cnf'),
      [
        '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nrand_serial=yes\ndefault_md=sha256\npolicy=any',
        'unique_subject=no\nnew_certs_dir=.\nx509_extensions=names\n[any]\ncommonName=supplied\n',
      ].join('\n'),
    );
  }

  /** A certificate and its key; file names begin with `label`. */
  issue(label: string, options: CertificateOptions): TlsFiles {
    const base = `${label}-${++this.#serial}`;
    const { notBefore = new Date(Date.now() - DAY_MS), notAfter = new Date(Date.now() + 10 * DAY_MS) } =
      options;
    const names = options.names.length === 0 ? [] : [`subjectAltName=${options.names.join(',')}`];
    writeFileSync(join(this.directory, `${base}.ext`), [`basicConstraints=CA:FALSE`, ...names].join('\n'));
    this.#openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', `${base}.key`);
    this.#openssl('req', '-new', '-key', `${base}.key`, '-subj', `/CN=${label}`, '-out', `${base}.csr`);
    this.#openssl(
      ...['ca', '-batch', '-notext', '-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key'],
      ...['-startdate', stamp(notBefore), '-enddate', stamp(notAfter), '-extfile', `${base}.ext`],
      ...['-in', `${base}.csr`, '-out', `${base}.crt`],
    );
    return {
      certFile: join(this.directory, `${base}.crt`),
      keyFile: join(this.directory, `${base}.key`),
      caFile: this.caFile,
    };
  }

  server(cluster: string): TlsFiles {
    return this.issue(`${cluster}-server`, { names: [`URI:bridle://${cluster}/server`, 'IP:127.0.0.1'] });
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
