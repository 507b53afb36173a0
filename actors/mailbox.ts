/**
 * A bounded, ordered stream of envelopes.
 *
 * A plain Subject reorders when somebody posts while a message is being delivered; here such a post
 * waits until the delivery under way has reached everyone. A mailbox never errors: a full one refuses
 * and counts, so that no sender can take the bus down.
 */
import { Observable, Subject } from 'rxjs';
import type { Envelope } from './envelope.js';

export interface MailboxOptions {
  /** Messages waiting for delivery beyond this are refused. */
  readonly limitMessages?: number;
}

export const DEFAULT_MAILBOX_LIMIT_MESSAGES = 10_000;

/**
 * @example
 * const mailbox = new Mailbox<string>();
 * mailbox.messages$.subscribe(({ body }) => console.log(body));
 * mailbox.post({ id: '1', from: 'a', to: 'b', kind: 'GREETING', body: 'hello', sentAt: 0 });
 */
export class Mailbox<Body = unknown> {
  readonly #subject = new Subject<Envelope<Body>>();
  readonly #waiting: Envelope<Body>[] = [];
  readonly #limitMessages: number;
  #delivering = false;
  #closed = false;
  #refused = 0;

  /** Every message from now on, in the order of posting; completes when the mailbox is closed. */
  readonly messages$: Observable<Envelope<Body>>;

  constructor(options: MailboxOptions = {}) {
    this.#limitMessages = options.limitMessages ?? DEFAULT_MAILBOX_LIMIT_MESSAGES;
    this.messages$ = new Observable((observer) => this.#subject.subscribe(observer));
  }

  /** Messages posted and not yet delivered. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Messages that found the mailbox full. */
  get refused(): number {
    return this.#refused;
  }

  /** Delivers the envelope, or returns false when the mailbox is full or closed. */
  post(envelope: Envelope<Body>): boolean {
    if (this.#closed || this.#waiting.length >= this.#limitMessages) {
      this.#refused += 1;
      return false;
    }
    this.#waiting.push(envelope);
    if (this.#delivering) return true;
    this.#delivering = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#subject.next(next);
      }
    } finally {
      this.#delivering = false;
    }
    return true;
  }

  /** What waits is not delivered any more. Doing it twice is harmless, and so is subscribing later. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#subject.complete();
  }
}
