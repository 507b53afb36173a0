import type { Store } from '../store.js';

/** Slow enough to see each step, quick enough to wait for the next. */
const STEP_MS = 160;

/** Steps on while the store says `playing`. @returns a function that ends it */
export function keepPlaying(store: Store): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const check = (): void => {
    const { playing } = store.get();
    if (playing && timer === undefined) timer = setInterval(() => store.step(1), STEP_MS);
    if (!playing && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const end = store.subscribe(check);
  return () => {
    end();
    clearInterval(timer);
  };
}
