/** Two recordings beside each other, with the place from which they differ. */
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { ChooseOther } from './choose-other.js';
import './compare.css';

export function CompareView({ store }: { store: Store }) {
  const other = useStore(store, (state) => state.other);
  return (
    <section class="compare" aria-label="Compare">
      <ChooseOther store={store} other={other} />
    </section>
  );
}
