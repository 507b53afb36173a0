/**
 * What the inspector's page costs: how soon it takes steps, what a step and a scrolled frame take of its main
 * thread, how large it is. Takes the built page: `npm run build` first, and a Chromium.
 *
 *   node bench/inspector.mjs [--json] [--strict]
 *
 * Times are the main thread's processor time, medians; those on the wall are beside them, for information:
 * they tell of the machine as much as of the page. With --strict, exit code 1 beyond a limit.
 */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { interval, mergeMap, take } from 'rxjs';
import { register } from 'tsx/esm/api';
import { costOf, heapMB, launch, openPage, painted, tasksDuring, until } from './inspector-browser.mjs';

// The generator of recordings and the writer of the page are TypeScript.
register();
const { layOut } = await import('../visualizations/diagrams/layout/index.ts');
const { OUR_CHARTS } = await import('../visualizations/diagrams/ours.ts');
const { readChart } = await import('../visualizations/diagrams/read-chart.ts');
const { writeOfflinePage } = await import('../visualizations/inspector/offline.ts');
const { serveInspector } = await import('../visualizations/inspector/server.ts');
const { syntheticRecording } = await import('../test/support/recordings.ts');

const LENGTHS = [10_000, 100_000];
const WARM_UP_STEPS = 40;
const STEPS = 120;
const HELD_STEPS = 60;
const SCROLLS = 40;
const SCROLL_PX = 700;
const LIVE_LINES_A_SECOND = 5_000;
const LIVE_PORTIONS_A_SECOND = 10;
const LIVE_MS = 4_000;
const LIMITS = {
  viewerKB: 300,
  pageMB: { 10000: 3 },
  interactiveMs: { 10000: 2_000 },
  stepMs: 16,
  forced: 0,
  elements: 5_000,
  liveTaskMs: 100,
};

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, strict: { type: 'boolean', default: false } },
});

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};
const rows = [];
function tell(what, value, unit, limit) {
  const ok = limit === undefined || value <= limit;
  rows.push({ what, value, unit, limit: limit ?? null, ok });
  if (flags.json) return;
  const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
  const beside =
    limit === undefined ? '' : `   limit ${limit.toLocaleString('en')} ${unit}   ${ok ? 'ok' : 'BEYOND IT'}`;
  process.stdout.write(`${what.padEnd(58)}${`${shown} ${unit}`.padStart(14)}${beside}\n`);
}

/** Presses j until the cursor has moved, and remembers when that was. */
const PRESS_EARLY = `(() => {
  const number = () => document.querySelector('.cursor-number')?.textContent ?? '';
  let first = '';
  const look = () => {
    const now = number();
    first ||= now;
    if (first !== '' && now !== first) {
      globalThis.benchInteractiveMs = performance.now();
      return;
    }
    if (first !== '') dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();`;

async function measure(browser, moments, address) {
  const of = `${moments.toLocaleString('en')} moments:`;
  const opened = await openPage(browser, address, PRESS_EARLY);
  const { page, session } = opened;
  try {
    await until(page, () => globalThis.benchInteractiveMs !== undefined);
    tell(
      `${of} first step taken after`,
      await page.evaluate('benchInteractiveMs'),
      'ms',
      LIMITS.interactiveMs[moments],
    );
    await until(
      page,
      (all) => document.querySelector('.cursor-number').textContent.endsWith(`of ${all}`),
      moments.toLocaleString('en'),
    );
    tell(`${of} all of them there after`, await page.evaluate('performance.now()'), 'ms');
    await go(page, moments >> 1);
    await steps(opened, of, 'j', 'a step');
    await steps(opened, of, 'k', 'a step back');
    const held = await tasksDuring(opened, () => hold(page, HELD_STEPS));
    tell(`${of} longest task while j is held`, held.longestTaskMs, 'ms');
    tell(`${of} layouts forced in ${HELD_STEPS} steps`, held.forced, '', LIMITS.forced);
    await scrolls(opened, `${of} a frame of scrolling the moments`, '.moments-list');
    await scrolls(opened, `${of} a frame of scrolling the messages`, '.st-scroll');
    tell(`${of} elements`, await page.evaluate('document.querySelectorAll("*").length'), '', LIMITS.elements);
    tell(`${of} memory of scripts`, await heapMB(session), 'MB');
  } finally {
    await opened.close();
  }
}

async function go(page, moment) {
  await page.evaluate((to) => {
    location.hash = `#m=${to}`;
  }, moment);
  await until(
    page,
    (number) => document.querySelector('.cursor-number').textContent.startsWith(`#${number} `),
    moment.toLocaleString('en'),
  );
  await painted(page);
}

async function steps(opened, of, key, what) {
  const press = () => opened.page.keyboard.press(key);
  for (let step = 0; step < WARM_UP_STEPS; step++) await costOf(opened, press);
  const costs = [];
  for (let step = 0; step < STEPS; step++) costs.push(await costOf(opened, press));
  const own = (cost) => cost.script + cost.style + cost.layout;
  tell(`${of} ${what}: script, style and layout`, median(costs.map(own)), 'ms', LIMITS.stepMs);
  for (const part of ['script', 'style', 'layout']) {
    tell(`${of} ${what}, ${part}`, median(costs.map((cost) => cost[part])), 'ms');
  }
  tell(`${of} ${what}, all of the main thread`, median(costs.map(({ task }) => task)), 'ms');
  tell(`${of} ${what}, on the wall`, median(costs.map(({ wall }) => wall)), 'ms');
}

/** As a keyboard does that repeats the key. */
async function hold(page, times) {
  for (let step = 0; step < times; step++) await page.keyboard.down('j');
  await page.keyboard.up('j');
}

async function scrolls(opened, what, selector) {
  const scroll = (down) => () =>
    opened.page.evaluate(
      ([where, by]) => {
        document.querySelector(where).scrollTop += by;
      },
      [selector, down],
    );
  const costs = [];
  for (let at = 0; at < SCROLLS; at++)
    costs.push(await costOf(opened, scroll(at % 2 === 0 ? SCROLL_PX : SCROLL_PX * 3)));
  tell(what, median(costs.map(({ script, style, layout }) => script + style + layout)), 'ms', LIMITS.stepMs);
}

/** A run that is followed while it writes as much as any does. */
async function measureLive(browser, charts) {
  const { header, lines } = syntheticRecording({ moments: LIVE_LINES_A_SECOND * 60, seed: 7, partitions: 8 });
  const portion = LIVE_LINES_A_SECOND / LIVE_PORTIONS_A_SECOND;
  const lines$ = interval(1_000 / LIVE_PORTIONS_A_SECOND).pipe(
    take(Math.floor(lines.length / portion)),
    mergeMap((at) => lines.slice(at * portion, (at + 1) * portion)),
  );
  const run = {
    header: { ...header, source: 'live' },
    live: true,
    lines$,
    charts: async () => charts,
    control: null,
  };
  const server = await serveInspector({ run });
  const opened = await openPage(browser, server.url);
  try {
    await until(opened.page, () => document.querySelector('.cursor-number')?.textContent.length > 9);
    const { longestTaskMs, allTasksMs } = await tasksDuring(opened, () =>
      opened.page.waitForTimeout(LIVE_MS),
    );
    const of = `live, ${LIVE_LINES_A_SECOND.toLocaleString('en')} lines a second:`;
    tell(`${of} longest task`, longestTaskMs, 'ms', LIMITS.liveTaskMs);
    tell(`${of} share of the main thread`, (100 * allTasksMs) / LIVE_MS, '%');
  } finally {
    await opened.close();
    await server.close();
  }
}

const directory = await mkdtemp(join(tmpdir(), 'bridle-bench-'));
const browser = await launch();
try {
  const built = fileURLToPath(new URL('../dist/visualizations/inspector/page/', import.meta.url));
  const viewer = Buffer.concat(['page.js', 'page.css'].map((name) => readFileSync(`${built}${name}`)));
  tell('viewer, compressed', gzipSync(viewer, { level: 9 }).length / 1e3, 'kB', LIMITS.viewerKB);
  const charts = await Promise.all(Object.values(OUR_CHARTS).map((chart) => layOut(readChart(chart))));
  for (const moments of LENGTHS) {
    const recording = syntheticRecording({ moments, seed: 7, partitions: 8 });
    const page = writeOfflinePage({ ...recording, charts });
    tell(
      `${moments.toLocaleString('en')} moments: page`,
      Buffer.byteLength(page) / 1e6,
      'MB',
      LIMITS.pageMB[moments],
    );
    const file = join(directory, `${moments}.html`);
    await writeFile(file, page);
    await measure(browser, moments, pathToFileURL(file).href);
  }
  await measureLive(browser, charts);
} finally {
  await browser.close();
  await rm(directory, { recursive: true, force: true });
}
if (flags.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = flags.strict && rows.some(({ ok }) => !ok) ? 1 : 0;
