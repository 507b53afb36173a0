/** A drawing that can be dragged, zoomed by wheel, fingers, keys and buttons, and fitted to its place. */
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const MAX_SCALE = 4;
const STEP = 1.25;
const PAN_PX = 60;
const MARGIN = 14;
/** A drawing is not blown up beyond its natural size just because there is room. */
const FIT_MAX = 1.15;

export interface PanZoomProps {
  /** Of the drawing, in its own pixels. */
  readonly width: number;
  readonly height: number;
  /** What the drawing shows, in words. */
  readonly label: string;
  readonly children: ComponentChildren;
}

export function PanZoom({ width, height, label, children }: PanZoomProps): ComponentChildren {
  const place = useRef<HTMLDivElement>(null);
  const size = useSize(place);
  const [chosen, setChosen] = useState<View | null>(null);
  useEffect(() => setChosen(null), [width, height]);
  const fitted = fitInto(size, { width, height });
  const view = chosen ?? fitted;
  const latest = useRef(view);
  latest.current = view;
  const smallest = Math.min(fitted.scale, 0.2);

  const zoom = useCallback(
    (factor: number, at: { x: number; y: number }) => {
      const { x, y, scale } = latest.current;
      const next = Math.min(MAX_SCALE, Math.max(smallest, scale * factor));
      const ratio = next / scale;
      setChosen({ scale: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio });
    },
    [smallest],
  );
  const pan = useCallback((dx: number, dy: number) => {
    const { x, y, scale } = latest.current;
    setChosen({ x: x + dx, y: y + dy, scale });
  }, []);
  const middle = { x: size.width / 2, y: size.height / 2 };
  const pointers = usePointers(pan, zoom);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      if (event.shiftKey) pan(-event.deltaX - event.deltaY, 0);
      else zoom(Math.exp(-event.deltaY * 0.0015), at);
    };
    // Preact's own listener would be passive, and the page would scroll along.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [pan, zoom]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const action: Record<string, () => void> = {
      '+': () => zoom(STEP, middle),
      '=': () => zoom(STEP, middle),
      '-': () => zoom(1 / STEP, middle),
      '0': () => setChosen(null),
      ArrowLeft: () => pan(PAN_PX, 0),
      ArrowRight: () => pan(-PAN_PX, 0),
      ArrowUp: () => pan(0, PAN_PX),
      ArrowDown: () => pan(0, -PAN_PX),
    };
    const found = action[event.key];
    if (found === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    found();
  };

  return (
    <div class="charts-stage">
      <div
        ref={place}
        class="charts-canvas"
        role="application"
        aria-label={`${label}. Plus and minus zoom, arrow keys move, 0 fits.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the drawing
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...pointers}
      >
        {size.width > 0 && (
          <svg width={size.width} height={size.height} aria-hidden="true">
            <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>{children}</g>
          </svg>
        )}
      </div>
      <fieldset class="charts-zoom" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" onClick={() => zoom(STEP, middle)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / STEP, middle)}>
          −
        </button>
        <button type="button" onClick={() => setChosen(null)}>
          Fit
        </button>
      </fieldset>
    </div>
  );
}

function fitInto(place: Size, drawing: Size): View {
  const scale = Math.min(
    FIT_MAX,
    (place.width - 2 * MARGIN) / drawing.width,
    (place.height - 2 * MARGIN) / drawing.height,
  );
  const usable = Number.isFinite(scale) && scale > 0 ? scale : 1;
  return {
    scale: usable,
    x: (place.width - drawing.width * usable) / 2,
    y: (place.height - drawing.height * usable) / 2,
  };
}

/** Size of an element, in CSS pixels; 0 before it is known. */
function useSize(place: { readonly current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return size;
}

/** One pointer drags, two pinch. A press that hardly moves stays a click. */
function usePointers(
  pan: (dx: number, dy: number) => void,
  zoom: (factor: number, at: { x: number; y: number }) => void,
) {
  const down = useRef(new Map<number, { x: number; y: number }>());
  const CLICK_PX = 4;
  const start = useRef({ x: 0, y: 0 });
  return {
    onPointerDown: (event: PointerEvent): void => {
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      start.current = { x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent): void => {
      const before = down.current.get(event.pointerId);
      if (before === undefined) return;
      const now = { x: event.clientX, y: event.clientY };
      if (Math.hypot(now.x - start.current.x, now.y - start.current.y) < CLICK_PX) return;
      const element = event.currentTarget as HTMLElement;
      if (!element.hasPointerCapture(event.pointerId)) element.setPointerCapture(event.pointerId);
      down.current.set(event.pointerId, now);
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined) {
        pan(now.x - before.x, now.y - before.y);
        return;
      }
      const box = element.getBoundingClientRect();
      const apart = (point: { x: number; y: number }) =>
        Math.hypot(point.x - other.x, point.y - other.y) || 1;
      zoom(apart(now) / apart(before), {
        x: (now.x + other.x) / 2 - box.left,
        y: (now.y + other.y) / 2 - box.top,
      });
    },
    onPointerUp: (event: PointerEvent): void => void down.current.delete(event.pointerId),
    onPointerCancel: (event: PointerEvent): void => void down.current.delete(event.pointerId),
  };
}
