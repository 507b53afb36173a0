/**
 * Every view, wide and narrow, light and dark: nothing overflows, overlaps or is cut off, axe finds nothing
 * serious, the console stays silent. Each is pictured; the directory is printed.
 */
import { join } from 'node:path';
import { from } from 'rxjs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type InspectorServer,
  openRecording,
  type RunControl,
  serveInspector,
} from '../../visualizations/inspector/index.js';
import { closeBrowser } from './support/browser.js';
import { misplaced } from './support/layout.js';
import { type InspectorPage, NARROW, openInspector, WIDE } from './support/page.js';

const samples = inject('samples');
const pictures = inject('pictures');
const LANES = ['Moments', 'Actors', 'Charts', 'Messages', 'Change', 'Why not'];

const SETTINGS = (['light', 'dark'] as const).flatMap((theme) =>
  ([WIDE, NARROW] as const).map((size) => ({ theme, size, name: `${size.width}x${size.height}-${theme}` })),
);

/** The story as if it were under way, so that what only a live run has can be looked at. */
const servers: Record<'steered' | 'watched', InspectorServer | null> = { steered: null, watched: null };

beforeAll(async () => {
  const { header, recording, charts } = await openRecording(samples.story.jsonl);
  const control: RunControl = {
    faults: ['lose replies to creations', 'block the data path', 'kill west replica 1'],
    run: async () => 'riders → west/riders is paused',
  };
  const run = { header, live: true, lines$: from(recording.lines), charts, control };
  servers.steered = await serveInspector({ run, control: true });
  servers.watched = await serveInspector({ run });
});
afterAll(async () => {
  await closeBrowser();
  await Promise.all([servers.steered?.close(), servers.watched?.close()]);
});

/** Told together at the end, so that one run tells everything. */
async function judge(inspector: InspectorPage, name: string): Promise<string[]> {
  await inspector.page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await inspector.page.screenshot({ path: join(pictures, `${name}.png`) });
  const problems = [
    ...(await inspector.overflows()),
    ...(await misplaced(inspector.page)),
    ...(await inspector.violations()).map(({ id, at, help }) => `axe ${id}: ${help} at ${at}`),
    ...inspector.complaints.splice(0).map((text) => `console: ${text}`),
  ];
  return problems.map((problem) => `${name}: ${problem}`);
}

describe.each(SETTINGS)('$name', ({ theme, size, name }) => {
  const isNarrow = size.width === NARROW.width;
  const view = { theme, size };

  it('a recording: lanes, details, progress, dialogs', async () => {
    const problems: string[] = [];
    // Where the replica died, in the middle of the story.
    await using inspector = await openInspector({ at: samples.story.html, ...view, hash: '#m=700' });
    const { page } = inspector;
    const look = async (what: string) => problems.push(...(await judge(inspector, `${name}-${what}`)));
    if (isNarrow) {
      for (const lane of LANES) {
        await page.getByRole('tab', { name: lane, exact: true }).click();
        await look(`lane-${lane.toLowerCase().replace(' ', '-')}`);
      }
      await page.getByRole('tab', { name: 'Charts', exact: true }).click();
    } else await look('run');
    await page.getByLabel('State or transition to look at').selectOption({ index: 3 });
    await look('details');
    await page.getByRole('button', { name: 'Close details' }).click();
    await page.getByRole('button', { name: 'Coverage' }).click();
    await look('coverage');
    if (isNarrow) await page.getByRole('tab', { name: 'Moments', exact: true }).click();
    await page.getByRole('searchbox').fill('no such thing anywhere');
    await page.getByText('No moment passes this filter.').waitFor();
    await look('nothing-found');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Progress', exact: true }).click();
    await look('progress');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await look('export');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keys and help' }).click();
    await look('help');
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await look('go-to');
    await page.keyboard.press('Escape');
    await page.getByLabel('Recording', { exact: true }).setInputFiles({
      name: 'photo.jsonl',
      mimeType: 'text/plain',
      buffer: Buffer.from('this is no recording\n'),
    });
    await page.getByRole('button', { name: 'Dismiss' }).waitFor();
    await look('notice');
    expect(problems).toEqual([]);
  });

  it('hundreds of partitions, a verdict with a loop, two runs beside each other', async () => {
    const problems: string[] = [];
    const visit = async (
      at: string,
      hash: string,
      what: string,
      prepare = async (_: InspectorPage) => {},
    ) => {
      await using inspector = await openInspector({ at, ...view, hash });
      await prepare(inspector);
      problems.push(...(await judge(inspector, `${name}-${what}`)));
    };
    const toActors = async ({ page }: InspectorPage) => {
      if (isNarrow) await page.getByRole('tab', { name: 'Actors', exact: true }).click();
    };
    await visit(samples.crowd.html, '#m=5500', 'crowd-actors', toActors);
    await visit(samples.crowd.html, '#m=5500&view=progress', 'crowd-progress');
    await visit(samples.lasso.html, '#m=40', 'lasso', async ({ page }) => {
      if (isNarrow) await page.getByRole('tab', { name: 'Charts', exact: true }).click();
    });
    await visit(samples.counterexample.html, '#m=40', 'counterexample');
    await visit(samples.calm.html, '#view=compare', 'compare-nothing');
    await visit(samples.calm.html, '#view=compare', 'compare', async ({ page }) => {
      await page.locator('.compare-choose input[type=file]').setInputFiles(samples.oneLost.jsonl);
      await page.getByRole('button', { name: 'Show below' }).first().click();
      await page.locator('.compare-first').waitFor();
    });
    expect(problems).toEqual([]);
  });

  it('a live run, steered and only watched', async () => {
    const problems: string[] = [];
    for (const [kind, server] of Object.entries(servers)) {
      await using inspector = await openInspector({ at: server?.url ?? '', ...view });
      const { page } = inspector;
      await page.getByText('● live').waitFor();
      await page
        .locator('.charts-canvas')
        .or(page.getByRole('tab', { name: 'Charts' }))
        .first()
        .waitFor();
      const control = page.getByRole('button', { name: 'Control', exact: true });
      if (kind === 'steered') {
        await control.click();
        problems.push(...(await judge(inspector, `${name}-control`)));
        await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
        problems.push(...(await judge(inspector, `${name}-control-question`)));
      } else problems.push(...(await judge(inspector, `${name}-live`)));
    }
    expect(problems).toEqual([]);
  });
});
