import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const BEYOND_ROWS = 8;

/** Which rows of a scrolling list of equal rows are to be in the document. */
export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  rows: number,
  rowPx: number,
): { readonly first: number; readonly last: number } {
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const { current } = scroller;
    if (current === null) return undefined;
    const look = () => setSeen({ top: current.scrollTop, height: current.clientHeight });
    look();
    current.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(current);
    return () => {
      current.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [scroller]);
  const first = Math.max(0, Math.floor(seen.top / rowPx) - BEYOND_ROWS);
  const last = Math.min(rows, Math.ceil((seen.top + seen.height) / rowPx) + BEYOND_ROWS);
  return { first: Math.min(first, last), last };
}
