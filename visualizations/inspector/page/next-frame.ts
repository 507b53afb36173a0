/** A tab in the background draws no frames, but goes on. */
const LATEST_MS = 250;

/**
 * Acts once, at the next frame of the display.
 *
 * @returns a function that calls it off
 */
export function atNextFrame(act: () => void): () => void {
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const run = (): void => {
    cancel();
    act();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, LATEST_MS);
  return cancel;
}
