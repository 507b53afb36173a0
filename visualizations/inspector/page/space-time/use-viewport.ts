/** What a scrolled element shows: how far it is scrolled, and how much of it is in sight. */
import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Pixels. */
interface Seen {
  readonly scrolled: number;
  readonly scrolledSideways: number;
  readonly width: number;
  readonly height: number;
}

export interface Viewport extends Seen {
  readonly place: RefObject<HTMLDivElement | null>;
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
  const [seen, setSeen] = useState<Seen>({ scrolled: 0, scrolledSideways: 0, width: 0, height: 0 });
  // What was seen last; asking the element itself would make the browser lay out the page at every step.
  const latest = useRef(seen);
  const look = useCallback((): void => {
    const element = place.current;
    if (element === null) return;
    const next = {
      scrolled: element.scrollTop,
      scrolledSideways: element.scrollLeft,
      width: element.clientWidth,
      height: element.clientHeight,
    };
    latest.current = isSame(latest.current, next) ? latest.current : next;
    setSeen(latest.current);
  }, []);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
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
    const { scrolled, scrolledSideways, width, height } = latest.current;
    if (element === null || height === 0) return;
    const room = height - HEAD_PX;
    const inSight = y > scrolled + EDGE_PX && y < scrolled + room - EDGE_PX;
    if (!inSight) element.scrollTop = Math.max(0, y - room / 2);
    const aside = x !== null && (x < scrolledSideways + SIDE_PX || x > scrolledSideways + width - EDGE_PX);
    if (aside) element.scrollLeft = Math.max(0, x - (width + SIDE_PX) / 2);
    // The event of scrolling comes a frame later: a run that is followed would be ahead of it for ever.
    if (!inSight || aside) look();
  }, []);
  return { place, ...seen, scrollTo };
}

const isSame = (a: Seen, b: Seen): boolean =>
  a.scrolled === b.scrolled &&
  a.scrolledSideways === b.scrolledSideways &&
  a.width === b.width &&
  a.height === b.height;
