/** Places for charts: a layout engine puts every state, edge and text where it belongs. */
export { layOut } from './lay-out.js';
export { ASCENT_PX, FONT_FAMILY, LINE_HEIGHT_PX, TEXT_STYLES, type TextStyle } from './text-style.js';
export { textWidth } from './text-width.js';
