/** Charts as SVG, for light and dark screens and for print. */
export { chartAsSvg, type SvgDocument, type SvgOptions, svgDocument } from './chart-as-svg.js';
export type { Highlight } from './paint.js';
export type { Theme } from './style.js';
