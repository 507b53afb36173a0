/**
 * Carries what `@statelyai/inspect` says to a WebSocket, in place of the package's own adapter. That one
 * never comes back after a lost connection, and without a server tries for ever, which keeps the process
 * alive even after it was stopped.
 */
import { WebSocket } from 'ws';

/** An event of the package, as far as it is touched here. */
export interface StatelyEvent {
  readonly type: string;
  readonly sessionId: string;
  readonly rootId: string | undefined;
}

export interface StatelySocketOptions {
  readonly url: string;
  /** Events kept while nobody listens; then the oldest go. */
  readonly limitEvents: number;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;
/** A viewer that is further behind is cut off, and gets what comes after it is back. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
const CLOSE_MS = 1_000;

export class StatelySocket {
  readonly #options: StatelySocketOptions;
  #socket: WebSocket | null = null;
  #waiting: string[] = [];
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  #dropped = 0;

  constructor(options: StatelySocketOptions) {
    this.#options = options;
  }

  /** Events that nobody got: too many while nobody listened. */
  get dropped(): number {
    return this.#dropped;
  }

  start(): void {
    if (this.#stopped || this.#socket !== null) return;
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    socket.on('open', () => {
      this.#failures = 0;
      for (const text of this.#waiting.splice(0)) socket.send(text);
    });
    // `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#lost());
  }

  send(event: StatelyEvent): void {
    if (this.#stopped) return;
    const text = JSON.stringify(event);
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) {
      if (socket.bufferedAmount <= MAX_UNSENT_BYTES) {
        socket.send(text);
        return;
      }
      socket.terminate();
    }
    this.#waiting.push(text);
    if (this.#waiting.length <= this.#options.limitEvents) return;
    this.#waiting.shift();
    this.#dropped += 1;
  }

  /** For the package; see {@link close}. */
  stop(): void {
    void this.close();
  }

  /** Says good-bye; afterwards nothing of it keeps the process alive. */
  close(): Promise<void> {
    this.#stopped = true;
    this.#waiting = [];
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket === null || socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    const late = setTimeout(() => socket.terminate(), CLOSE_MS);
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    socket.close();
    return closed.finally(() => clearTimeout(late));
  }

  #lost(): void {
    this.#socket = null;
    if (this.#stopped) return;
    const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    this.#retry = setTimeout(() => this.start(), delayMs);
    // Waiting for a viewer is no reason to stay.
    this.#retry.unref();
  }
}
