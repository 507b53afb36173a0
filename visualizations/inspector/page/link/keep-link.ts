/** Keeps the address and what is shown the same, in both directions. */
import type { Store } from '../store.js';
import { readLink, writeLink } from './permalink.js';

/** Somebody who walks through a run step by step goes back to where they began to walk. */
const SETTLED_MS = 400;

export function restoreFromLink(store: Store): void {
  const { moment, view, selected, filter } = readLink(location.hash);
  store.filter(filter);
  store.select(selected);
  store.show(view);
  if (moment !== null) store.goTo(Math.max(0, moment - store.get().dropped));
  else if (store.get().live !== null) store.follow(true);
}

/** @returns a function that ends it */
export function keepLink(store: Store): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    const link = writeLink(store.get());
    if (link === location.hash) return;
    const { playing, following } = store.get();
    const address = link === '' ? location.href.replace(/#.*$/s, '') : link;
    if (playing || following || location.hash === '') history.replaceState(null, '', address);
    else history.pushState(null, '', address);
  };
  const onChange = (): void => {
    clearTimeout(timer);
    timer = setTimeout(write, SETTLED_MS);
  };
  const onBack = (): void => {
    restoreFromLink(store);
    // The address says it already.
    clearTimeout(timer);
  };
  const end = store.subscribe(onChange);
  addEventListener('popstate', onBack);
  return () => {
    end();
    clearTimeout(timer);
    removeEventListener('popstate', onBack);
  };
}
