/**
 * Serves the inspector's page for one run: over loopback unless told otherwise, read-only unless told
 * otherwise. Who may ask is in `serve/access.ts`, what is bounded in `serve/limits.ts`.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { BridleError } from '../../runtime/client/index.js';
import type { InspectedRun } from './inspected-run.js';
import { Access, isLoopback } from './serve/access.js';
import { DEFAULT_LIMITS, type ServerLimits } from './serve/limits.js';
import { LiveSocket } from './serve/live-socket.js';
import { readPageFiles } from './serve/page-files.js';
import { COMPARE_PATH, routes } from './serve/routes.js';

export interface ServeInspectorOptions {
  readonly run: InspectedRun;
  /** Address or name to listen at. Default 127.0.0.1; any other than loopback needs a token. */
  readonly host?: string | undefined;
  /** Default 0: any free one. */
  readonly port?: number | undefined;
  /** At least 16 characters. Whoever opens the page says it once, as `?token=`. */
  readonly token?: string | undefined;
  /** Further names under which it is reached, as `name` or `name:port`, such as those of a proxy. */
  readonly names?: readonly string[] | undefined;
  /** Let pages pause, start, retry and inject faults, where the run allows it. Default false. */
  readonly control?: boolean | undefined;
  /** A second recording, as JSON Lines: the page opens with both side by side. */
  readonly compare?: string | undefined;
  /** For tests. */
  readonly limits?: Partial<ServerLimits> | undefined;
}

export interface InspectorServer extends AsyncDisposable {
  /** Without a token. */
  readonly url: string;
  /** Lets every page go and the port free. Doing it twice is harmless. */
  close(): Promise<void>;
}

/** Connections at a time, those of pages included. */
const MAX_CONNECTIONS = 128;
const REASON = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' };

/**
 * BRIDLE_USAGE for a host others can reach without a token; ERR_ADDRESS_ALREADY_USED.
 *
 * @example
 * await using server = await serveInspector({ run });
 * console.log(server.url); // http://127.0.0.1:41234/
 */
export async function serveInspector(options: ServeInspectorOptions): Promise<InspectorServer> {
  const { run, host = '127.0.0.1', port = 0, control = false, compare = null } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const access = new Access({ host, names: options.names ?? [], token: options.token ?? null });
  const app = routes({ access, run, page: readPageFiles(), compare });
  const serverOptions = {
    headersTimeout: limits.requestMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.requestMs / 2,
  };
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host, serverOptions }) as Server;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  access.listening(bound);
  const live = new LiveSocket({ run, control, compare: compare === null ? null : COMPARE_PATH, limits });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { host, origin, cookie } = request.headers;
    const refusal = access.upgradeRefusal({ host, origin, cookie });
    if (refusal !== null) refuse(socket, refusal.status, refusal.why);
    else if (request.url?.split('?')[0] !== '/live') refuse(socket, 404, 'not found');
    else if (live.isFull) refuse(socket, 503, `${limits.clients} pages watch already`);
    else live.accept(request, socket, head);
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= end(server, live);
    return closing;
  };
  return { url: urlOf(host, bound), close, [Symbol.asyncDispose]: close };
}

/** As whoever sits at this machine types it. */
function urlOf(host: string, port: number): string {
  const name = isLoopback(host) || (host !== '0.0.0.0' && host !== '::') ? host : 'localhost';
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/`;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenError({ code, message }: NodeJS.ErrnoException, host: string, port: number): BridleError {
  const next = 'bridle inspect --port 0';
  if (code === 'EADDRINUSE') {
    const hint = `port ${port} of ${host} is in use`;
    return BridleError.of('ERR_ADDRESS_ALREADY_USED', { operation: 'inspect', hint, next });
  }
  const hint = `cannot listen: ${message}`;
  return BridleError.of('BRIDLE_USAGE', {
    operation: 'inspect',
    hint,
    next: 'bridle inspect --host 127.0.0.1 --port 0',
  });
}

function refuse(socket: Duplex, status: keyof typeof REASON, why: string): void {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${REASON[status]}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

async function end(server: Server, live: LiveSocket): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  await live.close();
  server.closeAllConnections();
  await closed;
}
