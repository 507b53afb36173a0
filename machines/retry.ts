/**
 * Retry policies as data, and the arithmetic of exponential backoff with full jitter.
 *
 * Charts never draw a random number: they wait for `retryCeilingMs`, and a runtime that wants jitter
 * replaces the named delay by {@link fullJitterMs} with a number of its own.
 */

export interface RetryPolicy {
  /** No wait is shorter. */
  readonly floorMs: number;
  /** No wait is longer. */
  readonly ceilingMs: number;
  /** Attempts without progress before the retry ends with `ERR_RETRY_EXHAUSTED`. */
  readonly limitAttempts: number;
}

/**
 * The longest wait after `attempt` failed attempts (1-based): floor · 2^(attempt-1), at most the ceiling.
 * @example retryCeilingMs({floorMs: 100, ceilingMs: 1000, limitAttempts: 9}, 3) // 400
 */
export function retryCeilingMs(policy: RetryPolicy, attempt: number): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, 30);
  return Math.min(policy.ceilingMs, policy.floorMs * 2 ** doublings);
}

/**
 * A wait drawn evenly between the floor and {@link retryCeilingMs}.
 * @param unit a number in [0, 1) from whoever owns randomness
 */
export function fullJitterMs(policy: RetryPolicy, attempt: number, unit: number): number {
  const ceilingMs = retryCeilingMs(policy, attempt);
  return Math.round(policy.floorMs + (ceilingMs - policy.floorMs) * unit);
}
