import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import './reading.css';

const STEPS = 100;

/** How much of a long recording is there; it is shown, and can be stepped through, while the rest comes. */
export function Reading({ store }: { readonly store: Store }) {
  const share = useStore(store, ({ reading }) => (reading === null ? null : Math.floor(reading * STEPS)));
  if (share === null) return null;
  return <progress class="reading" max={STEPS} value={share} aria-label="Recording, read so far" />;
}
