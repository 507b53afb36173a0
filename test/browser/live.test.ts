/** A live run in a real browser: watched from the addition to DS_LOG, steered, and put through a fault. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DuplicationStatus } from '../../machines/index.js';
import { duplicate } from '../../runtime/live/index.js';
import type { RecordingLine } from '../../runtime/observe/recording/index.js';
import { type Inspector, inspect } from '../../visualizations/inspector/index.js';
import { closeBrowser } from './support/browser.js';
import { TwoClusters } from './support/clusters.js';
import { drawn, drawnAt, litOf, toldAt } from './support/lit.js';
import { openInspector } from './support/page.js';

const WAIT_MS = 60_000;
const STATUS = /^duplication\.living\.lifecycle\.(DS_[A-Z]+)$/;

let clusters: TwoClusters;
beforeAll(async () => {
  clusters = await TwoClusters.start();
}, 90_000);
afterAll(async () => {
  await closeBrowser();
  await clusters[Symbol.asyncDispose]();
});

/** The lit one of the states that are statuses; null: none, such as before there is a duplication. */
function statusIn(lit: readonly string[]): string | null {
  return lit.map((id) => STATUS.exec(id)?.[1]).find((status) => status !== undefined) ?? null;
}

/** Each status once, where it changes. DS_INIT is never visible: nobody is answered before DS_PREPARE is stored. */
function visibleChanges(statuses: readonly (string | null)[]): string[] {
  const visible = statuses.filter((status) => status !== null && status !== 'DS_INIT') as string[];
  return visible.filter((status, at) => status !== visible[at - 1]);
}

const isSubsequence = (part: readonly string[], whole: readonly string[]): boolean => {
  let at = 0;
  for (const each of whole) if (each === part[at]) at += 1;
  return at === part.length;
};

/** Writes down, in the page, every change of what is lit. */
async function keepLit(page: Page): Promise<() => Promise<string[][]>> {
  await page.evaluate(`(() => {
    const seen = [];
    const look = () => {
      const lit = [...document.querySelectorAll('.charts-canvas .charts-on')].map((each) => each.dataset.state).sort();
      if (JSON.stringify(lit) !== JSON.stringify(seen.at(-1))) seen.push(lit);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    window.seenLit = seen;
  })()`);
  return async () => (await page.evaluate('window.seenLit')) as string[][];
}

/** Once the charts are drawn, which takes its time once, nothing of the run is missed for it. */
async function chartsDrawn(page: Page): Promise<void> {
  await page.locator('.charts-canvas [data-state]').first().waitFor({ timeout: WAIT_MS });
}

/** Opens the menu with orders, if it is not open yet, and gives one. */
async function order(
  page: Page,
  give: (control: ReturnType<Page['getByRole']>) => Promise<void>,
): Promise<void> {
  const control = page.getByRole('region', { name: 'Control' });
  if ((await control.count()) === 0) await page.getByRole('button', { name: 'Control', exact: true }).click();
  await give(control);
}

describe('two embedded clusters', { timeout: 180_000 }, () => {
  it('a duplication is watched from its addition to DS_LOG: the lit states are the statuses of the API', async () => {
    const { source, follower, servers } = clusters;
    await using inspector: Inspector = await inspect(servers);
    const lines: RecordingLine[] = [];
    inspector.run.lines$.subscribe((line) => lines.push(line));
    await using watched = await openInspector({ at: inspector.url });
    const { page } = watched;
    await source.createTable('riders', { partitionCount: 4 });
    await chartsDrawn(page);

    // When it is added while the page is open
    await using duplication = await duplicate({ source, table: 'riders', target: follower, pollMs: 20 });
    const statuses: DuplicationStatus[] = [];
    duplication.status$.subscribe((status) => statuses.push(status));
    const row = page.locator(`.actors-name[title="east meta/duplication/${duplication.id}"]`);
    await row.click();
    const litLive = await keepLit(page);
    await duplication.waitFor('DS_LOG', { timeoutMs: WAIT_MS });

    // Then the page comes to show DS_LOG by itself,
    await page
      .locator('[data-state="duplication.living.lifecycle.DS_LOG"].charts-on')
      .waitFor({ timeout: WAIT_MS });
    expect((await duplication.explain()).status).toBe('DS_LOG');
    const live = visibleChanges((await litLive()).map(statusIn));
    expect(isSubsequence(live, statuses), `${live} of ${statuses}`).toBe(true);

    // and, walked through step by step, has shown at each of them what the chart was in,
    const timed = lines.filter((line) => line.t !== 'chart');
    const told = [...toldAt(lines)];
    const key = `east meta/duplication/${duplication.id}`;
    const moments = timed.flatMap((line, moment) =>
      'actor' in line && `${line.process}/${line.actor}` === key ? [moment] : [],
    );
    await page.getByRole('button', { name: /^First moment/ }).click();
    await drawnAt(page, 0);
    const lit: (string | null)[] = [];
    for (const moment of moments) {
      await page.keyboard.press('Shift+ArrowRight');
      const seen = await drawnAt(page, moment);
      expect(seen.actor).toBe(key);
      const now = told[moment]?.get(key);
      expect(seen.lit, `moment ${moment}`).toEqual(litOf(now!));
      expect(seen.flashed, `moment ${moment}`).toEqual([...now!.edges].sort());
      lit.push(statusIn(seen.lit));
    }
    // which are the statuses that the API has told, in its order.
    expect(visibleChanges(lit)).toEqual(['DS_PREPARE', 'DS_APP', 'DS_LOG']);
    expect(statuses).toEqual(visibleChanges(lit));
    expect(watched.complaints).toEqual([]);
    console.log(`${timed.length} moments, ${moments.length} of the duplication; live it was seen in ${live}`);

    // Who only watches has nothing to steer with, and is refused by the server whatever the page does.
    expect(await page.getByRole('button', { name: 'Control', exact: true }).count()).toBe(0);
    const refused = (await page.evaluate(`new Promise((done, fail) => {
      const socket = new WebSocket(new URL('live', location.href.replace(/^http/, 'ws')));
      setTimeout(() => fail(new Error('no answer')), 10_000);
      socket.onopen = () => socket.send(JSON.stringify(
        { type: 'command', id: 1, command: 'pause', args: { duplication: 'riders/${duplication.id}' } }));
      socket.onmessage = ({ data }) => { const said = JSON.parse(data); if (said.type === 'answer') done(said); };
    })`)) as { ok: boolean; text: string };
    expect(refused.ok, refused.text).toBe(false);
    expect((await duplication.explain()).status).toBe('DS_LOG');
    await duplication.remove({ wait: true, timeoutMs: WAIT_MS });
  });

  it('with permission: a fault is injected, shows, and heals; pause and start change the real status', async () => {
    const { source, follower, servers } = clusters;
    await using inspector = await inspect(servers, { control: true });
    await using watched = await openInspector({ at: inspector.url });
    const { page } = watched;
    await source.createTable('drivers', { partitionCount: 2 });
    await chartsDrawn(page);

    // Given a fault from the page
    await order(page, async (control) => {
      await control.getByLabel('Fault').selectOption('block the data path');
      await control.getByRole('button', { name: 'Inject' }).click();
      await control.getByRole('button', { name: 'Yes, do it' }).click();
      await control.getByText(/^Done: /).waitFor({ timeout: WAIT_MS });
    });
    const search = page.getByRole('searchbox', { name: 'Search moments' });
    await search.fill('block the data path');
    await page.locator('.moments-fault', { hasText: 'block the data path' }).waitFor();
    await search.fill('');

    // When a duplication is added, then it stays in DS_APP, and the page says why;
    await using duplication = await duplicate({ source, table: 'drivers', target: follower, pollMs: 50 });
    await duplication.waitFor('DS_APP', { timeoutMs: WAIT_MS });
    await expect
      .poll(async () => (await duplication.explain()).line, { timeout: WAIT_MS, interval: 200 })
      .toContain('cannot reach');
    await page.getByRole('button', { name: 'Progress', exact: true }).click();
    await page.locator('.progress-status', { hasText: 'DS_APP' }).waitFor();
    await page
      .getByText(/cannot reach/)
      .first()
      .waitFor({ timeout: WAIT_MS });

    // The page says what `explain` says: the same headline, what it points to, and what happens next.
    const { diagnosis, headline } = await duplication.explain();
    const cause = diagnosis[0]?.cause ?? 'no diagnosis';
    await page.locator('.progress-line', { hasText: headline.split(', ')[0] ?? '' }).waitFor();
    await page
      .getByRole('list', { name: /^What it points to/ })
      .getByText(cause)
      .first()
      .waitFor();
    await page
      .locator('.progress-leaves', { hasText: /Then: .+ in / })
      .first()
      .waitFor({ timeout: WAIT_MS });

    // healed from the page, it goes on to DS_LOG.
    await order(page, async (control) => {
      await control.getByRole('button', { name: 'Heal all faults' }).click();
      await control.getByText(/^Done: .*taken away/).waitFor({ timeout: WAIT_MS });
    });
    await duplication.waitFor('DS_LOG', { timeoutMs: WAIT_MS });
    await page.locator('.progress-status', { hasText: 'DS_LOG' }).waitFor({ timeout: WAIT_MS });

    // Paused and started from the page, the real one is.
    await order(page, async (control) => {
      await control.getByLabel('Duplication').selectOption(`drivers/${duplication.id}`);
      await control.getByRole('button', { name: 'Pause', exact: true }).click();
      await control.getByRole('button', { name: 'Yes, do it' }).click();
    });
    await duplication.waitFor('DS_PAUSE', { timeoutMs: WAIT_MS });
    await order(page, async (control) => {
      await control.getByRole('button', { name: 'Start', exact: true }).click();
    });
    await duplication.waitFor('DS_LOG', { timeoutMs: WAIT_MS });
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator(`.actors-name[title="east meta/duplication/${duplication.id}"]`).click();
    await page
      .locator('[data-state="duplication.living.lifecycle.DS_LOG"].charts-on')
      .waitFor({ timeout: WAIT_MS });
    expect(statusIn((await drawn(page)).lit)).toBe('DS_LOG');
    expect(watched.complaints).toEqual([]);
  });
});
