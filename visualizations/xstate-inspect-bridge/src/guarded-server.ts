/**
 * The WebSocket server that `@xstate/inspect` is given. By itself that package takes whoever connects, ends
 * the process at a message that is not JSON, and lets a slow viewer's buffer grow. Between it and the
 * network this one listens on loopback only, checks who asks and what is said, and cuts off who is slow.
 */
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export interface GuardOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Origins of pages that may connect, beside pages of this machine. */
  readonly origins: readonly string[];
  /** Whether events that a viewer sends are passed on; else they are ignored. */
  readonly control: boolean;
}

const LOOPBACK = '127.0.0.1';
const MAX_VIEWERS = 8;
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/** What `@xstate/inspect` uses of a client. */
interface Client {
  readonly OPEN: number;
  readonly readyState: number;
  send(text: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: string, isBinary: boolean) => void): void;
}

/** Events: `connection` with a client, `close`. */
export class GuardedServer extends EventEmitter {
  readonly clients = new Set<Client>();
  readonly #server: WebSocketServer;
  readonly #control: boolean;

  private constructor(server: WebSocketServer, control: boolean) {
    super();
    this.#server = server;
    this.#control = control;
    server.on('connection', (socket) => this.#welcome(socket));
  }

  static async listen({ port, origins, control }: GuardOptions): Promise<GuardedServer> {
    const server = new WebSocketServer({
      host: LOOPBACK,
      port,
      maxPayload: MAX_MESSAGE_BYTES,
      verifyClient: ({ req, origin }: { req: IncomingMessage; origin?: string }) =>
        server.clients.size <= MAX_VIEWERS && isLocal(req.headers.host) && mayAsk(origin, origins),
    });
    await once(server, 'listening');
    return new GuardedServer(server, control);
  }

  /** `127.0.0.1:41234` */
  get address(): string {
    return `${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Called by `@xstate/inspect`, and by whoever opened it. Doing it twice is harmless. */
  close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    return new Promise((done) => this.#server.close(() => done()));
  }

  #welcome(socket: WebSocket): void {
    const client: Client = {
      OPEN: WebSocket.OPEN,
      get readyState() {
        return socket.readyState;
      },
      send: (text) => {
        if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.terminate();
        else socket.send(text);
      },
      terminate: () => socket.terminate(),
      on: (_, listener) => {
        socket.on('message', (data, isBinary) => {
          const text = String(data);
          const command = isBinary ? null : commandOf(text);
          if (command === null) socket.close(1008, 'no command of a viewer');
          else if (command === 'inspecting' || this.#control) listener(text, false);
        });
      },
    };
    this.clients.add(client);
    socket.on('close', () => this.clients.delete(client));
    socket.on('error', () => {});
    this.emit('connection', client);
  }
}

/** A name that a page had point to this machine is not one of these. */
function isLocal(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}

/** A program of this machine sends no Origin; a page always does. */
function mayAsk(origin: string | undefined, origins: readonly string[]): boolean {
  if (origin === undefined || origins.includes(origin)) return true;
  return URL.canParse(origin) && isLocal(new URL(origin).host);
}

/** What a viewer wants; null: it is no viewer. */
function commandOf(text: string): 'inspecting' | 'event' | null {
  try {
    const { type, event } = JSON.parse(text) as { type?: unknown; event?: unknown };
    if (type === 'xstate.inspecting') return 'inspecting';
    if (type !== 'xstate.event' || typeof event !== 'string') return null;
    const { data } = JSON.parse(event) as { data?: { type?: unknown } };
    return typeof data?.type === 'string' ? 'event' : null;
  } catch {
    return null;
  }
}
