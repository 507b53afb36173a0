/** Which messages are on their way in a trace, each under an id of its own: a trace tells them by content. */
import type { Message } from '../model.js';
import { messageText } from '../network.js';

export interface OnTheWay {
  readonly id: string;
  /** As the network has it now: it may have become late, or been delayed. */
  readonly message: Message;
  /** A copy of it has arrived. */
  readonly arrived: boolean;
}

export class MessagesOnTheWay {
  #count = 0;
  /** Oldest first: of equal messages the oldest is meant. */
  #all: OnTheWay[] = [];

  /** @returns its id, unique in the recording */
  leave(message: Message): string {
    this.#count += 1;
    const id = `m${this.#count}`;
    this.#all.push({ id, message, arrived: false });
    return id;
  }

  /** A message arrives or is lost; or a copy of it arrives and it stays on its way; or it just stays. */
  take(message: Message, as: 'gone' | 'copy' | 'delayed'): OnTheWay {
    const text = messageText(message);
    const at = this.#all.findIndex((each) => messageText(each.message) === text);
    const found = this.#all[at];
    if (found === undefined) throw new RangeError(`${message.kind} of ${message.from} is not on its way`);
    if (as === 'gone') this.#all.splice(at, 1);
    else if (as === 'copy') this.#all[at] = { ...found, arrived: true };
    return found;
  }

  /**
   * Goes by what the network has after a step.
   *
   * @returns what is gone although it did not arrive: a newer one took its place, or nobody waits for it
   */
  settle(inFlight: readonly Message[]): readonly OnTheWay[] {
    const left = [...inFlight];
    const claim = (message: Message, textOf: (message: Message) => string): Message | undefined => {
      const at = left.findIndex((each) => textOf(each) === textOf(message));
      return at < 0 ? undefined : left.splice(at, 1)[0];
    };
    // Those that nothing happened to first, so that what became late is not taken for them.
    const same = this.#all.map(({ message }) => claim(message, messageText));
    const now = this.#all.map((each, at) => ({ each, message: same[at] ?? claim(each.message, contentOf) }));
    this.#all = now.flatMap(({ each, message }) => (message === undefined ? [] : [{ ...each, message }]));
    return now.flatMap(({ each, message }) => (message === undefined ? [each] : []));
  }
}

/** What stays of a message whatever the network makes of it. */
function contentOf({ from, to, kind, body, tag }: Message): string {
  return messageText({ from, to, kind, body, ...(tag === undefined ? {} : { tag }) });
}
