/** The keys of the page. What has the focus comes first: a key it has taken moves nothing here. */
import { goToMark } from '../cursor/cursor-bar.js';
import { SEARCH_FIELD } from '../moments/filter-bar.js';
import type { Store } from '../store.js';

type OpenDialog = (dialog: 'help' | 'go-to') => void;

/** For the help: keys and what they do. */
export const KEYS: readonly (readonly [readonly string[], string])[] = [
  [['j', '→', '↓'], 'step to the next moment that passes the filter'],
  [['k', '←', '↑'], 'step back'],
  [['Shift + arrow'], 'step within the selected actor'],
  [['Space'], 'play, pause'],
  [['Home', 'End'], 'first moment, last moment'],
  [['m', 'Shift + m'], 'next, previous fault, loss, crash, gap or verdict'],
  [['f'], 'follow a live run'],
  [['g'], 'go to a moment by its number'],
  [['/'], 'search'],
  [['1', '2', '3'], 'run, progress, compare'],
  [['Esc'], 'select no actor'],
  [['?'], 'this help'],
];

/** @returns a function that ends it */
export function listenToKeys(store: Store, open: OpenDialog): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null || isTaken(event)) return;
    const act = actionOf(event, store, open);
    if (act === null) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

/** A field takes every key; a button is pressed by the space bar; a slider and a list have arrows of their own. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  if (target instanceof HTMLInputElement) {
    if (target.type === 'range') return key.startsWith('Arrow') || key === 'Home' || key === 'End';
    return target.type === 'checkbox' ? key === ' ' : true;
  }
  return key === ' ' && /^(BUTTON|A|SUMMARY)$/.test(target.tagName);
}

function actionOf(event: KeyboardEvent, store: Store, open: OpenDialog): (() => void) | null {
  const within = event.shiftKey && event.key.startsWith('Arrow');
  const step = (direction: 1 | -1) => () => (within ? stepWithin(store, direction) : store.step(direction));
  switch (event.key) {
    case 'j':
    case 'ArrowRight':
    case 'ArrowDown':
      return step(1);
    case 'k':
    case 'ArrowLeft':
    case 'ArrowUp':
      return step(-1);
    case ' ':
      return () => store.play(!store.get().playing);
    case 'Home':
      return () => store.goTo(0);
    case 'End':
      return () => store.goTo(Number.POSITIVE_INFINITY);
    case 'm':
      return () => goToMark(store, 1);
    case 'M':
      return () => goToMark(store, -1);
    case 'f':
      return () => store.follow(!store.get().following);
    case 'g':
      return () => open('go-to');
    case '?':
      return () => open('help');
    case '/':
      return () => document.getElementById(SEARCH_FIELD)?.focus();
    case '1':
      return () => store.show('run');
    case '2':
      return () => store.show('progress');
    case '3':
      return () => store.show('compare');
    case 'Escape':
      return () => store.select(null);
    default:
      return null;
  }
}

/** To the actor's next or previous moment; without a selected actor, of the one that acts at the cursor. */
export function stepWithin(store: Store, direction: 1 | -1): void {
  const { index, cursor, selected } = store.get();
  const actor = selected ?? (cursor < 0 ? null : index.moment(cursor).actor);
  if (actor === null) return;
  const moments = index.momentsOf(actor);
  const next =
    direction === 1
      ? moments.find((moment) => moment > cursor)
      : moments.findLast((moment) => moment < cursor);
  if (next !== undefined) store.goTo(next);
}
