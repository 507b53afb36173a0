/** What the served page's policy keeps out, tried in a real browser. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type InspectorServer, openRecording, serveInspector } from '../../visualizations/inspector/index.js';
import { browser, closeBrowser } from './support/browser.js';
import { openInspector } from './support/page.js';

const samples = inject('samples');
let server: InspectorServer;
/** A page of somebody else's, on the same machine. */
let elsewhere: Server;
let elsewhereUrl = '';

beforeAll(async () => {
  server = await serveInspector({ run: await openRecording(samples.counterexample.jsonl) });
  elsewhere = createServer((_, answer) =>
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>'),
  );
  await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
  elsewhereUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  await closeBrowser();
  await server.close();
  elsewhere.closeAllConnections();
  await new Promise((done) => elsewhere.close(done));
});

/** In the page: whether it gets to talk with the run. */
const TALK = (url: string) => `new Promise((done) => {
  const socket = new WebSocket(${JSON.stringify(url.replace('http', 'ws'))} + 'live');
  socket.onmessage = () => done('heard the run');
  socket.onclose = () => done('refused');
})`;

describe('the served page', () => {
  it('has no script and no style within itself, and runs none that is put into it', async () => {
    await using inspector = await openInspector({ at: server.url });
    const { page } = inspector;
    const scripts = await page
      .locator('script')
      .evaluateAll((all) => all.map((each) => ({ src: each.getAttribute('src'), text: each.textContent })));
    expect(scripts).toEqual([{ src: expect.stringMatching(/page\.js$/), text: '' }]);
    expect(await page.locator('style').count()).toBe(0);
    expect(inspector.complaints).toEqual([]);

    for (const put of [
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.intruded = 1' }))`,
      `document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.intruded = 2">')`,
      `document.body.insertAdjacentHTML('beforeend', '<a id="trap" href="javascript:window.intruded = 3">x</a>');
       document.getElementById('trap').click()`,
      `document.body.append(Object.assign(document.createElement('script'), { src: ${JSON.stringify(elsewhereUrl)} }))`,
    ]) {
      const told = inspector.complaints.length;
      await page.evaluate(`{ ${put} }`);
      await expect.poll(() => inspector.complaints.length, { message: put }).toBeGreaterThan(told);
      expect(inspector.complaints.at(-1)).toContain('Content Security Policy');
    }
    expect(await page.evaluate('window.intruded')).toBeUndefined();
  });

  it('talks with its own server; a page of another origin neither talks with it, nor reads it, nor frames it', async () => {
    await using inspector = await openInspector({ at: server.url });
    expect(await inspector.page.evaluate(TALK(server.url))).toBe('heard the run');

    const context = await (await browser()).newContext();
    const stranger = await context.newPage();
    await stranger.goto(elsewhereUrl);
    expect(await stranger.evaluate(TALK(server.url))).toBe('refused');
    for (const path of ['', 'charts.json', 'page.js']) {
      for (const mode of ['cors', 'no-cors']) {
        const url = JSON.stringify(server.url + path);
        const got = await stranger.evaluate(
          `fetch(${url}, { mode: '${mode}' }).then(() => 'got it', () => 'refused')`,
        );
        expect(got, `${mode} ${path}`).toBe('refused');
      }
    }
    const frame = await stranger.evaluate(`new Promise((done) => {
      const frame = document.createElement('iframe');
      frame.onload = () => { try { done(frame.contentDocument === null ? 'closed' : frame.contentDocument.title); } catch { done('closed'); } };
      frame.src = ${JSON.stringify(server.url)};
      document.body.append(frame);
    })`);
    expect(frame).toBe('closed');
    const framed = stranger.frames().find((each) => each !== stranger.mainFrame());
    expect(await framed?.locator('.cursor-number').count()).toBe(0);
    await context.close();
  });
});
