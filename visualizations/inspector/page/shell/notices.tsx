import { MOST_MOMENTS } from '../forget-oldest.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import './notices.css';

/** What the user has to know about the page itself. */
export function Notices({ store }: { readonly store: Store }) {
  const notice = useStore(store, (state) => state.notice);
  const dropped = useStore(store, (state) => state.dropped);
  const empty = useStore(store, (state) => state.length === 0);
  return (
    <div class="notices" aria-live="polite">
      {notice !== null && (
        <p class="notice notice-warn">
          <span>⚠ {notice}</span>
          <button type="button" onClick={() => store.notify(null)}>
            Dismiss
          </button>
        </p>
      )}
      {dropped > 0 && (
        <p class="notice">
          The oldest {dropped.toLocaleString('en')} moments were let go: this page keeps at most{' '}
          {MOST_MOMENTS.toLocaleString('en')}. To keep all of a run, record it.
        </p>
      )}
      {empty && <p class="notice">Nothing has happened yet in what is shown here.</p>}
    </div>
  );
}
