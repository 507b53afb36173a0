/** Widths of texts without a browser: a table of average widths of the glyphs of common sans serif fonts. */
import type { PlacedText } from '../laid-out-chart.js';
import { TEXT_STYLES } from './text-style.js';

/** In thousandths of the font's size. */
const GLYPHS: readonly (readonly [string, number])[] = [
  ["'ijl|’‘", 222],
  ['ftI !.,:;/\\[]“”·', 285],
  ['()-r`{}"', 340],
  ['*^', 420],
  ['cksvxyzJ', 500],
  ['abdeghnopquL0123456789_#$?–', 556],
  ['+=<>~TFZ', 600],
  ['ABEKPSVXY&', 667],
  ['wCDHNRU', 722],
  ['GOQ', 778],
  ['mM', 833],
  ['W%…—→←⇄▸', 1000],
];
const USUAL = 600;
const WIDE = 1000;
const BOLD_FACTOR = 1.07;
/** Between the narrow and the wide of the usual fonts. */
const FONT_FACTOR = 1.04;
const FIRST_OF_EAST_ASIA = 0x2e80;

const widths = new Map(GLYPHS.flatMap(([glyphs, width]) => [...glyphs].map((glyph) => [glyph, width])));

/** @example textWidth('DS_LOG', 'title') // about 51 pixels */
export function textWidth(text: string, role: PlacedText['role']): number {
  const { sizePx, bold = false } = TEXT_STYLES[role];
  let thousandths = 0;
  for (const glyph of text) thousandths += widths.get(glyph) ?? widthOfOther(glyph);
  return ((thousandths * sizePx) / 1000) * FONT_FACTOR * (bold ? BOLD_FACTOR : 1);
}

const widthOfOther = (glyph: string): number =>
  (glyph.codePointAt(0) ?? 0) >= FIRST_OF_EAST_ASIA ? WIDE : USUAL;
