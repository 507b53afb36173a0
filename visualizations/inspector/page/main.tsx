/** Where the page begins: with the recording in its document, or else the run behind its server. */
import './theme.css';
import { render } from 'preact';
import type { HeaderLine } from '../../../runtime/observe/recording/lines.js';
import { RECORDING_VERSION } from '../../../runtime/observe/recording/lines.js';
import { App } from './app.js';
import { AT_ONCE_LINES, PageStore } from './create-store.js';
import { keepPlaying } from './cursor/player.js';
import { drawOncePerFrame } from './draw-once.js';
import { keepLink, restoreFromLink } from './link/keep-link.js';
import { applyTheme } from './shell/theme-switch.js';
import { readDocumentData } from './transport/document-data.js';
import { LiveRun } from './transport/live.js';

/** Until the first line is there. */
const NOTHING_YET: HeaderLine = {
  t: 'recording',
  version: RECORDING_VERSION,
  source: 'live',
  title: 'Bridle',
  madeBy: 'bridle',
  beganUs: null,
  values: 'removed',
};

async function begin(place: HTMLElement): Promise<void> {
  if (typeof DecompressionStream === 'undefined') throw new Error('it takes a browser of 2023 or later');
  const data = await readDocumentData();
  const store = new PageStore({ header: data?.header ?? NOTHING_YET, charts: data?.charts ?? [] });
  if (data !== null) await store.read(data.portions, AT_ONCE_LINES);
  else if (location.protocol !== 'file:') new LiveRun(store).connect();
  restoreFromLink(store);
  keepLink(store);
  keepPlaying(store);
  place.replaceChildren();
  render(<App store={store} />, place);
  if (data === null) return;
  await store.read(data.portions).catch((error: unknown) => {
    store.notify(`The recording in this page can be read up to here only: ${String(error)}`);
  });
}

const place = document.getElementById('inspector');
if (place !== null) {
  applyTheme();
  drawOncePerFrame();
  begin(place).catch((error: unknown) => {
    place.textContent = `The recording in this page cannot be read: ${String(error)}`;
  });
}
