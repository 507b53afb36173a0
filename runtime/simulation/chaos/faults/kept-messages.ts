/**
 * Messages that arrive between two others, rather than after a time: each is kept until so many more have gone
 * between its two servers, in either direction. What is given up, and comes when its successor is on its way, is
 * met this way far more often than by waiting for so many milliseconds.
 */
import type { WireMessage } from '../../wire-message.js';
import type { World } from '../../world.js';
import { LATEST_MS } from '../draw-trouble.js';

interface Kept {
  readonly between: string;
  left: number;
  readonly arrive: () => void;
}

export class KeptMessages {
  readonly #world: World;
  readonly #kept = new Set<Kept>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @param afterMs how long after the last of those that it waits for; 0: before it */
  keep(message: WireMessage, passes: number, afterMs: number, arrive: (afterMs: number) => void): void {
    const kept: Kept = {
      between: endsOf(message),
      left: passes,
      arrive: () => {
        if (this.#kept.delete(kept)) arrive(afterMs);
      },
    };
    this.#kept.add(kept);
    // Nothing travels for longer than this; see `LATEST_MS`.
    const label = 'a message that was kept';
    const latestMs = LATEST_MS - afterMs;
    this.#world.schedule.add({ kind: 'timer', server: 'chaos', label, run: kept.arrive }, latestMs);
  }

  /** A message has been sent. */
  pass(message: WireMessage): void {
    if (this.#kept.size === 0) return;
    const between = endsOf(message);
    for (const kept of [...this.#kept]) {
      if (kept.between !== between) continue;
      kept.left -= 1;
      if (kept.left === 0) kept.arrive();
    }
  }
}

const endsOf = ({ from, to }: WireMessage): string => (from < to ? `${from} ${to}` : `${to} ${from}`);
