/** How each kind of text looks, so that what is reckoned and what is drawn agree. */
import type { PlacedText } from '../laid-out-chart.js';

export interface TextStyle {
  readonly sizePx: number;
  readonly bold?: boolean;
  readonly italic?: boolean;
}

export const TEXT_STYLES: Readonly<Record<PlacedText['role'], TextStyle>> = {
  title: { sizePx: 13, bold: true },
  activity: { sizePx: 11 },
  event: { sizePx: 11, bold: true },
  guard: { sizePx: 11, italic: true },
  action: { sizePx: 11 },
  note: { sizePx: 10.5, italic: true },
};

/** Fonts of equal widths first: one of them is on nearly every machine. */
export const FONT_FAMILY = "Helvetica, Arial, 'Liberation Sans', system-ui, sans-serif";

export const LINE_HEIGHT_PX = 15;
/** From the top of a line to its base line. */
export const ASCENT_PX = 11.5;
