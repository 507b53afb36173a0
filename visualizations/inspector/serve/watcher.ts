/** One page that watches: lines go to it as fast as it takes them, commands come from it. */
import type { WebSocket } from 'ws';
import { BridleError } from '../../../runtime/client/index.js';
import type { RunControl } from '../inspected-run.js';
import type { Backlog, Reader } from './backlog.js';
import type { ServerLimits } from './limits.js';
import { type AnswerMessage, CLOSE, type CommandMessage, commandMessage, linesMessage } from './messages.js';

const READ_ONLY = 'this inspector only shows; start it with --control to steer the run';

export class Watcher {
  readonly #socket: WebSocket;
  readonly #backlog: Backlog;
  readonly #control: RunControl | null;
  readonly #limits: ServerLimits;
  readonly #reader: Reader;
  #batchesUnderWay = 0;
  #commandsUnderWay = 0;
  #answered = true;

  constructor(socket: WebSocket, backlog: Backlog, control: RunControl | null, limits: ServerLimits) {
    this.#socket = socket;
    this.#backlog = backlog;
    this.#control = control;
    this.#limits = limits;
    this.#reader = backlog.reader();
    socket.on('pong', () => {
      this.#answered = true;
    });
    socket.on('message', (data, isBinary) => this.#take(isBinary ? '' : String(data)));
  }

  /** Sends what is new, until enough is under way; what is left goes when that has been sent. */
  pump(): void {
    if (this.#backlog.isLost(this.#reader)) {
      this.#socket.close(CLOSE.tooSlow, 'too slow for this run: reload');
      return;
    }
    while (this.#batchesUnderWay < this.#limits.batchesUnderWay) {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      const lines = this.#backlog.read(this.#reader, this.#limits.batchBytes);
      if (lines.length === 0) return;
      this.#batchesUnderWay += 1;
      this.#socket.send(linesMessage(lines), (error) => {
        this.#batchesUnderWay -= 1;
        if (error == null) this.pump();
      });
    }
  }

  /** Ends the connection if the last ping was not answered. */
  heartbeat(): void {
    if (!this.#answered) {
      this.#socket.terminate();
      return;
    }
    this.#answered = false;
    this.#socket.ping();
  }

  #take(text: string): void {
    const message = parsed(text);
    if (message === null) {
      this.#socket.close(CLOSE.badMessage, 'not a command');
      return;
    }
    void this.#perform(message).then((answer) => {
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(answer));
    });
  }

  async #perform({ id, command, args }: CommandMessage): Promise<AnswerMessage> {
    const answer = (ok: boolean, text: string): AnswerMessage => ({ type: 'answer', id, ok, text });
    if (this.#control === null) return answer(false, READ_ONLY);
    if (this.#commandsUnderWay >= this.#limits.commandsUnderWay) {
      return answer(false, 'commands of before are still being carried out');
    }
    this.#commandsUnderWay += 1;
    try {
      return answer(true, await within(this.#limits.commandMs, this.#control.run(command, args)));
    } catch (error) {
      const known = BridleError.from(error);
      return answer(false, `${known.hint ?? known.what} (${known.code})`);
    } finally {
      this.#commandsUnderWay -= 1;
    }
  }
}

function parsed(text: string): CommandMessage | null {
  try {
    return commandMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(BridleError.of('ERR_TIMEOUT', { hint: `no answer within ${ms} ms; it may still be done` })),
      ms,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
