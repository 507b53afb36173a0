/** Messages and networks of a model as small integers, and what steps make of networks. */
import { IntList, MISSING, PairMap } from './int-tables.js';
import type { Message, Model } from './model.js';
import {
  afterStep,
  awaits,
  delaying,
  deliverable,
  type InFlight,
  isUrgent,
  mayDelay,
  messageText,
  without,
} from './network.js';

/** Integers for each message that can arrive. */
export const ARRIVAL = 3;

export class NetworkTables {
  readonly model: Model;
  readonly messages: Message[] = [];
  readonly networks: InFlight[] = [];
  /** Process that gets the message. */
  readonly receiver = new IntList();
  /** Per message: 1 if it is neither lost nor repeated. */
  readonly reliable = new IntList();
  /** Per network: where its messages that can arrive begin in `arrivals`, and how many there are. */
  readonly arrivalStart = new IntList();
  readonly arrivalCount = new IntList();
  /** By `ARRIVAL`: message, the network without it, the network with it delayed (MISSING while nobody asked). */
  readonly arrivals = new IntList();
  /** Per network: 1 while a prompt message is on its way; 1 while one more may be delayed. */
  readonly urgent = new IntList();
  readonly delayable = new IntList();

  readonly #messageIds = new Map<string, number>();
  readonly #networkIds = new Map<string, number>();
  readonly #tagIds = new Map<string, number>();
  readonly #tags: string[] = [];
  readonly #deltaIds = new Map<string, number>();
  readonly #networkAfter = new PairMap();
  readonly #heldBy = new PairMap();
  readonly #deltas: { readonly retires: readonly string[]; readonly sends: readonly Message[] }[] = [];

  constructor(model: Model) {
    this.model = model;
    this.internDelta([], []);
  }

  get networkBytes(): number {
    return this.#networkAfter.bytes + this.#heldBy.bytes;
  }

  internMessage(message: Message): number {
    const text = messageText(message);
    let id = this.#messageIds.get(text);
    if (id === undefined) {
      id = this.messages.length;
      this.#messageIds.set(text, id);
      this.messages.push(message);
      this.receiver.push(this.model.processes.findIndex((process) => process.name === message.to));
      this.reliable.push(message.reliable === true ? 1 : 0);
    }
    return id;
  }

  internNetwork(network: InFlight): number {
    const text = network.map((message) => this.internMessage(message)).join();
    let id = this.#networkIds.get(text);
    if (id === undefined) {
      id = this.networks.length;
      this.#networkIds.set(text, id);
      this.networks.push(network.map((message) => this.messages[this.internMessage(message)]!));
      const positions = deliverable(network, this.model.assumptions);
      this.arrivalStart.push(this.arrivals.length);
      this.arrivalCount.push(positions.length);
      this.urgent.push(isUrgent(network, this.model.assumptions) ? 1 : 0);
      this.delayable.push(mayDelay(network, this.model.assumptions) ? 1 : 0);
      for (const position of positions) {
        this.arrivals.push(this.internMessage(network[position]!));
        this.arrivals.push(MISSING);
        this.arrivals.push(MISSING);
      }
    }
    return id;
  }

  /** @param at position of the message in `arrivals` */
  networkWithout(network: number, at: number): number {
    const known = this.arrivals.data[at + 1]!;
    if (known !== MISSING) return known;
    const inFlight = this.networks[network]!;
    const message = this.messages[this.arrivals.data[at]!]!;
    const rest = this.internNetwork(without(inFlight, inFlight.indexOf(message)));
    this.arrivals.data[at + 1] = rest;
    return rest;
  }

  /** @param at position of the message in `arrivals` */
  networkDelaying(network: number, at: number): number {
    const known = this.arrivals.data[at + 2]!;
    if (known !== MISSING) return known;
    const inFlight = this.networks[network]!;
    const position = inFlight.indexOf(this.messages[this.arrivals.data[at]!]!);
    const delayed = this.internNetwork(delaying(inFlight, position, this.model.assumptions));
    this.arrivals.data[at + 2] = delayed;
    return delayed;
  }

  networkAfter(network: number, delta: number): number {
    if (delta === 0) return network;
    const known = this.#networkAfter.get(network, delta);
    if (known !== MISSING) return known;
    const { retires, sends } = this.#deltas[delta]!;
    const after = this.internNetwork(
      afterStep(this.networks[network]!, retires, sends, this.model.assumptions),
    );
    this.#networkAfter.add(network, delta, after);
    return after;
  }

  /** Whether a message of the conversation, not a late one, is on its way. */
  isHeld(network: number, tag: number): boolean {
    let held = this.#heldBy.get(network, tag);
    if (held === MISSING) {
      held = awaits(this.networks[network]!, this.#tags[tag]!) ? 1 : 0;
      this.#heldBy.add(network, tag, held);
    }
    return held === 1;
  }

  /** What a step does to the network, as an integer; 0: nothing. */
  internDelta(retires: readonly string[], sends: readonly Message[]): number {
    const ids = sends.map((message) => this.internMessage(message));
    const known = ids.map((id) => this.messages[id]!);
    return interned(this.#deltaIds, JSON.stringify([retires, ids]), () => {
      this.#deltas.push({ retires, sends: known });
    });
  }

  internTag(tag: string): number {
    return interned(this.#tagIds, tag, () => this.#tags.push(tag));
  }
}

/** @returns the number of a text; new ones are numbered on */
export function interned(ids: Map<string, number>, text: string, onNew: () => void): number {
  let id = ids.get(text);
  if (id === undefined) {
    id = ids.size;
    ids.set(text, id);
    onNew();
  }
  return id;
}
