/**
 * The follower's end of `bridle retry`: the source's meta server says with its looks that somebody wants the
 * copies of a table to be tried at once, and the replica servers get it with their orders.
 *
 * Not durable: a server that has just started waits for nothing.
 */
export class CopyRetries {
  readonly #askedFor = new Map<number, number>();

  /** As the source says it: another number with every request, and the same with every look until the next one. */
  note(appId: number, retryNo: number): void {
    this.#askedFor.set(appId, retryNo);
  }

  /** 0: nobody has asked. */
  of(appId: number): number {
    return this.#askedFor.get(appId) ?? 0;
  }
}
