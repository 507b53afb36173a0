/** Times, sizes and speeds in words, as the inspector writes them. */

/** `durationInWords(1_234_567)` → `1.23 s`. Microseconds; below a millisecond as such. */
export function durationInWords(us: number): string {
  if (us < 1_000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${short(us / 1_000)} ms`;
  if (us < 120_000_000) return `${short(us / 1_000_000)} s`;
  const minutes = us / 60_000_000;
  return minutes < 120 ? `${short(minutes)} min` : `${short(minutes / 60)} h`;
}

/** `bytesInWords(1_536)` → `1.5 KiB`. */
export function bytesInWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? value : short(value)} ${units[unit]}`;
}

/** Three figures at most: 1.23, 12.3, 123. */
function short(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
