/** What a scrolled element shows: how far it is scrolled, and how much of it is in sight. */
import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Pixels. */
export interface Viewport {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly scrolled: number;
  readonly width: number;
  readonly height: number;
  /** Brings a spot into sight, if it is not; then into the middle. `x` null: no matter where. */
  readonly scrollTo: (y: number, x: number | null) => void;
}

/** What lies on top of the scrolled element's upper edge. */
const HEAD_PX = 48;
/** What lies on top of its left edge. */
const SIDE_PX = 62;
const EDGE_PX = 24;

export function useViewport(): Viewport {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ scrolled: 0, width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    const look = (): void => {
      const next = {
        scrolled: element.scrollTop,
        width: element.clientWidth,
        height: element.clientHeight,
      };
      setSeen((before) =>
        before.scrolled === next.scrolled && before.width === next.width && before.height === next.height
          ? before
          : next,
      );
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const scrollTo = useCallback((y: number, x: number | null) => {
    const element = place.current;
    if (element === null) return;
    const room = element.clientHeight - HEAD_PX;
    const inSight = y > element.scrollTop + EDGE_PX && y < element.scrollTop + room - EDGE_PX;
    if (!inSight) element.scrollTop = Math.max(0, y - room / 2);
    if (x === null) return;
    const { scrollLeft, clientWidth } = element;
    if (x < scrollLeft + SIDE_PX || x > scrollLeft + clientWidth - EDGE_PX) {
      element.scrollLeft = Math.max(0, x - (clientWidth + SIDE_PX) / 2);
    }
  }, []);
  return { place, ...seen, scrollTo };
}
