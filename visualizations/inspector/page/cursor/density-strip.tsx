import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { type Column, densityOf } from './density.js';
import { type Mark, marksOf } from './marks.js';

const HEIGHT = 30;
/** Of the bars; marks are above them. */
const BARS = 18;
const COLUMN = 2;
const LEAST_BAR = 7;

/** A picture of the whole run above the slider. What it shows can be reached by keys and by the list as well. */
export function DensityStrip({ store }: { readonly store: Store }) {
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const matches = useStore(store, (state) => state.matches);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [theme, setTheme] = useState('');
  useLayoutEffect(() => {
    const sizes = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    const themes = new MutationObserver(() => setTheme(document.documentElement.dataset.theme ?? ''));
    sizes.observe(canvas.current!);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    const frame = requestAnimationFrame(() => {
      const element = canvas.current;
      if (element === null || width === 0) return;
      const columns = length === 0 ? [] : densityOf(index, matches.moments, Math.floor(width / COLUMN));
      draw(
        element,
        width,
        columns,
        matches.moments === null ? '--line-strong' : '--accent',
        marksOf(index),
        length,
      );
    });
    return () => cancelAnimationFrame(frame);
  }, [index, length, matches, width, theme]);
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus.
  return <canvas ref={canvas} class="cursor-strip" aria-hidden="true" />;
}

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  columns: readonly Column[],
  passingColour: string,
  marks: readonly Mark[],
  length: number,
): void {
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = HEIGHT * scale;
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const line = style.getPropertyValue('--line');
  const passes = style.getPropertyValue(passingColour);
  const [warn, bad] = [style.getPropertyValue('--warn'), style.getPropertyValue('--bad')];
  const each = width / Math.max(1, columns.length);
  for (const [at, { rate, passing }] of columns.entries()) {
    const height = Math.max(1, rate * BARS);
    pen.fillStyle = line;
    pen.fillRect(at * each, HEIGHT - height, each + 0.5, height);
    if (passing === 0) continue;
    pen.fillStyle = passes;
    // A single match among hundreds has to be seen as well.
    const part = Math.max(passing === 1 ? 1 : LEAST_BAR, height * passing);
    pen.fillRect(at * each, HEIGHT - part, each + 0.5, part);
  }
  const drawn = new Set<string>();
  for (const { moment, kind } of marks) {
    const x = Math.round((moment / Math.max(1, length - 1)) * width);
    // Marks that would hide each other are drawn once.
    const place = `${kind} ${Math.round(x / 3)}`;
    if (drawn.has(place)) continue;
    drawn.add(place);
    pen.strokeStyle = pen.fillStyle = kind === 'gap' ? warn : bad;
    drawMark(pen, kind, Math.max(4, Math.min(x, width - 4)));
  }
}

/** A shape for each kind, so that it does not take colour to tell them apart. */
function drawMark(pen: CanvasRenderingContext2D, kind: Mark['kind'], x: number): void {
  pen.lineWidth = 1.5;
  pen.beginPath();
  switch (kind) {
    case 'fault':
      pen.moveTo(x - 4, 1);
      pen.lineTo(x + 4, 1);
      pen.lineTo(x, 9);
      pen.fill();
      return;
    case 'lost':
      pen.moveTo(x - 3, 2);
      pen.lineTo(x + 3, 8);
      pen.moveTo(x + 3, 2);
      pen.lineTo(x - 3, 8);
      break;
    case 'died':
      pen.fillRect(x - 3, 2, 6, 6);
      return;
    case 'gap':
      pen.strokeRect(x - 3, 2.5, 6, 5);
      return;
    case 'verdict':
      pen.arc(x, 5, 3.5, 0, 2 * Math.PI);
      pen.fill();
      return;
  }
  pen.stroke();
}
