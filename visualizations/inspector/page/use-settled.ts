import { useEffect, useRef, useState } from 'preact/hooks';

/** So long at most it is behind, however busy the page is. */
const LATEST_MS = 200;

/**
 * A value as it was when there was time last: what takes long to work out keeps nobody from stepping on.
 *
 * @example const { cursor } = useSettled(useMemo(() => ({ index, cursor }), [index, cursor]));
 */
export function useSettled<T>(value: T): T {
  const [settled, settle] = useState({ value });
  const latest = useRef(value);
  latest.current = value;
  const waiting = useRef<(() => void) | null>(null);
  useEffect(() => {
    if (Object.is(value, settled.value) || waiting.current !== null) return;
    waiting.current = whenIdle(() => {
      waiting.current = null;
      settle({ value: latest.current });
    });
  }, [value, settled]);
  useEffect(() => () => waiting.current?.(), []);
  return settled.value;
}

/** @returns a function that calls it off */
function whenIdle(act: () => void): () => void {
  // Safari has no idle callbacks.
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(act, LATEST_MS / 4);
    return () => clearTimeout(timer);
  }
  const callback = requestIdleCallback(act, { timeout: LATEST_MS });
  return () => cancelIdleCallback(callback);
}
