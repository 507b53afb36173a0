/** Which connections a server has room for, and which have to go when it has none. */
import type { RpcServerLimits } from './server-core.js';

/** What is asked of a connection. */
export interface Guest {
  /** Host it comes from. */
  readonly host: string;
  /** Has sent a whole frame. */
  readonly isProven: boolean;
  /** Has nothing in work and nothing to be sent. */
  readonly isIdle: boolean;
  readonly lastActivityMs: number;
  /** Bytes of frames in work or not whole yet, and of answers not taken. */
  readonly heldBytes: number;
  /** Ends it, with the name of the limit. */
  turnOut(limit: keyof RpcServerLimits): void;
}

/** One that has been served and is silent for less is not put out for a newcomer. */
const GRACE_MS = 1_000;

/**
 * A newcomer gets the place of whoever is silent longest, those first who have never said anything: a flood of idle
 * connections puts itself out, and whoever is being served stays.
 */
export class ConnectionRoom {
  readonly #limits: RpcServerLimits;
  readonly #guests = new Set<Guest>();
  readonly #perHost = new Map<string, number>();
  #heldBytes = 0;

  constructor(limits: RpcServerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#guests.size;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  [Symbol.iterator](): Iterator<Guest> {
    return this.#guests.values();
  }

  /** Makes room for one more of a host; the limit that stands in the way if nobody can go. */
  makeRoom(host: string, nowMs: number): keyof RpcServerLimits | undefined {
    const { maxConnections, maxConnectionsPerPeer } = this.#limits;
    if ((this.#perHost.get(host) ?? 0) >= maxConnectionsPerPeer) {
      if (!this.#putOut('maxConnectionsPerPeer', nowMs, host)) return 'maxConnectionsPerPeer';
    }
    if (this.#guests.size >= maxConnections && !this.#putOut('maxConnections', nowMs))
      return 'maxConnections';
    return undefined;
  }

  add(guest: Guest): void {
    this.#guests.add(guest);
    this.#perHost.set(guest.host, (this.#perHost.get(guest.host) ?? 0) + 1);
  }

  delete(guest: Guest): void {
    if (!this.#guests.delete(guest)) return;
    const left = (this.#perHost.get(guest.host) ?? 1) - 1;
    if (left > 0) this.#perHost.set(guest.host, left);
    else this.#perHost.delete(guest.host);
  }

  /** One holds more or less than before. While all hold too much, whoever holds most has to go. */
  changeHeld(bytes: number): void {
    this.#heldBytes += bytes;
    // Each goes at most once, whatever it lets go of.
    for (let left = this.#guests.size; bytes > 0 && left > 0; left--) {
      if (this.#heldBytes <= this.#limits.maxHeldBytes) return;
      let most: Guest | undefined;
      for (const guest of this.#guests) {
        if (guest.heldBytes > (most?.heldBytes ?? 0)) most = guest;
      }
      if (most === undefined) return;
      most.turnOut('maxHeldBytes');
      this.delete(most);
    }
  }

  #putOut(limit: keyof RpcServerLimits, nowMs: number, host?: string): boolean {
    let last: Guest | undefined;
    for (const guest of this.#guests) {
      if (!guest.isIdle || (host !== undefined && guest.host !== host)) continue;
      if (guest.isProven && nowMs - guest.lastActivityMs < GRACE_MS) continue;
      const goesFirst =
        last === undefined ||
        (guest.isProven === last.isProven ? guest.lastActivityMs < last.lastActivityMs : !guest.isProven);
      if (goesFirst) last = guest;
    }
    if (last === undefined) return false;
    last.turnOut(limit);
    this.delete(last);
    return true;
  }
}
