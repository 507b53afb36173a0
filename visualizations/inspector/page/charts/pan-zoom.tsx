/** A drawing that can be dragged, zoomed by wheel, fingers, keys and buttons, and that shows what matters. */
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Box } from '../../../diagrams/laid-out-chart.js';
import { usePointers } from './use-pointers.js';
import { useSize } from './use-size.js';
import { type Size, type View, viewOf, viewOfAll, zoomed } from './view.js';

const STEP = 1.25;
const PAN_PX = 60;
const SMALLEST = 0.2;
/** A smaller place has no room for a map beside the buttons. */
const MAP_FROM: Size = { width: 320, height: 200 };

export interface PanZoomProps {
  /** Of the drawing, in its own pixels. */
  readonly width: number;
  readonly height: number;
  /** What is to be seen as long as nobody looks elsewhere. */
  readonly focus: Box | null;
  /** What the drawing shows, in words. */
  readonly label: string;
  /** Boxes of a small map, the drawing's own; those that matter are filled. */
  readonly map: readonly (Box & { readonly on: boolean })[];
  readonly children: ComponentChildren;
}

export function PanZoom({ width, height, focus, label, map, children }: PanZoomProps): ComponentChildren {
  const place = useRef<HTMLDivElement>(null);
  const size = useSize(place);
  /** Null: what matters is followed. */
  const [chosen, setChosen] = useState<View | 'all' | null>(null);
  // Another drawing is seen from its own best side.
  useEffect(() => setChosen(null), [width, height]);
  const all = viewOfAll(size, { width, height });
  const view = chosen === 'all' ? all : (chosen ?? viewOf(size, { width, height }, focus));
  const latest = useRef(view);
  latest.current = view;
  const least = Math.min(all.scale, SMALLEST);

  const zoom = useCallback(
    (factor: number, at: { x: number; y: number }) => setChosen(zoomed(latest.current, factor, at, least)),
    [least],
  );
  const pan = useCallback((dx: number, dy: number) => {
    const { x, y, scale } = latest.current;
    setChosen({ x: x + dx, y: y + dy, scale });
  }, []);
  const middle = { x: size.width / 2, y: size.height / 2 };
  const pointers = usePointers(pan, zoom);
  useWheel(place, pan, zoom);

  const onKeyDown = (event: KeyboardEvent): void => {
    const action: Record<string, () => void> = {
      '+': () => zoom(STEP, middle),
      '=': () => zoom(STEP, middle),
      '-': () => zoom(1 / STEP, middle),
      '0': () => setChosen('all'),
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
        aria-label={`${label}. Plus and minus zoom, arrow keys move, 0 shows all.`}
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
      {view.scale > all.scale * 1.05 && isRoomy(size) && (
        <SmallMap drawing={{ width, height }} place={size} view={view} map={map} />
      )}
      <fieldset class="charts-zoom" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" onClick={() => zoom(STEP, middle)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / STEP, middle)}>
          −
        </button>
        <button type="button" aria-pressed={chosen === 'all'} onClick={() => setChosen('all')}>
          All
        </button>
        <button
          type="button"
          aria-pressed={chosen === null}
          title="Keep the active states in sight"
          onClick={() => setChosen(null)}
        >
          Active
        </button>
      </fieldset>
    </div>
  );
}

const isRoomy = ({ width, height }: Size): boolean => width >= MAP_FROM.width && height >= MAP_FROM.height;

interface SmallMapProps extends Pick<PanZoomProps, 'map'> {
  readonly drawing: Size;
  readonly place: Size;
  readonly view: View;
}

/** Where in the whole drawing one is. */
function SmallMap({ drawing, place, view, map }: SmallMapProps): ComponentChildren {
  return (
    <svg class="charts-map" viewBox={`0 0 ${drawing.width} ${drawing.height}`} aria-hidden="true">
      {map.map(({ x, y, width, height, on }) => (
        <rect
          key={`${x} ${y} ${width}`}
          class={on ? 'charts-map-on' : ''}
          x={x}
          y={y}
          width={width}
          height={height}
        />
      ))}
      <rect
        class="charts-map-view"
        x={-view.x / view.scale}
        y={-view.y / view.scale}
        width={place.width / view.scale}
        height={place.height / view.scale}
      />
    </svg>
  );
}

function useWheel(
  place: { readonly current: HTMLElement | null },
  pan: (dx: number, dy: number) => void,
  zoom: (factor: number, at: { x: number; y: number }) => void,
): void {
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      if (event.shiftKey) pan(-event.deltaX - event.deltaY, 0);
      else
        zoom(Math.exp(-event.deltaY * 0.0015), { x: event.clientX - box.left, y: event.clientY - box.top });
    };
    // Preact's own listener would be passive, and the page would scroll along.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [place, pan, zoom]);
}
