/** What RPC needs of a network, so that a simulation can stand in for TCP. */
import { connect, createServer } from 'node:net';
import type { Address } from './schema.js';
import type { PeerIdentity } from './tls-identity.js';

/** One end of a byte stream: the part of a `node:net` socket that is used here, with the same meaning. */
export interface Connection {
  readonly destroyed: boolean;
  readonly closed: boolean;
  /** Bytes written and not yet taken by the other side. */
  readonly writableLength: number;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Who the other side has proved to be; undefined where nobody proves anything. */
  readonly identity?: PeerIdentity | undefined;
  write(bytes: Buffer): unknown;
  end(): unknown;
  end(bytes: Buffer): unknown;
  /** Closes at once; `close` follows. */
  destroy(): unknown;
  pause(): unknown;
  resume(): unknown;
  setNoDelay(on: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect' | 'drain' | 'end' | 'close', listener: () => void): unknown;
  once(event: 'connect' | 'close', listener: () => void): unknown;
}

export interface Listener {
  readonly port: number;
  /** Takes no more connections; resolves when those it has accepted are closed. */
  close(): Promise<void>;
}

export interface Network {
  /**
   * Begins to connect; `connect`, or `error` and `close`, follow.
   *
   * @param from the listening address of whoever connects, null if it has none; a socket does not tell it
   */
  connect(to: Address, from: Address | null): Connection;
  /** Rejects with Node's own error, whose `code` is `EADDRINUSE` when somebody listens there. */
  listen(address: Address, accept: (connection: Connection) => void): Promise<Listener>;
}

/** TCP. */
export const tcp: Network = {
  connect: ({ host, port }) => connect({ host, port, noDelay: true }),
  listen: (address, accept) =>
    new Promise((resolve, reject) => {
      // Half-open: a caller may close its side after the last request and still read the answers.
      const server = createServer({ allowHalfOpen: true }, accept);
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port }, () => {
        server.off('error', reject);
        // Accepting can fail for want of descriptors; the listener survives that.
        server.on('error', () => {});
        const bound = server.address();
        resolve({
          port: bound !== null && typeof bound === 'object' ? bound.port : address.port,
          close: () => new Promise((closed) => server.close(() => closed())),
        });
      });
    }),
};
