/** Microseconds since 1970; does not go back when the system's clock is set. */
export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000);
}
