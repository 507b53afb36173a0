/** What becomes of messages while something is wrong with the network. */
import { type MessagePattern, matches } from '../../message-pattern.js';
import type { Fate } from '../../virtual-network.js';
import type { WireMessage } from '../../wire-message.js';
import type { Draw } from '../draw.js';
import type { ChaosTrouble } from '../plan.js';
import type { KeptMessages } from './kept-messages.js';

/** Decides about a frame when it is sent; undefined: it is none of its business. */
export type MessageFault = (message: WireMessage) => Fate | undefined;

type OfKind<Kind extends ChaosTrouble['kind']> = Extract<ChaosTrouble, { readonly kind: Kind }>;

const SOON_MS = 1_000;

/** @param nowMs of the world, for delays that keep the order of a connection */
export function messageFault(
  trouble: OfKind<'loss' | 'delay' | 'duplicate' | 'reorder'>,
  draw: Draw,
  nowMs: () => number,
  keptMessages: KeptMessages,
): MessageFault {
  const { kind, pattern, probability, mostMs, mostPasses } = trouble;
  const arrivesMs = new Map<string, number>();
  /** Before the last of the messages that it waits for, or soon after it. */
  const kept = (message: WireMessage, most: number): Required<Pick<Fate, 'kept'>> => {
    const passes = draw.spread(1, most);
    const afterMs = draw.chance(0.5) ? 0 : draw.spread(1, SOON_MS);
    return { kept: (arrive) => keptMessages.keep(message, passes, afterMs, arrive) };
  };
  return (message) => {
    if (!matches(pattern, message) || !draw.chance(probability)) return undefined;
    switch (kind) {
      case 'loss':
        return { lost: true };
      case 'duplicate':
        if (isOfClient(message)) return undefined;
        return mostPasses === null ? { copiesAfterMs: [lateMs(draw, mostMs)] } : kept(message, mostPasses);
      case 'reorder':
        if (isOfClient(message)) return undefined;
        return mostPasses === null
          ? { delayMs: lateMs(draw, mostMs) }
          : { lost: true, ...kept(message, mostPasses) };
      case 'delay': {
        const way = `${message.connection} ${message.from}`;
        const dueMs = Math.max(nowMs() + lateMs(draw, mostMs), arrivesMs.get(way) ?? 0);
        arrivesMs.set(way, dueMs);
        return { delayMs: dueMs - nowMs() };
      }
    }
  };
}

/** What goes from the one side to the other does not arrive; the way back, only in a two-way partition. */
export function partitionFault({
  kind,
  from,
  to,
}: OfKind<'partition-one-way' | 'partition-two-way'>): MessageFault {
  const there: MessagePattern = { from, to };
  const back: MessagePattern = { from: to, to: from };
  return (message) =>
    matches(there, message) || (kind === 'partition-two-way' && matches(back, message))
      ? { lost: true }
      : undefined;
}

/**
 * Clients speak over connections of their own, on which nothing overtakes and nothing is repeated: a client of
 * Pegasus does not know whether a write of its that was answered is carried out a second time.
 */
export function isOfClient({ from, to }: WireMessage): boolean {
  return from === 'client' || to === 'client';
}

/** Whoever operates a cluster sits beside its meta server: what he asks arrives, if it lives. */
export function isOfOperator({ from, to }: WireMessage): boolean {
  return (from === 'client' && to.endsWith('/meta')) || (to === 'client' && from.endsWith('/meta'));
}

/** As often a moment as most of what it may be. */
const lateMs = (draw: Draw, mostMs: number): number =>
  draw.chance(0.5) ? draw.spread(1, Math.max(2, mostMs)) : draw.int(1, Math.max(2, mostMs));
