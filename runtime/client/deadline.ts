import { setTimeout as wait } from 'node:timers/promises';
import { BridleError } from './errors.js';
import type { CallLimits } from './model.js';

/** The moment a call gives up, shared by all its attempts. */
export class Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #endsAtMs: number;

  constructor(limits: CallLimits, defaultTimeoutMs: number) {
    this.timeoutMs = limits.timeoutMs ?? defaultTimeoutMs;
    if (!(this.timeoutMs > 0 && this.timeoutMs <= 0x7fffffff)) {
      throw BridleError.of('ERR_INVALID_PARAMETERS', { hint: `timeoutMs is ${this.timeoutMs}` });
    }
    this.signal = limits.signal;
    this.#endsAtMs = performance.now() + this.timeoutMs;
  }

  /** Never negative. */
  get leftMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now());
  }

  /** Time for one attempt: a share of the whole, so that a server that hangs leaves room for another. */
  attemptMs(share: number): number {
    const wantedMs = Math.max(MIN_ATTEMPT_MS, this.timeoutMs * share);
    return Math.max(1, Math.min(wantedMs, this.leftMs));
  }

  /** ERR_THREAD_INTERRUPTED once the caller has canceled. */
  throwIfCanceled(operation?: string): void {
    if (this.signal?.aborted === true) throw canceled(operation);
  }

  /** Waits, at most until the deadline. False when the deadline leaves no time for another attempt. */
  async pause(ms: number): Promise<boolean> {
    if (this.leftMs <= ms) return false;
    await sleep(ms, this.signal);
    return true;
  }
}

const MIN_ATTEMPT_MS = 250;

function canceled(operation?: string): BridleError {
  return BridleError.of('ERR_THREAD_INTERRUPTED', { operation, hint: 'canceled by the caller' });
}

/** ERR_THREAD_INTERRUPTED when the signal comes first. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? undefined : { signal });
  } catch {
    throw canceled();
  }
}

/**
 * How long to wait before attempt number `attempt` (0 is the first repetition): anything between 0 and
 * base·2^attempt, at most `capMs`. Full jitter, so that many callers do not come back together.
 */
export function fullJitterMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
