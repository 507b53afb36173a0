/** Says the same thing once, and from then on how often it has happened since: a flood must not fill a disk. */

export interface RepeatedOptions {
  /** Writes it down; `times` is 1 the first time, later how often it came since it was told last. */
  readonly tell: (key: string, facts: object, times: number) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Between two lines about the same thing. Default 60 000. */
  readonly everyMs?: number;
  /** Different things that are kept apart; those beyond share one line. Default 64. */
  readonly maxKeys?: number;
}

interface Told {
  atMs: number;
  since: number;
}

export const OTHERS = 'others';

/**
 * @example
 * const repeated = new Repeated({ tell: (key, facts, times) => log.warn(key, { ...facts, times }), now });
 * repeated.note('malformed 10.0.0.7', { reason });
 */
export class Repeated {
  readonly #options: RepeatedOptions;
  readonly #told = new Map<string, Told>();

  constructor(options: RepeatedOptions) {
    this.#options = options;
  }

  note(name: string, facts: object): void {
    const { tell, now, everyMs = 60_000, maxKeys = 64 } = this.#options;
    const isKnown = this.#told.has(name) || this.#told.size < maxKeys;
    const key = isKnown ? name : OTHERS;
    const nowMs = now();
    const told = this.#told.get(key);
    if (told === undefined) {
      this.#told.set(key, { atMs: nowMs, since: 0 });
      tell(key, facts, 1);
      return;
    }
    told.since++;
    if (nowMs - told.atMs < everyMs) return;
    tell(key, facts, told.since);
    // It is forgotten, so that its place is free when it has stopped.
    if (isKnown && told.since === 1) this.#told.delete(key);
    told.atMs = nowMs;
    told.since = 0;
  }
}
