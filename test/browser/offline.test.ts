/** The one file that opens from a disk, with the network cut: complete, small, and bounded in what it draws. */
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { closeBrowser } from './support/browser.js';
import { openInspector } from './support/page.js';
import { readText } from './support/read-text.js';
import { HUGE_MOMENTS, LONG_MOMENTS } from './support/samples.js';

const LIMIT_PAGE_BYTES = 3_000_000;
const LIMIT_VIEWER_BYTES = 300_000;
const LIMIT_NODES = 5_000;

const samples = inject('samples');
afterAll(closeBrowser);

const built = (name: string) =>
  readFile(fileURLToPath(new URL(`../../dist/visualizations/inspector/page/${name}`, import.meta.url)));

/** `250 of 10,000` beside the search field, as numbers. */
async function passing(page: Page): Promise<number> {
  const text = await page.locator('.filter-count').innerText();
  return Number(text.split(' of ')[0]?.replaceAll(',', ''));
}

describe(`a recording of ${LONG_MOMENTS} moments, offline`, () => {
  it('is small, and little of it is the viewer', async () => {
    const { size } = await stat(samples.long.html);
    const viewer = gzipSync(Buffer.concat([await built('page.js'), await built('page.css')]), { level: 9 });
    console.log(`offline page ${size} bytes, viewer ${viewer.length} bytes compressed`);
    expect(size).toBeLessThan(LIMIT_PAGE_BYTES);
    expect(viewer.length).toBeLessThan(LIMIT_VIEWER_BYTES);
  });

  it('is stepped, searched, filtered, linked to, explained and saved without asking anybody', async () => {
    await using inspector = await openInspector({ at: samples.long.html });
    const { page } = inspector;
    expect(await inspector.moment()).toBe(0);

    // Keys step and jump.
    await page.keyboard.press('j');
    await inspector.waitForMoment(1);
    // Told, and not asserted: it tells of the machine as much; the bench has the limit beside it.
    const sinceMs = Math.round((await page.evaluate('performance.now()')) as number);
    console.log(`first step taken at most ${sinceMs} ms after the file began to load`);
    await page.keyboard.press('End');
    await inspector.waitForMoment(LONG_MOMENTS - 1);
    await page.keyboard.press('k');
    await inspector.waitForMoment(LONG_MOMENTS - 2);
    await page.keyboard.press('g');
    await page.getByRole('dialog').getByRole('spinbutton').fill('5000');
    await page.keyboard.press('Enter');
    await inspector.waitForMoment(5_000);

    // Search narrows down, and Enter goes to the next match.
    await page.getByRole('searchbox', { name: 'Search moments' }).fill('RPC_RRDB_RRDB_DUPLICATE');
    await page.locator('.filter-count', { hasText: ' of ' }).waitFor();
    const found = await passing(page);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(LONG_MOMENTS);
    await page.keyboard.press('Enter');
    await expect.poll(() => inspector.moment()).toBeGreaterThan(5_000);
    const match = await inspector.moment();

    // The address names what is shown: opened again, it is the same.
    await expect.poll(() => new URL(page.url()).hash).toContain(`m=${match}&`);
    expect(new URL(page.url()).hash).toContain('q=RPC_RRDB_RRDB_DUPLICATE');
    await page.reload();
    await inspector.waitForMoment(match);
    expect(await passing(page)).toBe(found);
    expect(await page.getByRole('searchbox', { name: 'Search moments' }).inputValue()).toBe(
      'RPC_RRDB_RRDB_DUPLICATE',
    );
    await page.getByRole('searchbox', { name: 'Search moments' }).fill('');
    await page.locator('.filter-count', { hasText: LONG_MOMENTS.toLocaleString('en') }).waitFor();

    // Nothing was asked of anybody, and nothing was complained of.
    expect(inspector.requests).toEqual([]);
    expect(inspector.complaints).toEqual([]);
  });

  it('shows why an event is refused: the guard, and what it looked at', async () => {
    // Given the watchdog, which has heard of a trouble and refuses to hear of the same again
    const { lines } = await readText(await readFile(samples.story.jsonl, 'utf8'));
    const timed = lines.filter((line) => line.t !== 'chart');
    const moment = timed.findIndex(
      (line) => line.t === 'step' && line.actor.endsWith('/watchdog') && line.event.type === 'TROUBLE',
    );
    const step = timed[moment];
    const actor = step?.t === 'step' ? `${step.process}/${step.actor}` : '';
    await using inspector = await openInspector({
      at: samples.story.html,
      hash: `#${new URLSearchParams({ m: String(moment), actor })}`,
    });
    const { page } = inspector;
    await inspector.waitForMoment(moment);
    const why = page.getByRole('region', { name: 'Why not' });
    await why.locator('.wn-refusal').first().waitFor();
    const refusals = await why.locator('.wn-refusal').allInnerTexts();
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.filter((text) => / is .+/.test(text)).length, refusals.join('\n')).toBeGreaterThan(0);
    await why.locator('.wn-refused .wn-event').first().click();
    expect(await why.locator('.wn-more .wn-reason').first().innerText()).not.toBe('');
    expect(inspector.complaints).toEqual([]);
  });

  it('saves the run as a file, which reads as the same run', async () => {
    await using inspector = await openInspector({ at: samples.story.html });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Export' });
    const saving = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Save as run.jsonl' }).click();
    const saved = await readFile(await (await saving).path(), 'utf8');
    const original = await readFile(samples.story.jsonl, 'utf8');
    expect((await readText(saved)).lines).toEqual((await readText(original)).lines);

    // The other forms as well; the dialog stays.
    for (const [label, begins] of [
      [/Mermaid/, /sequenceDiagram/],
      [/Perfetto/, /^\{"traceEvents"/],
      [/ext/, /\S/],
    ] as const) {
      await dialog.getByRole('radio', { name: label }).first().check();
      const next = page.waitForEvent('download');
      await dialog.getByRole('button', { name: /^Save as/ }).click();
      expect(await readFile(await (await next).path(), 'utf8')).toMatch(begins);
    }
    expect(inspector.requests.filter((url) => !url.startsWith('blob:'))).toEqual([]);
    expect(inspector.complaints).toEqual([]);
  });
});

describe(`a recording of ${HUGE_MOMENTS} moments`, () => {
  it('draws what is seen and no more, wherever one looks', async () => {
    await using inspector = await openInspector({ at: samples.huge.html });
    const { page } = inspector;
    const nodes: Record<string, number> = {};
    const count = async (where: string) => {
      nodes[where] = await page.evaluate(() => document.querySelectorAll('*').length);
      expect(nodes[where], where).toBeLessThan(LIMIT_NODES);
    };
    await count('at the beginning');
    await page.keyboard.press('End');
    await inspector.waitForMoment(HUGE_MOMENTS - 1);
    await count('at the end');
    for (const scroller of ['.moments-list', '.st-scroll', '.actors-tree']) {
      const there = page.locator(scroller).first();
      expect(await there.count(), scroller).toBe(1);
      await there.evaluate((element) => {
        element.scrollTop = element.scrollHeight / 2;
      });
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      await count(`${scroller} half-way`);
    }
    await page.keyboard.press('2');
    await page.locator('.progress-view').waitFor();
    await count('progress');
    console.log('elements drawn:', nodes);
    expect(inspector.complaints).toEqual([]);
  });
});
