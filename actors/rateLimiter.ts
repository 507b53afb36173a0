/**
 * One rate for everything a process copies: a token bucket with a queue in front of it.
 *
 *   take(bytes) ─► queue, first come first served ─► bucket: +rate per second, at most `burstBytes`
 *
 * Only the head of the queue waits for tokens, and it sleeps on a timer that its abort cancels; nobody
 * behind it ever waits for somebody who has gone.
 */

/** Time as the limiter sees it, in milliseconds. XState's `SimulatedClock` is one. */
export interface LimiterClock {
  /** Monotonic. */
  now(): number;
  setTimeout(wake: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface RateLimiterOptions {
  /** 0 means unlimited. */
  readonly bytesPerSecond: number;
  /** Most bytes that may go at once after a pause. Default: what a tenth of a second brings. */
  readonly burstBytes?: number;
  /** Default: the system's. */
  readonly clock?: LimiterClock;
}

interface Waiter {
  readonly bytes: number;
  grant(): void;
}

const systemClock: LimiterClock = {
  now: () => performance.now(),
  setTimeout: (wake, delayMs) => setTimeout(wake, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Node's timers hold 31 bits. */
const maxSleepMs = 0x7fff_ffff;

/**
 * Shared by all copies of a process. In any span of t seconds it grants at most
 * `t · bytesPerSecond + max(burstBytes, largest request)` bytes.
 *
 * A request larger than the burst is granted when the bucket is full and leaves a debt, which those who
 * come later wait for: so any block size works with any rate.
 *
 * @example
 * const limiter = new RateLimiter({ bytesPerSecond: 50 * 1024 * 1024 });
 * await limiter.take(block.length, signal);
 */
export class RateLimiter {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  readonly #clock: LimiterClock;
  readonly #waiters: Waiter[] = [];
  /** Negative while a debt is being paid. */
  #tokens: number;
  #filledAtMs: number;
  #timer: unknown;

  /** @throws RangeError for a rate that is negative or not finite, or a burst that is not positive. */
  constructor(options: RateLimiterOptions) {
    const { bytesPerSecond } = options;
    const burstBytes = options.burstBytes ?? Math.max(1, bytesPerSecond / 10);
    if (!(bytesPerSecond >= 0 && bytesPerSecond < Infinity)) {
      throw new RangeError(`a rate of ${bytesPerSecond} bytes/s`);
    }
    if (!(burstBytes > 0 && burstBytes < Infinity)) throw new RangeError(`a burst of ${burstBytes} bytes`);
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#burstBytes = burstBytes;
    this.#clock = options.clock ?? systemClock;
    this.#tokens = burstBytes;
    this.#filledAtMs = this.#clock.now();
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Resolves when `bytes` may go; rejects with the signal's reason once it is aborted, taking nothing. */
  take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#bytesPerMs === 0 || bytes <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.#waiters.indexOf(waiter);
        this.#waiters.splice(at, 1);
        reject(signal?.reason);
        if (at === 0) this.#serve();
      };
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiters.push(waiter);
      if (this.#waiters.length === 1) this.#serve();
    });
  }

  /** Grants what the bucket holds and sleeps until the head of the queue can go. */
  #serve(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    const earned = Math.max(0, nowMs - this.#filledAtMs) * this.#bytesPerMs;
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + earned);
    this.#filledAtMs = nowMs;
    for (let head = this.#waiters[0]; head !== undefined; head = this.#waiters[0]) {
      const missing = Math.min(head.bytes, this.#burstBytes) - this.#tokens;
      if (missing > tolerance) {
        const sleepMs = Math.min(maxSleepMs, Math.max(1, Math.ceil(missing / this.#bytesPerMs)));
        this.#timer = this.#clock.setTimeout(() => {
          this.#timer = undefined;
          this.#serve();
        }, sleepMs);
        return;
      }
      this.#waiters.shift();
      this.#tokens -= head.bytes;
      head.grant();
    }
  }
}

/** Tokens are fractions of bytes; rounding must not cost a waiter another millisecond. */
const tolerance = 1e-6;
