/** Shapes that states and edges have in common. */
import type { Box, PlacedText, Point } from '../laid-out-chart.js';
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
