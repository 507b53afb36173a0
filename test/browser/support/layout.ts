/** What is wrong with the places of things in a page, as a person would see it. */
import type { Page } from 'playwright-core';

/** Controls and headings that lie on each other or are cut, and texts that cannot be read nor scrolled to. */
export async function misplaced(page: Page): Promise<string[]> {
  return [
    ...((await page.evaluate(FIND_OVERLAPS)) as string[]),
    ...((await page.evaluate(FIND_CUT_TEXTS)) as string[]),
  ];
}

/** What is seen of an element: its box, cut by every ancestor that clips, and by the window. */
const HELPERS = `
  const seenBox = (element) => {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    if (getComputedStyle(element).visibility === 'hidden') return null;
    for (let at = element.parentElement; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const clip = at.getBoundingClientRect();
      left = Math.max(left, clip.left);
      top = Math.max(top, clip.top);
      right = Math.min(right, clip.right);
      bottom = Math.min(bottom, clip.bottom);
    }
    [left, top, right, bottom] = [Math.max(0, left), Math.max(0, top), Math.min(innerWidth, right), Math.min(innerHeight, bottom)];
    return right - left < 1 || bottom - top < 1 ? null : { left, top, right, bottom };
  };
  const inWords = (element) => element.tagName.toLowerCase() + '.' + element.getAttribute('class') + ' “' +
    (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40) + '”';
  const root = document.querySelector('dialog[open]') ?? document.body;
  // What is meant to be scrolled sideways.
  const LISTS = '.tabs-list, .st-scroll, .progress-one';
  const isAside = (element) => element.closest('.visually-hidden') !== null;
`;

/** Within one layer: a menu that lies on the page is meant to. */
const FIND_OVERLAPS = `(() => {${HELPERS}
  const isBroken = (element) => {
    const text = [...element.childNodes].find((node) => node.nodeType === 3);
    if (text === undefined || element.childNodes.length > 1 || /\\s/.test(text.data.trim())) return false;
    const range = document.createRange();
    range.selectNodeContents(text);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
  };
  const layerOf = (element) => {
    for (let at = element; at !== null && at !== root; at = at.parentElement) {
      if (/absolute|fixed/.test(getComputedStyle(at).position)) return at;
    }
    return root;
  };
  const controls = [...root.querySelectorAll('button, input, select, textarea, a[href], h1, h2, h3, summary')]
    .filter((element) => !isAside(element))
    .map((element) => ({ element, box: seenBox(element), layer: layerOf(element) }))
    .filter(({ box }) => box !== null);
  const found = [];
  for (const { element, box } of controls) {
    const { left, right } = element.getBoundingClientRect();
    if (element.closest(LISTS) === null && right - left > box.right - box.left + 2) found.push('cut: ' + inWords(element));
    if (element.tagName === 'BUTTON' && isBroken(element)) found.push('broken within a word: ' + inWords(element));
  }
  for (const [at, one] of controls.entries()) {
    for (const other of controls.slice(at + 1)) {
      if (one.layer !== other.layer) continue;
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (wide > 2 && high > 2) found.push('overlap: ' + inWords(one.element) + ' and ' + inWords(other.element));
    }
  }
  return found.slice(0, 10);
})()`;

/** A text that ends in an ellipsis says that there is more; one that is cut does not. */
const FIND_CUT_TEXTS = `(() => {${HELPERS}
  const found = [];
  for (const element of root.querySelectorAll('*')) {
    if (isAside(element) || element.closest('svg') !== null) continue;
    const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (!isText) continue;
    const style = getComputedStyle(element);
    const clips = style.overflowX === 'hidden' || style.overflowX === 'clip';
    if (clips && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1) {
      found.push('cut: ' + inWords(element));
    }
    const { top, bottom, height, width } = element.getBoundingClientRect();
    if (height === 0 || width === 0 || (bottom <= innerHeight + 1 && top >= -1)) continue;
    let scrolls = false;
    for (let at = element; at !== null && !scrolls; at = at.parentElement) {
      scrolls = /auto|scroll|hidden|clip/.test(getComputedStyle(at).overflowY) && at !== document.body && at !== document.documentElement;
    }
    if (!scrolls && document.documentElement.scrollHeight <= innerHeight) found.push('below the window: ' + inWords(element));
  }
  return found.slice(0, 10);
})()`;
