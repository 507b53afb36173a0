/**
 * Time, as everything that waits sees it. The system's own unless somebody hands in another: a simulation
 * has one that only moves when nothing else is left to do.
 */

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since 1970. */
  epochMs(): number;
  /** Whether anybody reads the labels of timers; left out, labels that cost something are not made. */
  readonly tellsLabels?: boolean;
  /**
   * Calls `wake` once, not before `delayMs` have passed. `label` says in words what waits, for traces:
   * `requestDeadline of followerTable`.
   */
  setTimeout(wake: () => void, delayMs: number, label?: string): unknown;
  clearTimeout(timer: unknown): void;
  /** Calls `wake` when everything that is ready to run has run. */
  defer(wake: () => void): void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  setTimeout: (wake, delayMs) => setTimeout(wake, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  defer: (wake) => void setImmediate(wake),
};

/**
 * For who waits again and again, one wait at a time: each resolves after its `delayMs`, or as soon as the signal is
 * aborted, and never rejects. The signal is listened to once and not for each wait, which would cost more than it.
 *
 * @example
 * const pause = pauses(clock, signal);
 * for (; !signal.aborted; await pause(1_000, 'node sync')) await sync();
 */
export function pauses(
  clock: Clock,
  signal: AbortSignal,
): (delayMs: number, label?: string) => Promise<void> {
  let wakeNow = (): void => {};
  signal.addEventListener('abort', () => wakeNow(), { once: true });
  return (delayMs, label) => {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, delayMs, label);
      wakeNow = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  };
}

/** Resolves when everything that is ready to run has run. */
export function deferred(clock: Pick<Clock, 'defer'>): Promise<void> {
  return new Promise((resolve) => clock.defer(resolve));
}
