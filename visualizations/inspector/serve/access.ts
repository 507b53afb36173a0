/**
 * Who may talk to the inspector's server.
 *
 * - The Host header has to be one of its own names. A page elsewhere that has its name resolve to this
 *   machine (DNS rebinding) sends a name of its own.
 * - Upgrades to a WebSocket need an Origin that is one of its own names: a WebSocket is not subject to the
 *   same-origin policy, so any page could open one.
 * - With a token nothing is given without it: once as `?token=`, from then on as a cookie that scripts
 *   cannot read and other sites cannot send. The cookie is drawn anew at each start.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { BridleError } from '../../../runtime/client/index.js';
import { MIN_TOKEN_LENGTH } from './limits.js';

export interface AccessOptions {
  /** Address or name to listen at. */
  readonly host: string;
  /** Further names under which it is reached, as `name` or `name:port`: of a proxy, for instance. */
  readonly names: readonly string[];
  readonly token: string | null;
}

/** What a request says about who sends it. */
export interface Asking {
  readonly host: string | undefined;
  readonly cookie: string | undefined;
  /** Of the query. */
  readonly token: string | null;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly why: string;
}

/** @example isLoopback('127.0.0.1') // true */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export class Access {
  readonly #options: AccessOptions;
  readonly #session = randomBytes(32).toString('base64url');
  #own: ReadonlySet<string> = new Set();
  #port = 0;

  /** BRIDLE_USAGE where others could reach it without a token, or could guess the token. */
  constructor(options: AccessOptions) {
    this.#options = options;
    const { host, token } = options;
    const next = 'BRIDLE_INSPECT_TOKEN=$(openssl rand -hex 16) bridle inspect --host HOST';
    if (token === null && !isLoopback(host)) {
      const hint = `${host} can be reached from other machines: the inspector listens there only with a token`;
      throw BridleError.of('BRIDLE_USAGE', { operation: 'inspect', hint, next });
    }
    if (token !== null && token.length < MIN_TOKEN_LENGTH) {
      const hint = `the token has ${token.length} characters; ${MIN_TOKEN_LENGTH} is the least`;
      throw BridleError.of('BRIDLE_USAGE', { operation: 'inspect', hint, next });
    }
  }

  /** From now on it is known under which names the server is reached. */
  listening(port: number): void {
    this.#port = port;
    const names = [...ownNames(this.#options.host)].flatMap((name) =>
      port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
    );
    this.#own = new Set([...names, ...this.#options.names].map((name) => name.toLowerCase()));
  }

  /** Null: go on. */
  refusal({ host, cookie }: Omit<Asking, 'token'>): Refusal | null {
    if (!this.#isOwn(host)) {
      return { status: 403, why: `this server is not ${printableHost(host)}` };
    }
    if (this.#options.token !== null && !this.#hasSession(cookie)) {
      return { status: 401, why: 'a token is needed: open /?token=TOKEN' };
    }
    return null;
  }

  /** As {@link refusal}, for an upgrade to a WebSocket. */
  upgradeRefusal(asking: Omit<Asking, 'token'> & { readonly origin: string | undefined }): Refusal | null {
    const { origin } = asking;
    const from = origin !== undefined && URL.canParse(origin) ? new URL(origin) : null;
    if (from === null || !/^https?:$/.test(from.protocol) || !this.#isOwn(from.host)) {
      return { status: 403, why: 'the page that asks is not a page of this server' };
    }
    return this.refusal(asking);
  }

  /** The cookie to set when `?token=` is the token; null when it is not, or none is needed. */
  cookieFor({ host, token }: Asking): string | null {
    if (this.#options.token === null || token === null || !this.#isOwn(host)) return null;
    if (!same(token, this.#options.token)) return null;
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Cookies are shared by all ports of a host. */
  get #cookieName(): string {
    return `bridle_inspect_${this.#port}`;
  }

  #isOwn(host: string | undefined): boolean {
    return host !== undefined && this.#own.has(host.toLowerCase());
  }

  #hasSession(cookie: string | undefined): boolean {
    const prefix = `${this.#cookieName}=`;
    const found = cookie
      ?.split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(prefix));
    return found !== undefined && same(found.slice(prefix.length), this.#session);
  }
}

/** Takes as long whatever differs. */
function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left as Buffer, right as Buffer);
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** Under which a server that listens at `host` is reached, as a Host header spells them. */
function ownNames(host: string): Set<string> {
  if (isLoopback(host)) return new Set([...LOOPBACK_NAMES, spelled(host)]);
  if (host !== '0.0.0.0' && host !== '::') return new Set([spelled(host)]);
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set([...LOOPBACK_NAMES, hostname(), ...addresses.map(({ address }) => spelled(address))]);
}

/** @example spelled('::1') // '[::1]' */
function spelled(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** What a stranger sent, short and without anything that could be taken for more. */
function printableHost(host: string | undefined): string {
  return host === undefined ? 'nameless' : host.replace(/[^\w.:[\]-]/g, '?').slice(0, 80);
}
