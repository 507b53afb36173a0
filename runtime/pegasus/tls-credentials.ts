/** Certificate, key and authorities of this process, from files; read again when they change. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { TlsError } from './tls-errors.js';
import { identityOf, isNamed, type PeerIdentity } from './tls-identity.js';

/** Files in PEM format. Only their paths travel on command lines and in configurations. */
export interface TlsFiles {
  /** The certificate, and those between it and the authority. */
  readonly certFile: string;
  /** Its private key, without a passphrase. */
  readonly keyFile: string;
  /** Authorities that vouch for the others. No other authority counts, not even the system's. */
  readonly caFile: string;
}

export interface Loaded {
  /** Never to be shown to anybody: it has the key. */
  readonly pem: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly context: SecureContext;
  readonly identity: PeerIdentity;
  readonly notAfterMs: number;
}

const LOOK_EVERY_MS = 5_000;
const WARN_BEFORE_MS = 14 * 24 * 3_600_000;

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TlsError('BRIDLE_TLS_FILES', `the ${what} cannot be read: ${why}`, { cause: error });
  }
}

/** Says what is wrong, and nothing of what is in a file. */
function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    const locked = /passphrase|MISSING_PASSPHRASE|BAD_DECRYPT|INTERRUPTED/i.test(`${code} ${String(error)}`);
    const why = locked ? 'it wants a passphrase; give one without' : `no ${what} in PEM format`;
    throw new TlsError('BRIDLE_TLS_FILES', `${path}: ${why}`);
  }
}

/**
 * Reads and checks the three files.
 *
 * @throws TlsError BRIDLE_TLS_FILES (unreadable, no PEM, key and certificate do not belong together),
 * BRIDLE_TLS_EXPIRED (or not valid yet)
 */
export function loadTls({ certFile, keyFile, caFile }: TlsFiles, nowMs = Date.now()): Loaded {
  const cert = readPem(certFile, 'certificate');
  const key = readPem(keyFile, 'private key');
  const ca = readPem(caFile, 'file of authorities');
  const own = parsed(certFile, 'certificate', () => new X509Certificate(cert));
  const privateKey = parsed(keyFile, 'private key', () => createPrivateKey(key));
  parsed(caFile, 'certificate of an authority', () => new X509Certificate(ca));
  if (!own.checkPrivateKey(privateKey)) {
    throw new TlsError('BRIDLE_TLS_FILES', `${keyFile} is not the key of the certificate ${certFile}`);
  }
  const notAfterMs = Date.parse(own.validTo);
  if (nowMs > notAfterMs || nowMs < Date.parse(own.validFrom)) {
    const state = nowMs > notAfterMs ? `has expired: ${own.validTo}` : `is not valid before ${own.validFrom}`;
    throw new TlsError('BRIDLE_TLS_EXPIRED', `our own certificate ${certFile} ${state}`);
  }
  const context = parsed(certFile, 'usable certificate', () =>
    createSecureContext({ cert, key, ca, minVersion: 'TLSv1.2' }),
  );
  return { pem: { cert, key, ca }, context, identity: identityOf(own), notAfterMs };
}

/**
 * A server's certificate must stand for the host it listens on and carry its cluster's name: others could
 * neither reach it nor tell it from the servers of another cluster.
 *
 * @throws TlsError BRIDLE_TLS_WRONG_NAME
 */
export function checkServerNames({ identity }: Loaded, files: TlsFiles, cluster: string, host: string): void {
  const wrong = (why: string) => new TlsError('BRIDLE_TLS_WRONG_NAME', `${files.certFile}: ${why}`);
  if (!isNamed(identity, cluster, 'server')) {
    throw wrong(
      `a server of ${cluster} needs the name URI:bridle://${cluster}/server; it is for ${identity.told}`,
    );
  }
  if (!identity.covers(host)) throw wrong(`it is not for ${host}, where the server listens`);
}

export interface TlsWatcher {
  /** New files are in use from now on. */
  readonly onReload?: () => void;
  /** Changed files that cannot be used (those before stay in use), or a certificate that ends soon. */
  readonly onProblem?: (error: Error) => void;
}

/** The files as they are now. */
export class TlsCredentials {
  readonly #files: TlsFiles;
  readonly #watcher: TlsWatcher;
  #loaded: Loaded;
  #stamp: string;
  #warnedOf = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<(loaded: Loaded) => void>();

  /** @throws TlsError as {@link loadTls} */
  constructor(files: TlsFiles, watcher: TlsWatcher = {}) {
    this.#files = files;
    this.#watcher = watcher;
    this.#stamp = stampOf(files);
    this.#loaded = loadTls(files);
  }

  get files(): TlsFiles {
    return this.#files;
  }

  get current(): Loaded {
    return this.#loaded;
  }

  /** Looks at the files from time to time while somebody listens. Returns how to stop listening. */
  watch(listener: (loaded: Loaded) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Reads the files again if they have changed. */
  look(): void {
    this.#warn();
    const stamp = stampOf(this.#files);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      this.#loaded = loadTls(this.#files);
    } catch (error) {
      this.#watcher.onProblem?.(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    for (const listener of this.#listeners) listener(this.#loaded);
    this.#watcher.onReload?.();
  }

  #warn(): void {
    const { notAfterMs } = this.#loaded;
    if (notAfterMs - Date.now() > WARN_BEFORE_MS || this.#warnedOf === notAfterMs) return;
    this.#warnedOf = notAfterMs;
    const day = new Date(notAfterMs).toISOString();
    this.#watcher.onProblem?.(new TlsError('BRIDLE_TLS_EXPIRED', `${this.#files.certFile} ends on ${day}`));
  }
}

/** Differs when a file has been replaced or written. */
function stampOf(files: TlsFiles): string {
  return [files.certFile, files.keyFile, files.caFile]
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeMs}`;
    })
    .join('|');
}
