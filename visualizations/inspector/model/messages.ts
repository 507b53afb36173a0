/** Matches the leaving of messages with what became of them. */
import type { LostLine, ReceiveLine, SendLine, TimedLine } from '../../../runtime/observe/recording/lines.js';
import type { MessageInfo } from './types.js';

/** Every message that was sent, by its id. */
export type MessagesById = ReadonlyMap<string, MessageInfo>;

/** What became of a message, as far as is known. */
export type Fate = 'arrived' | 'denied' | 'dropped' | 'lost' | 'under way';

/** @param moment as far as was known then; default: at the end */
export function fateOf(message: MessageInfo, moment = Number.POSITIVE_INFINITY): Fate {
  const { received, lost, refused } = message;
  if (received[0] !== undefined && received[0] <= moment) return refused ?? 'arrived';
  return lost !== null && lost <= moment ? 'lost' : 'under way';
}

type Arrival = { readonly line: ReceiveLine | LostLine; readonly moment: number };

export class Messages {
  readonly byId = new Map<string, MessageInfo>();
  readonly #replies = new Map<string, string>();
  /** Arrivals whose sending has not been told; servers' lines may be merged a little out of order. */
  readonly #early = new Map<string, Arrival[]>();

  /** The reply to a request, if one was sent. */
  replyTo(request: string): MessageInfo | undefined {
    const reply = this.#replies.get(request);
    return reply === undefined ? undefined : this.byId.get(reply);
  }

  apply(line: TimedLine, moment: number): void {
    if (line.t === 'send') this.#send(line, moment);
    else if (line.t === 'receive' || line.t === 'lost') this.#arrive({ line, moment });
  }

  #send(line: SendLine, moment: number): void {
    const lost = line.fate === 'lost';
    this.byId.set(line.id, {
      id: line.id,
      kind: line.kind,
      what: line.what,
      from: line.process,
      to: line.to,
      sent: moment,
      sentAt: line.at,
      received: [],
      lost: lost ? moment : null,
      why: lost ? 'lost on its way' : null,
      refused: null,
      delayed: line.fate === 'delayed',
      answers: line.answers ?? null,
      error: line.error ?? null,
      gpid: line.gpid ?? null,
      bytes: line.bytes ?? null,
      body: line.body,
    });
    if (line.answers !== undefined) this.#replies.set(line.answers, line.id);
    const early = this.#early.get(line.id);
    if (early === undefined) return;
    this.#early.delete(line.id);
    for (const arrival of early) this.#arrive(arrival);
  }

  #arrive(arrival: Arrival): void {
    const { line, moment } = arrival;
    const message = this.byId.get(line.id);
    if (message === undefined) {
      const early = this.#early.get(line.id);
      if (early === undefined) this.#early.set(line.id, [arrival]);
      else early.push(arrival);
      return;
    }
    const change: Partial<MessageInfo> =
      line.t === 'lost'
        ? { lost: moment, why: line.why }
        : { received: [...message.received, moment], refused: line.fate ?? message.refused };
    this.byId.set(line.id, { ...message, ...change });
  }
}
