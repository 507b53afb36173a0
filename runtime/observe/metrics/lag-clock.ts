/**
 * How old the oldest write is that a follower is not known to hold, told from looks alone.
 *
 * A look says which decree was the last at that moment. A decree above the confirmed one that was there at an
 * earlier look has waited at least since then. So the age is a lower bound, too small by at most the time between
 * two looks; it never shows a lag that is not there.
 */
interface Look {
  readonly lastCommitted: number;
  readonly atMs: number;
}

/** Looks kept per partition; when there are more, every other one is forgotten, the oldest never. */
const MAX_LOOKS = 128;

/**
 * @example
 * const lag = new LagClock();
 * lag.note(0, { confirmed: 5, lastCommitted: 9 }, 1_000); // 0: the write was seen just now
 * lag.note(0, { confirmed: 5, lastCommitted: 9 }, 4_000); // 3000
 * lag.note(0, { confirmed: 9, lastCommitted: 9 }, 5_000); // 0
 */
export class LagClock {
  readonly #looks = new Map<number, Look[]>();

  /** One look at one partition. Returns the age in milliseconds; 0 while nothing waits or nothing is known. */
  note(
    partition: number,
    { confirmed, lastCommitted }: { readonly confirmed: number; readonly lastCommitted: number },
    atMs: number,
  ): number {
    const before = this.#looks.get(partition) ?? [];
    let waiting = before.filter((look) => look.lastCommitted > confirmed);
    if (confirmed < 0 || lastCommitted <= confirmed) waiting = [];
    else if ((waiting.at(-1)?.lastCommitted ?? -1) < lastCommitted) waiting.push({ lastCommitted, atMs });
    if (waiting.length > MAX_LOOKS) waiting = waiting.filter((_, at) => at === 0 || at % 2 === 1);
    this.#looks.set(partition, waiting);
    return ageOf(waiting, atMs);
  }

  /** The largest age of all partitions. */
  oldestMs(atMs: number): number {
    return Math.max(0, ...[...this.#looks.values()].map((looks) => ageOf(looks, atMs)));
  }
}

const ageOf = ([oldest]: readonly Look[], atMs: number): number =>
  oldest === undefined ? 0 : Math.max(0, atMs - oldest.atMs);
