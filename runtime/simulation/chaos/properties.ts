/** What must hold in a run, how often each was put to the test, and the first that did not hold. */

export const PROPERTIES = [
  'AcknowledgedKept',
  'NoGap',
  'PerKeyOrder',
  'OwnTable',
  'DurableFirst',
  'LegalSuccessor',
  'PauseSticky',
  'Monotone',
  'NoPrematureGc',
  'NoAbort',
  'Obeys',
  'NoSilentWait',
  'Releases',
  'Settles',
  'Converges',
] as const;
export type PropertyName = (typeof PROPERTIES)[number];

export const PROPERTIES_IN_WORDS: Readonly<Record<PropertyName, string>> = {
  AcknowledgedKept: 'the source keeps every write that it acknowledged',
  NoGap: 'the follower is the source as it was at the decree that the follower names',
  PerKeyOrder: 'no key at the follower goes back to an older value',
  OwnTable: 'only the duplication’s own table is adopted, written and dropped',
  DurableFirst: 'a status and a decree are shown only when they are durable',
  LegalSuccessor: 'durable statuses follow the table of legal successors',
  PauseSticky: 'only an operator ends a pause or changes the fail mode',
  Monotone: 'no confirmed decree goes back, nor one that the follower names',
  NoPrematureGc: 'no log that a live duplication may need is collected',
  NoAbort: 'nothing throws, is rejected unheard, breaks its contract, or fails to open without a cause',
  Obeys: 'every request is answered in time, and a refusal says what is legal',
  NoSilentWait: 'what stands still says so, and why',
  Releases: 'a removed duplication leaves nothing behind that it was told to take along',
  Settles: 'after the faults it reaches DS_LOG, or says what blocks it and what to type',
  Converges: 'after the faults both sides have the same rows, and what was acknowledged',
};

export interface Violation {
  readonly property: PropertyName;
  /** In words. */
  readonly seen: string;
  /** Virtual milliseconds since the world began. */
  readonly atMs: number;
}

export class Judge {
  readonly checked: Record<PropertyName, number>;
  #violation: Violation | null = null;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.checked = Object.fromEntries(PROPERTIES.map((name) => [name, 0])) as Record<PropertyName, number>;
  }

  /** The first one. */
  get violation(): Violation | null {
    return this.#violation;
  }

  /** Counts one test of a property; `seen` is asked only where it did not hold. */
  check(property: PropertyName, holds: boolean, seen: () => string): void {
    this.checked[property] += 1;
    if (!holds) this.violated(property, seen());
  }

  violated(property: PropertyName, seen: string): void {
    this.#violation ??= { property, seen, atMs: this.#nowMs() };
  }
}
