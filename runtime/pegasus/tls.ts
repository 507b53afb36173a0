/**
 * TLS as a network: both ends show a certificate, and each connection says whose it is.
 *
 * A caller checks that the certificate stands for the host it has dialled. A listener takes only callers that
 * one of its authorities vouches for; what they may do is decided by whoever gets the identity.
 */
import { EventEmitter } from 'node:events';
import { createServer as createTcpServer, isIP, type Socket, type Server as TcpServer } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls';
import { formatHttpResponse } from './http.js';
import type { Connection, Listener, Network } from './network.js';
import type { Address } from './schema.js';
import { plainHost } from './tap.js';
import { type AlertName, alertBytes, HANDSHAKE_RECORD } from './tls-alert.js';
import type { TlsCredentials } from './tls-credentials.js';
import { handshakeError, TlsError, verificationError } from './tls-errors.js';
import { identityOf, type PeerIdentity } from './tls-identity.js';

const LETTER_G = 0x47;
const HANG_UP_MS = 1_000;
const HINT = 'This port speaks TLS: use https, with a certificate.\n';
const HTTP_HINT = formatHttpResponse({ status: 400, body: HINT }, false);

export interface TlsNetworkOptions {
  readonly credentials: TlsCredentials;
  /** Told of each caller that is turned away, and why. */
  readonly onRefused?: (peer: Address, error: TlsError) => void;
  /** From accepting to the end of the handshake, in milliseconds. Default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** Connections in the middle of a handshake; one more is closed. Default 256. */
  readonly maxHandshakes?: number;
}

/**
 * @example
 * const network = tlsNetwork({ credentials: new TlsCredentials({ certFile, keyFile, caFile }) });
 * const client = new RpcClient({ protocol: 'thft', network });
 */
export function tlsNetwork(options: TlsNetworkOptions): Network {
  return {
    connect: (to) => new SecureConnection(to, options.credentials),
    listen: (address, accept) => new SecureListener(options, accept).listen(address),
  };
}

const ALERTS: { readonly [code: string]: AlertName } = {
  CERT_HAS_EXPIRED: 'certificateExpired',
  UNABLE_TO_GET_ISSUER_CERT: 'unknownCa',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknownCa',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknownCa',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknownCa',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknownCa',
};

class SecureListener {
  readonly #options: TlsNetworkOptions;
  readonly #accept: (connection: Connection) => void;
  readonly #secure: TlsServer;
  readonly #tcp: TcpServer;
  readonly #handshakeTimeoutMs: number;
  /** All there are, and those that have shown a certificate. */
  readonly #sockets = new Set<Socket>();
  #established = 0;

  constructor(options: TlsNetworkOptions, accept: (connection: Connection) => void) {
    this.#options = options;
    this.#accept = accept;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? 10_000;
    this.#secure = createTlsServer({
      ...options.credentials.current.pem,
      requestCert: true,
      // The reason is known here, and told; Node's own refusal would only hang up.
      rejectUnauthorized: false,
      handshakeTimeout: this.#handshakeTimeoutMs,
      allowHalfOpen: true,
      minVersion: 'TLSv1.2',
    });
    this.#secure.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#secure.on('tlsClientError', (error, socket) => {
      this.#refused(socket, handshakeError(error) ?? new TlsError('BRIDLE_TLS_REFUSED', error.message));
      socket.destroy();
    });
    this.#tcp = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onSocket(socket));
  }

  listen(address: Address): Promise<Listener> {
    const { credentials } = this.#options;
    const server = this.#tcp;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port }, () => {
        server.off('error', reject);
        // Accepting can fail for want of descriptors; the listener survives that.
        server.on('error', () => {});
        const unwatch = credentials.watch(({ pem }) => this.#secure.setSecureContext(pem));
        const bound = server.address();
        resolve({
          port: bound !== null && typeof bound === 'object' ? bound.port : address.port,
          close: () => {
            unwatch();
            return new Promise((closed) => {
              server.close(() => closed());
              for (const socket of this.#sockets) socket.destroy();
            });
          },
        });
      });
    });
  }

  #onSocket(socket: Socket): void {
    socket.on('error', () => {});
    // Those in the middle of a handshake cost the most, and may never end it.
    if (this.#sockets.size - this.#established >= (this.#options.maxHandshakes ?? 256)) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#handshakeTimeoutMs);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      clearTimeout(timer);
    });
    // The first byte tells TLS from what is spoken without it; those who do not speak it are told so.
    socket.once('data', (first: Buffer) => {
      clearTimeout(timer);
      socket.pause();
      if (first[0] === HANDSHAKE_RECORD) {
        socket.unshift(first);
        this.#secure.emit('connection', socket);
        return;
      }
      this.#refused(socket, new TlsError('BRIDLE_TLS_MISMATCH', 'the caller does not speak TLS'));
      hangUp(socket, first[0] === LETTER_G ? HTTP_HINT : alertBytes('protocolVersion'));
    });
  }

  #onSecure(socket: TLSSocket): void {
    this.#established++;
    socket.once('close', () => this.#established--);
    const certificate = socket.getPeerX509Certificate();
    if (socket.authorized && certificate !== undefined) {
      const identity = identityOf(certificate);
      this.#accept(Object.defineProperty(socket, 'identity', { value: identity }) as Connection);
      return;
    }
    socket.on('error', () => {});
    const code = String(socket.authorizationError ?? '');
    if (certificate === undefined) {
      this.#refused(socket, new TlsError('BRIDLE_TLS_REFUSED', 'the caller shows no certificate'));
      hangUp(socket, alertBytes('certificateRequired'));
    } else {
      this.#refused(socket, verificationError(code, `the certificate of ${identityOf(certificate).told}`));
      hangUp(socket, alertBytes(ALERTS[code] ?? 'badCertificate'));
    }
  }

  #refused(socket: Socket, error: TlsError): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.#options.onRefused?.({ host: plainHost(remoteAddress), port: remotePort }, error);
  }
}

/** Says why, and gives the other side a moment to read it. */
function hangUp(socket: Socket, why: Buffer): void {
  socket.resume();
  socket.end(why);
  setTimeout(() => socket.destroy(), HANG_UP_MS).unref();
}

/** The calling end. It is connected when both certificates have been checked. */
class SecureConnection extends EventEmitter implements Connection {
  readonly #socket: TLSSocket;
  #identity: PeerIdentity | undefined;
  #shaken = false;

  constructor({ host, port }: Address, credentials: TlsCredentials) {
    super();
    // Looked at for each: a command may live longer than a certificate.
    credentials.look();
    const socket = connectTls({
      host,
      port,
      secureContext: credentials.current.context,
      minVersion: 'TLSv1.2',
      // An address is no server name; it is compared with the certificate all the same.
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      this.#shaken = true;
      const certificate = socket.getPeerX509Certificate();
      this.#identity = certificate === undefined ? undefined : identityOf(certificate);
      this.emit('connect');
    });
    socket.on('error', (error) => this.emit('error', this.#explained(error)));
    for (const event of ['data', 'drain', 'end', 'close'] as const) {
      socket.on(event, (value?: unknown) => this.emit(event, value));
    }
  }

  #explained(error: Error & { readonly code?: string }): Error {
    const known = handshakeError(error);
    if (known !== undefined || this.#shaken || !/before secure TLS connection/.test(error.message)) {
      return known ?? error;
    }
    return new Error(
      'the connection ended during the TLS handshake; perhaps the other side does not speak TLS',
    );
  }

  get identity(): PeerIdentity | undefined {
    return this.#identity;
  }
  get destroyed(): boolean {
    return this.#socket.destroyed;
  }
  get closed(): boolean {
    return this.#socket.closed;
  }
  get writableLength(): number {
    return this.#socket.writableLength;
  }
  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }
  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }
  get localAddress(): string | undefined {
    return this.#shaken ? this.#socket.localAddress : undefined;
  }
  get localPort(): number | undefined {
    return this.#shaken ? this.#socket.localPort : undefined;
  }
  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }
  end(bytes?: Buffer): void {
    if (bytes === undefined) this.#socket.end();
    else this.#socket.end(bytes);
  }
  destroy(): void {
    this.#socket.destroy();
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }
}
