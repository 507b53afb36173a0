/**
 * Turns what processes say about messages into the lines of a recording: names instead of addresses, short
 * ids, and both ends also where only one was watched.
 */
import type { ProcessRole, ReceiveLine, SendLine } from '../../observe/recording/lines.js';
import type { RecordedArrival } from '../../observe/recording/recorder-rpc.js';
import { type KnownMessage, MessageIds } from './message-ids.js';
import type { FetchedLine } from './run-line.js';

export interface NamedMessagesOptions {
  /** Name of the watched process that listens at `host:port`. */
  readonly nameOf: (address: string) => string | undefined;
  readonly emit: (line: FetchedLine) => void;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const OPERATOR = 'operator';

export class NamedMessages {
  readonly #options: NamedMessagesOptions;
  readonly #ids = new MessageIds();
  readonly #strangers = new Set<string>();

  constructor(options: NamedMessagesOptions) {
    this.#options = options;
  }

  /** Passes a line on, messages under their names. The line is its caller's no longer. */
  take(line: FetchedLine): void {
    if (line.t === 'send') this.#sent(line);
    else if (line.t === 'receive') this.#arrived(line as RecordedArrival);
    else if (line.t === 'lost') {
      const known = this.#ids.get(line.id);
      if (known === undefined) return;
      // Nothing more is expected of it.
      known.received = true;
      this.#options.emit({ ...line, id: known.id });
    } else this.#options.emit(line);
  }

  /** A process has died: what was on its way to or from it will not come. */
  died(process: string, diedUs: number, nowUs: number): void {
    for (const message of this.#ids.underWay(process, diedUs)) {
      message.received = true;
      this.#options.emit({ t: 'lost', at: nowUs, id: message.id, why: `${process} died` });
    }
  }

  #sent(line: SendLine): void {
    const message = this.#ids.sending(line.id);
    const request = line.answers === undefined ? undefined : this.#ids.get(line.answers);
    const to = this.#options.nameOf(line.to) ?? (request?.from || line.to);
    const told = line as Writable<SendLine>;
    told.to = to;
    if (request !== undefined) told.answers = request.id;
    this.#emitSend(told, message);
    // Whoever is not watched does not say that it has got its reply.
    if (line.what === 'reply' && this.#isStranger(to)) this.#emitReceive(line.at, to, message);
  }

  #arrived(line: RecordedArrival): void {
    const { from, fromTool, kind, what, bytes, body, error, gpid, ...arrival } = line;
    const message = this.#ids.arriving(line.id);
    if (!message.sent && from !== undefined) {
      const sender = fromTool === true ? OPERATOR : (this.#options.nameOf(from) ?? from);
      const request = what === 'reply' ? this.#ids.get(line.id.replace(/r$/, '')) : undefined;
      this.#introduce(sender, line.at);
      if (request !== undefined && !request.received) this.#emitReceive(line.at, sender, request);
      const facts = { kind: kind ?? '', what: what ?? 'message', bytes, body, error, gpid };
      this.#emitSend(
        {
          t: 'send',
          at: line.at,
          id: line.id,
          process: sender,
          to: line.process,
          ...(present(facts) as Pick<SendLine, 'kind' | 'what'>),
          ...(request === undefined ? {} : { answers: request.id }),
        },
        message,
      );
    }
    message.received = true;
    this.#options.emit({ ...arrival, id: message.id } as ReceiveLine);
  }

  /** Takes the line over. */
  #emitSend(line: Writable<SendLine>, message: KnownMessage): void {
    message.sent = true;
    message.from = line.process;
    message.to = line.to;
    message.sentUs = line.at;
    this.#introduce(line.to, line.at);
    line.id = message.id;
    this.#options.emit(line);
  }

  #emitReceive(at: number, process: string, message: KnownMessage): void {
    message.received = true;
    this.#options.emit({ t: 'receive', at, id: message.id, process });
  }

  #isStranger(process: string): boolean {
    return this.#strangers.has(process);
  }

  /** A process that nobody watches gets its line when it is first heard of. */
  #introduce(process: string, at: number): void {
    if (this.#strangers.has(process)) return;
    if (process !== OPERATOR && this.#options.nameOf(process) === undefined && !process.includes(':')) return;
    this.#strangers.add(process);
    const role: ProcessRole = process === OPERATOR ? 'operator' : 'other';
    const address = process === OPERATOR ? {} : { address: process };
    this.#options.emit({ t: 'process', at, process, what: 'up', role, ...address });
  }
}

function present(facts: object): object {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
