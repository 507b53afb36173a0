import type { Connection } from './network.js';
import { CallIds, type ClientTap, hasAddress } from './tap.js';

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
  readonly #ids: CallIds;
  #waiting: Departure[] = [];

  constructor(socket: Connection) {
    this.#socket = socket;
    this.#ids = new CallIds(socket, 'client');
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

  /** Of a call that has left. */
  idOf(seqId: number): string {
    return this.#ids.of(seqId);
  }

  #tell({ tap, seqId, bytes }: Departure): void {
    tap.sent(this.idOf(seqId), bytes);
  }
}
