/** A headless Chromium that says what a page costs its main thread, in processor time where it can. */
import process from 'node:process';
import { chromium } from 'playwright-core';
import { findChromium } from '../test/browser/find-chromium.mjs';

const WAIT_MS = 60_000;
const SIZE = { width: 1280, height: 800 };

/** Of the browser's own counters, in seconds of the main thread. */
const COSTS = {
  task: 'TaskDuration',
  script: 'ScriptDuration',
  style: 'RecalcStyleDuration',
  layout: 'LayoutDuration',
};

export async function launch() {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium here: name one in BRIDLE_CHROMIUM');
  // Chromium's sandbox refuses to run as root, as which containers run.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({ executablePath, args, timeout: WAIT_MS });
}

/**
 * @param {string} address `file:` is opened with the network cut
 * @param {string} [early] script that runs before the page's own
 */
export async function openPage(browser, address, early) {
  const context = await browser.newContext({ viewport: SIZE, offline: address.startsWith('file:') });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  if (early !== undefined) await page.addInitScript(early);
  const session = await context.newCDPSession(page);
  // The time that the thread itself had: what others do on the machine is not in it.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(address, { waitUntil: 'commit' });
  return { page, session, close: () => context.close() };
}

async function counters(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** MB. */
export async function heapMB(session) {
  await session.send('HeapProfiler.collectGarbage');
  return (await counters(session)).JSHeapUsedSize / 1e6;
}

/** Until what has changed is on the screen. */
export const painted = (page) =>
  page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(null), 0))),
  );

/** Waits for something in the page; its policy lets Playwright evaluate no condition there by itself. */
export async function until(page, holds, argument) {
  const deadline = performance.now() + WAIT_MS;
  while (!(await page.evaluate(holds, argument))) {
    if (performance.now() > deadline) throw new Error(`waited ${WAIT_MS} ms in vain for ${holds}`);
    await painted(page);
  }
}

/**
 * @param {() => Promise<unknown>} act
 * @returns milliseconds: of the main thread by kind of work, and on the wall
 */
export async function costOf({ page, session }, act) {
  const before = await counters(session);
  const began = performance.now();
  await act();
  await painted(page);
  const wall = performance.now() - began;
  const after = await counters(session);
  const cost = { wall };
  for (const [name, counter] of Object.entries(COSTS))
    cost[name] = (after[counter] - before[counter]) * 1_000;
  return cost;
}

/** Events of the main thread while something goes on, as the browser's tracing tells them. */
async function traced({ page, session }, act) {
  const events = [];
  const collect = ({ value }) => events.push(...value);
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: [
        'devtools.timeline',
        'disabled-by-default-devtools.timeline',
        'toplevel',
        '__metadata',
      ],
    },
  });
  await act();
  await painted(page);
  const ended = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await ended;
  session.off('Tracing.dataCollected', collect);
  const main = events.find(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  return events.filter(({ ph, pid, tid }) => ph === 'X' && pid === main?.pid && tid === main?.tid);
}

/**
 * @returns `longestTaskMs` and `allTasksMs`: processor time of the longest task, and of all; `forced`: layouts that a
 * script made the browser do at once, instead of once per frame
 */
export async function tasksDuring(opened, act) {
  const events = await traced(opened, act);
  const tasks = events.filter(({ name }) => name === 'RunTask').map(({ tdur }) => tdur ?? 0);
  const scripts = events.filter(({ name }) => name === 'FunctionCall' || name === 'EvaluateScript');
  const inScript = ({ ts }) => scripts.some((script) => ts > script.ts && ts < script.ts + script.dur);
  const forced = events.filter(({ name }) => name === 'Layout').filter(inScript);
  return {
    longestTaskMs: Math.max(0, ...tasks) / 1_000,
    allTasksMs: tasks.reduce((sum, each) => sum + each, 0) / 1_000,
    forced: forced.length,
  };
}
