/** Times and numbers, for people. */
import type { HeaderLine } from '../../../runtime/observe/recording/lines.js';

const SECOND = 1_000_000;

/**
 * A time of a recording: since its beginning, or the number of the step in a counterexample.
 *
 * @example timeText(header, 12_345_678) // '12.346 s'
 */
export function timeText({ source }: HeaderLine, at: number): string {
  return source === 'counterexample' ? `step ${at}` : sinceText(at);
}

/** Microseconds. @example sinceText(185_123_000) // '3:05.123' */
export function sinceText(us: number): string {
  if (us < 1_000) return `${us} µs`;
  if (us < SECOND) return `${(us / 1_000).toFixed(us < 10_000 ? 2 : 1)} ms`;
  if (us < 60 * SECOND) return `${(us / SECOND).toFixed(3)} s`;
  const seconds = us / SECOND;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds % 60).toFixed(3).padStart(6, '0');
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest.slice(0, 2)}`;
}

/** Time of day in UTC; null where a recording knows none. */
export function clockText({ beganUs }: HeaderLine, at: number): string | null {
  if (beganUs === null) return null;
  return `${new Date((beganUs + at) / 1_000).toISOString().slice(11, 23)} UTC`;
}

export function countText(count: number): string {
  return count.toLocaleString('en');
}
