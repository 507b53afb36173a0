/** Which part of a drawing is shown, and how large. */
import type { Box } from '../../../diagrams/laid-out-chart.js';

/** Where the drawing's corner is in its place, and by how much it is enlarged. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const MAX_SCALE = 4;
const MARGIN_PX = 14;
/** A drawing is not blown up beyond its natural size just because there is room. */
const FIT_MAX = 1.15;
/** Text below this can hardly be read. */
const READABLE = 0.72;

/** All of a drawing, as large as it can be. */
export function viewOfAll(place: Size, drawing: Size): View {
  const scale = Math.min(FIT_MAX, ...ratios(place, drawing));
  const usable = Number.isFinite(scale) && scale > 0 ? scale : 1;
  return {
    scale: usable,
    x: (place.width - drawing.width * usable) / 2,
    y: (place.height - drawing.height * usable) / 2,
  };
}

/** All of it if that can be read; else what matters, as large as can be read, with what is around it. */
export function viewOf(place: Size, drawing: Size, focus: Box | null): View {
  const all = viewOfAll(place, drawing);
  if (focus === null || all.scale >= READABLE) return all;
  const scale = Math.max(all.scale, Math.min(READABLE + 0.1, ...ratios(place, focus)));
  return {
    scale,
    x: keepInside(place.width / 2 - (focus.x + focus.width / 2) * scale, place.width, drawing.width * scale),
    y: keepInside(
      place.height / 2 - (focus.y + focus.height / 2) * scale,
      place.height,
      drawing.height * scale,
    ),
  };
}

export function zoomed(
  { x, y, scale }: View,
  factor: number,
  at: { x: number; y: number },
  least: number,
): View {
  const next = Math.min(MAX_SCALE, Math.max(least, scale * factor));
  const ratio = next / scale;
  return { scale: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio };
}

/** The smallest box around several; null around none. */
export function around(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

const ratios = (place: Size, drawing: Size): [number, number] => [
  (place.width - 2 * MARGIN_PX) / drawing.width,
  (place.height - 2 * MARGIN_PX) / drawing.height,
];

/** No empty border while there is more of the drawing on the other side. */
function keepInside(offset: number, place: number, drawing: number): number {
  if (drawing + 2 * MARGIN_PX <= place) return (place - drawing) / 2;
  return Math.min(MARGIN_PX, Math.max(place - drawing - MARGIN_PX, offset));
}
