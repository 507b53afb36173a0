/** One pointer drags, two pinch. A press that hardly moves stays a click. */
import { useRef } from 'preact/hooks';

interface Spot {
  readonly x: number;
  readonly y: number;
}

const CLICK_PX = 4;

export function usePointers(pan: (dx: number, dy: number) => void, zoom: (factor: number, at: Spot) => void) {
  const down = useRef(new Map<number, Spot>());
  const start = useRef<Spot>({ x: 0, y: 0 });
  return {
    onPointerDown: (event: PointerEvent): void => {
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      start.current = { x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent): void => {
      const before = down.current.get(event.pointerId);
      if (before === undefined) return;
      const now = { x: event.clientX, y: event.clientY };
      const element = event.currentTarget as HTMLElement;
      const isHeld = element.hasPointerCapture(event.pointerId);
      if (!isHeld && Math.hypot(now.x - start.current.x, now.y - start.current.y) < CLICK_PX) return;
      if (!isHeld) element.setPointerCapture(event.pointerId);
      down.current.set(event.pointerId, now);
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined) {
        pan(now.x - before.x, now.y - before.y);
        return;
      }
      const box = element.getBoundingClientRect();
      const apart = (spot: Spot): number => Math.hypot(spot.x - other.x, spot.y - other.y) || 1;
      zoom(apart(now) / apart(before), {
        x: (now.x + other.x) / 2 - box.left,
        y: (now.y + other.y) / 2 - box.top,
      });
    },
    onPointerUp: (event: PointerEvent): void => void down.current.delete(event.pointerId),
    onPointerCancel: (event: PointerEvent): void => void down.current.delete(event.pointerId),
  };
}
