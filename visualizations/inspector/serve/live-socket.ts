/** The WebSocket `/live`: every page gets the run from its beginning, and what comes. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Subscription } from 'rxjs';
import { type WebSocket, WebSocketServer } from 'ws';
import type { InspectedRun } from '../inspected-run.js';
import { Backlog } from './backlog.js';
import type { ServerLimits } from './limits.js';
import { CLOSE, type HelloMessage } from './messages.js';
import { Watcher } from './watcher.js';

export interface LiveSocketOptions {
  readonly run: InspectedRun;
  /** Whether commands of pages are carried out. */
  readonly control: boolean;
  readonly compare: string | null;
  readonly limits: ServerLimits;
}

export class LiveSocket {
  readonly #options: LiveSocketOptions;
  readonly #backlog: Backlog;
  readonly #server: WebSocketServer;
  readonly #watchers = new Map<WebSocket, Watcher>();
  readonly #lines: Subscription;
  readonly #heartbeat: NodeJS.Timeout;
  #batch: NodeJS.Timeout | undefined;

  constructor(options: LiveSocketOptions) {
    const { run, limits } = options;
    this.#options = options;
    this.#backlog = new Backlog(run.live ? limits : null);
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      clientTracking: false,
    });
    this.#lines = run.lines$.subscribe({
      next: (line) => {
        this.#backlog.append(line);
        this.#batch ??= setTimeout(() => this.#pump(), limits.batchMs);
      },
      // What ended the run is in its last lines; pages keep what they have.
      error: () => {},
    });
    this.#heartbeat = setInterval(() => {
      for (const watcher of this.#watchers.values()) watcher.heartbeat();
    }, limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  get isFull(): boolean {
    return this.#watchers.size >= this.#options.limits.clients;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
  }

  /** Says good-bye to every page; whoever does not answer is cut off. */
  async close(): Promise<void> {
    this.#lines.unsubscribe();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#batch);
    // What happened last is what ended it, often.
    this.#pump();
    const sockets = [...this.#watchers.keys()];
    const gone = sockets.map((each) => new Promise<void>((done) => each.once('close', () => done())));
    for (const each of sockets) each.close(CLOSE.goingAway, 'the inspector has ended');
    const late = setTimeout(() => {
      for (const each of sockets) each.terminate();
    }, this.#options.limits.closeMs);
    await Promise.all(gone);
    clearTimeout(late);
    this.#server.close();
  }

  #welcome(socket: WebSocket): void {
    const { run, control, compare, limits } = this.#options;
    const steering = control ? run.control : null;
    const hello: HelloMessage = {
      type: 'hello',
      header: run.header,
      live: run.live,
      control: steering !== null,
      faults: steering?.faults ?? [],
      compare,
    };
    const watcher = new Watcher(socket, this.#backlog, steering, limits);
    this.#watchers.set(socket, watcher);
    socket.on('close', () => this.#watchers.delete(socket));
    // A message that is too long, or no WebSocket's frame: ws closes the connection and says why.
    socket.on('error', () => {});
    socket.send(JSON.stringify(hello));
    watcher.pump();
  }

  #pump(): void {
    this.#batch = undefined;
    for (const watcher of this.#watchers.values()) watcher.pump();
  }
}
