import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import type { PageState, Store } from './store.js';

/**
 * A part of the page's state. The component is drawn again when that part is another one than before, compared
 * by `Object.is`: select values and objects of the state, and build nothing in `select`.
 *
 * @example const cursor = useStore(store, (state) => state.cursor);
 */
export function useStore<T>(store: Store, select: (state: PageState) => T): T {
  const value = select(store.get());
  const [, redraw] = useReducer((drawn: number, _: undefined) => drawn + 1, 0);
  const latest = useRef({ value, select });
  latest.current = { value, select };
  useLayoutEffect(() => {
    const check = (): void => {
      if (!Object.is(latest.current.select(store.get()), latest.current.value)) redraw(undefined);
    };
    // The state may have changed between drawing and now.
    check();
    return store.subscribe(check);
  }, [store]);
  return value;
}
