import { options } from 'preact';
import { atNextFrame } from './next-frame.js';

/**
 * Draws what has changed once per frame, however many changes came before it: keys that repeat faster than the
 * page is drawn are not drawn one by one. Between frames the document stays as it is laid out, so that
 * whoever scrolls in answer to a key does not make the browser lay it out anew.
 */
export function drawOncePerFrame(): void {
  options.debounceRendering = (draw) => void atNextFrame(draw);
}
