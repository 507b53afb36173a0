/**
 * What the network does with messages. Both explorers go by it.
 *
 * Without reordering it is a queue for each pair of sender and receiver, and only the oldest message of
 * a queue can arrive, be lost or be repeated. With reordering it is a bag, and equal messages in it are
 * one choice, not several.
 */
import { canonicalText } from '../paths/canonical.js';
import { NoCanonicalText } from '../paths/errors.js';
import { ProductError } from './errors.js';
import type { Assumptions, Message } from './model.js';

export type NetworkAssumptions = Pick<Assumptions, 'reorder' | 'lateMessages' | 'delayed'>;

/** Messages on their way, in the network's order: see `ordered`. */
export type InFlight = readonly Message[];

const texts = new WeakMap<Message, string>();

/**
 * Text that tells messages apart.
 * @throws ProductError UNSERIALISABLE
 */
export function messageText(message: Message): string {
  let text = texts.get(message);
  if (text === undefined) {
    try {
      text = canonicalText(message, 'message');
    } catch (error) {
      if (!(error instanceof NoCanonicalText)) throw error;
      const place = { process: message.from, step: `send ${message.kind}`, field: error.field };
      throw new ProductError('UNSERIALISABLE', error.message, place, { cause: error });
    }
    texts.set(message, text);
  }
  return text;
}

const channelOf = (message: Message): string => JSON.stringify([message.from, message.to]);

/** Whether a prompt message is on its way: then nothing else happens before it has arrived or is delayed. */
export const isUrgent = (network: InFlight, { delayed }: NetworkAssumptions): boolean =>
  delayed !== undefined && network.some((message) => message.delayed !== true);

/** Whether a message may be delayed that is not yet. */
export const mayDelay = (network: InFlight, { delayed }: NetworkAssumptions): boolean =>
  delayed !== undefined && network.filter((message) => message.delayed === true).length < delayed;

/** The network with the message at this position delayed; it may be already. */
export const delaying = (network: InFlight, position: number, assumptions: NetworkAssumptions): InFlight =>
  ordered(network.with(position, { ...network[position]!, delayed: true }), assumptions);

/** Positions of the messages that can arrive now: the prompt ones, if there are any. */
export function deliverable(network: InFlight, assumptions: NetworkAssumptions): number[] {
  const { reorder } = assumptions;
  const urgent = isUrgent(network, assumptions);
  const seen = new Set<string>();
  const positions: number[] = [];
  network.forEach((message, position) => {
    const choice = reorder ? messageText(message) : channelOf(message);
    if (seen.has(choice) || (urgent && message.delayed === true)) return;
    seen.add(choice);
    positions.push(position);
  });
  return positions;
}

export const without = (network: InFlight, position: number): InFlight => network.toSpliced(position, 1);

/** Whether a message of this conversation, not a late one, is on its way. */
export const awaits = (network: InFlight, tag: string): boolean =>
  network.some((message) => message.tag === tag && message.late !== true);

/**
 * The network after a step: what is retired becomes late, or is gone if it is reliable, then the new
 * messages are added.
 *
 * Of the late messages only the oldest `lateMessages` stay: those that were late already, before those
 * just retired, before those just sent. So one message can be late for as long as it takes, and which
 * one it is depends on what arrives before others become late.
 */
export function afterStep(
  network: InFlight,
  retires: readonly string[],
  sends: readonly Message[],
  assumptions: NetworkAssumptions,
): InFlight {
  if (retires.length === 0 && sends.length === 0) return network;
  const after: Message[] = [];
  /** Positions in `after`; an object may be there more than once. */
  const lateByAge: number[][] = [[], [], []];
  for (const message of network) {
    const retired = message.late !== true && message.tag !== undefined && retires.includes(message.tag);
    if (retired && message.reliable === true) continue;
    if (retired || message.late === true) lateByAge[retired ? 1 : 0]!.push(after.length);
    after.push(retired ? { ...message, late: true } : message);
  }
  for (const message of sends) {
    if (message.late === true) lateByAge[2]!.push(after.length);
    after.push(message);
  }
  const dropped = new Set(lateByAge.flat().slice(assumptions.lateMessages));
  const kept = dropped.size === 0 ? after : after.filter((_, position) => !dropped.has(position));
  return ordered(kept, assumptions);
}

/** A bag by content; queues one after the other, each in the order of sending. */
export function ordered(messages: readonly Message[], { reorder }: NetworkAssumptions): InFlight {
  const textOf = reorder ? messageText : channelOf;
  return messages
    .map((message) => ({ message, text: textOf(message) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ message }) => message);
}
