import type { Connection } from './network.js';
import { type ClientTap, callId, hasAddress } from './tap.js';

interface Departure {
  readonly tap: ClientTap;
  readonly seqId: number;
  readonly bytes: number;
}

/**
 * Tells taps when their requests leave: nothing does before there is a connection, nor does a socket know
 * its own address till then.
 */
export class Departures {
  readonly #socket: Connection;
  #waiting: Departure[] = [];

  constructor(socket: Connection) {
    this.#socket = socket;
  }

  add(departure: Departure): void {
    if (hasAddress(this.#socket)) this.#tell(departure);
    else this.#waiting.push(departure);
  }

  connected(): void {
    for (const departure of this.#waiting.splice(0)) this.#tell(departure);
  }

  failed(why: string): void {
    for (const { tap } of this.#waiting.splice(0)) tap.notSent(why);
  }

  #tell({ tap, seqId, bytes }: Departure): void {
    tap.sent(callId(this.#socket, 'client', seqId), bytes);
  }
}
