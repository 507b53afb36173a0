/** Shapes that states and edges have in common. */
import type { Box, PlacedText, Point } from '../laid-out-chart.js';
import { textWidth } from '../layout/text-width.js';
import { arrowHead, roundedPath } from './lines.js';
import { element, escapeXml } from './xml.js';

export function drawText({ x, y, text, role, width }: PlacedText, halo = ''): string {
  const attributes = { class: `${role}${halo}`, x, y, textLength: width, lengthAdjust: 'spacingAndGlyphs' };
  return element('text', attributes, escapeXml(text));
}

export const drawLine = (path: readonly Point[]): string =>
  element('path', { class: 'line', d: roundedPath(path) }) +
  element('path', { class: 'head', d: arrowHead(path) });

/** Behind a label, so that its line does not run through the text. */
export const plate = ({ x, y, width, height }: Box): string =>
  element('rect', { class: 'plate', x, y, width, height, rx: 4 });

const TALLY_PX = 13;

/** How often something was covered. */
export function tally({ x, y }: Point, count: number): string {
  const text = `×${count}`;
  const width = textWidth(text, 'title') + 4;
  const box = { x: x - width / 2, y: y - TALLY_PX / 2, width, height: TALLY_PX, rx: TALLY_PX / 2 };
  return (
    element('rect', { class: 'tally', ...box }) +
    element('text', { class: 'note count', x, y: y + 3.8, 'text-anchor': 'middle' }, text)
  );
}
