/** Recordings stepped through in a real browser: what is lit is what is recorded, forth and back. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, inject, it } from 'vitest';
import type { Recording } from '../../runtime/observe/recording/index.js';
import { closeBrowser } from './support/browser.js';
import { type Drawn, drawn, drawnAt, litOf, toldAt } from './support/lit.js';
import { openInspector } from './support/page.js';
import { readText } from './support/read-text.js';
import type { SampleName } from './support/samples.js';

const samples = inject('samples');
afterAll(closeBrowser);

async function recordingOf(name: SampleName): Promise<Recording> {
  return readText(await readFile(samples[name].jsonl, 'utf8'));
}

async function walk(page: Page, moments: readonly number[], key: string): Promise<Drawn[]> {
  const seen: Drawn[] = [];
  for (const moment of moments) {
    if (seen.length > 0) await page.keyboard.press(key);
    seen.push(await drawnAt(page, moment));
  }
  return seen;
}

describe.each(['counterexample', 'lasso'] as const)('the %s', (name) => {
  it('is stepped to its end and back again: lit and flashing is what the recording says', async () => {
    // Given every moment of the recording, reckoned without the page's code.
    const { lines } = await recordingOf(name);
    const told = [...toldAt(lines)];
    const moments = told.map((_, moment) => moment);
    await using inspector = await openInspector({ at: samples[name].html, hash: '#m=0' });

    // When it is stepped through
    const forth = await walk(inspector.page, moments, 'j');
    const back = await walk(inspector.page, moments.toReversed(), 'k');

    // Then each picture is that moment's,
    const withChart = forth.filter(({ actor }) => actor !== null);
    expect(withChart.length).toBeGreaterThan(moments.length / 2);
    for (const { moment, actor, lit, flashed } of withChart) {
      const now = told[moment]?.get(actor ?? '');
      expect(now, `moment ${moment}: ${actor}`).toBeDefined();
      expect(lit, `moment ${moment}: ${actor}`).toEqual(litOf(now!));
      expect(flashed, `moment ${moment}: ${actor}`).toEqual([...now!.edges].sort());
    }
    expect(
      withChart.some(({ flashed }) => flashed.length > 0),
      'something has flashed',
    ).toBe(true);
    // and the way back shows what the way there has shown.
    expect(back.toReversed()).toEqual(forth);
    expect(inspector.complaints).toEqual([]);
    expect(inspector.requests).toEqual([]);
  });
});

it('the verdict of a counterexample leads to where it shows, and says that the duplication is stuck', async () => {
  await using inspector = await openInspector({ at: samples.counterexample.html });
  const { page } = inspector;
  const verdict = page.getByRole('region', { name: 'Verdicts' });
  expect(await verdict.innerText()).toContain('PrepareLeadsToLog is violated');
  await verdict.getByRole('button', { name: 'Go to where it shows' }).click();
  const { lines } = await recordingOf('counterexample');
  const timed = lines.filter((line) => line.t !== 'chart');
  const at = timed.find((line) => line.t === 'verdict')?.at ?? Number.NaN;
  await inspector.waitForMoment(timed.findIndex((line) => line.at >= at));
  await page.getByRole('treeitem', { name: 'duplication/1' }).click();
  expect((await drawn(page)).lit).toEqual(expect.arrayContaining(['metaDuplication.DS_PREPARE']));
});

it('the loop of a lasso is played once, from where it begins to its end', async () => {
  await using inspector = await openInspector({ at: samples.lasso.html });
  const { page } = inspector;
  const { lines } = await recordingOf('lasso');
  const timed = lines.filter((line) => line.t !== 'chart');
  const verdict = timed.find((line) => line.t === 'verdict');
  const begins = timed.findIndex(({ at }) => at >= (verdict?.loopFrom ?? Number.NaN));
  await page.getByRole('button', { name: 'Go to where the loop begins' }).click();
  await inspector.waitForMoment(begins);
  await page.getByRole('button', { name: 'Play the loop once' }).click();
  await inspector.waitForMoment(timed.length - 1);
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
});
