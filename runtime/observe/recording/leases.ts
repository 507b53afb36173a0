/** Who records a process, for how long yet, how far they have got, and whether they want values of rows. */

export interface Lease {
  /** Whose it is; a watcher that asks again renews its own. */
  readonly watcher: string;
  /** From now, in milliseconds. */
  readonly forMs: number;
  /** Number of the first entry that the watcher has not got; those before it are its no longer. */
  readonly from: number;
  /** Rows are recorded while somebody asks for them. */
  readonly values: 'removed' | 'kept';
}

/** Those who come beyond this share one lease. */
export const WATCHERS_LIMIT = 64;
const ANYBODY = '';

/** Pure: whoever uses it says what time it is. */
export class Leases {
  readonly #byWatcher = new Map<string, Lease & { readonly endsMs: number }>();

  /** When the last of them ends, by the clock of `renew`; null: there is none. */
  get lastEndMs(): number | null {
    let last: number | null = null;
    for (const { endsMs } of this.#byWatcher.values()) last = Math.max(last ?? endsMs, endsMs);
    return last;
  }

  /** Entries before this one nobody will ask for any more. */
  get from(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { from } of this.#byWatcher.values()) least = Math.min(least, from);
    return least;
  }

  get keepsValues(): boolean {
    for (const { values } of this.#byWatcher.values()) if (values === 'kept') return true;
    return false;
  }

  renew(lease: Lease, nowMs: number): void {
    this.expire(nowMs);
    const { watcher, forMs } = lease;
    const known = this.#byWatcher.has(watcher) || this.#byWatcher.size < WATCHERS_LIMIT;
    // How far those who share one have got nobody knows.
    const own = known && watcher !== ANYBODY ? lease : { ...lease, watcher: ANYBODY, from: 0 };
    this.#byWatcher.set(own.watcher, { ...own, endsMs: nowMs + forMs });
  }

  end(watcher: string): void {
    this.#byWatcher.delete(watcher);
  }

  expire(nowMs: number): void {
    for (const [watcher, { endsMs }] of this.#byWatcher) {
      if (endsMs <= nowMs) this.#byWatcher.delete(watcher);
    }
  }

  clear(): void {
    this.#byWatcher.clear();
  }
}
