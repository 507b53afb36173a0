import type { Store } from './store.js';

/**
 * Acts when the cursor has moved, before anything is drawn anew: then the page is still laid out, and to scroll
 * costs next to nothing. A run that is followed grows first; its newest rows have to be drawn to be scrolled to.
 *
 * @returns a function that ends it
 */
export function onStep(store: Store, act: () => void): () => void {
  let before = store.get().cursor;
  return store.subscribe(() => {
    const { cursor, following } = store.get();
    if (cursor === before) return;
    before = cursor;
    if (!following) act();
  });
}
