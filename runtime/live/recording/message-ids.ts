/**
 * Short names for the messages of a run, and what is known of each while it matters. Processes name a
 * message by addresses and numbers; after a reconnection the same name can mean another message.
 */

export interface KnownMessage {
  /** In the recording. */
  readonly id: string;
  /** Names of processes; empty: not known. */
  from: string;
  to: string;
  sent: boolean;
  received: boolean;
  /** Microseconds since 1970. */
  sentUs: number;
}

/** Messages remembered; of older ones a late arrival counts as a new message. */
const LIMIT_MESSAGES = 100_000;

export class MessageIds {
  readonly #known = new Map<string, KnownMessage>();
  #count = 0;

  get(raw: string): KnownMessage | undefined {
    return this.#known.get(raw);
  }

  /** The message of that name; a new one if there is none, or if that one has been sent already. */
  sending(raw: string): KnownMessage {
    const known = this.#known.get(raw);
    return known === undefined || known.sent ? this.#make(raw) : known;
  }

  arriving(raw: string): KnownMessage {
    return this.#known.get(raw) ?? this.#make(raw);
  }

  /** Messages from or to a process that left before and have not arrived. */
  underWay(process: string, beforeUs: number): KnownMessage[] {
    return [...this.#known.values()].filter(
      ({ from, to, sent, received, sentUs }) =>
        sent && !received && sentUs <= beforeUs && (from === process || to === process),
    );
  }

  #make(raw: string): KnownMessage {
    this.#count += 1;
    const made = { id: `m${this.#count}`, from: '', to: '', sent: false, received: false, sentUs: 0 };
    this.#known.delete(raw);
    this.#known.set(raw, made);
    if (this.#known.size > LIMIT_MESSAGES) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return made;
  }
}
