/** What one partition of the source has held, decree by decree. */

/** Of a row, as stored; null: not there. */
export type Stored = Buffer | null;

interface Version {
  readonly decree: number;
  readonly value: Stored;
}

export class History {
  readonly #versions = new Map<string, Version[]>();
  readonly #changes: { readonly decree: number; readonly keys: readonly string[] }[] = [];
  /** Decrees at which all of the partition is known: mutations that are applied together have one. */
  readonly #known = new Set<number>([0]);
  #last = 0;

  /** Highest decree that has been applied. */
  get last(): number {
    return this.#last;
  }

  isKnown(decree: number): boolean {
    return this.#known.has(decree);
  }

  keys(): Iterable<string> {
    return this.#versions.keys();
  }

  add(decree: number, changes: ReadonlyMap<string, Stored>): void {
    for (const [key, value] of changes) {
      const versions = this.#versions.get(key) ?? [];
      versions.push({ decree, value });
      this.#versions.set(key, versions);
    }
    this.#changes.push({ decree, keys: [...changes.keys()] });
    this.#known.add(decree);
    this.#last = decree;
  }

  /** At a decree that is known. */
  at(key: string, decree: number): Stored {
    const versions = this.#versions.get(key) ?? [];
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i] as Version;
      if (version.decree <= decree) return version.value;
    }
    return null;
  }

  /** Which version of its row this is, counted from 0; −1: none. */
  versionOf(key: string, value: Buffer): number {
    return (this.#versions.get(key) ?? []).findLastIndex((version) => version.value?.equals(value) === true);
  }

  /** Rows that changed after the one decree, up to the other. */
  *changedIn(after: number, upTo: number): Iterable<string> {
    // A copy that was left behind is compared again and again: what is newer than it must cost nothing.
    for (let i = this.#upTo(upTo); i >= 0; i--) {
      const change = this.#changes[i];
      if (change === undefined || change.decree <= after) return;
      yield* change.keys;
    }
  }

  /** Index of the latest change that is not above the decree; −1: none. */
  #upTo(decree: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.decree ?? Number.POSITIVE_INFINITY) <= decree) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

export const sameValue = (a: Stored, b: Stored): boolean =>
  a === null || b === null ? a === b : a.equals(b);

export const valueInWords = (value: Stored): string =>
  value === null
    ? 'nothing'
    : JSON.stringify(
        value
          .toString('latin1')
          .replaceAll(/[^\x20-\x7e]/g, '')
          .slice(0, 40),
      );

/** `hash/sort` of a key as stored. */
export function rowInWords(key: string): string {
  const length = key.charCodeAt(0) * 256 + key.charCodeAt(1);
  return `${key.slice(2, 2 + length)}/${key.slice(2 + length)}`;
}
