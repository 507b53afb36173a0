/** Long work in slices, so that the page takes keys and draws frames meanwhile. */

/** A frame that is late by that much is hardly noticed. */
export const SLICE_MS = 12;

/** Says whether there is time left. @example const goOn = forMs(8); while (goOn()) step(); */
export function forMs(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() < until;
}

/** Until whatever has come in meanwhile was dealt with. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    // Timers would be held back in a tab in the background, and here by some milliseconds each.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
