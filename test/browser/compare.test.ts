/** Two runs that differ by one lost message, beside each other in a real browser. */
import { afterAll, expect, inject, it } from 'vitest';
import { openRecording, serveInspector } from '../../visualizations/inspector/index.js';
import { closeBrowser } from './support/browser.js';
import { openInspector } from './support/page.js';

const samples = inject('samples');
afterAll(closeBrowser);

it('the first difference is the message that was lost; it is marked, and led to', async () => {
  // Given the run, opened offline, and the other one chosen from the disk
  await using inspector = await openInspector({ at: samples.oneLost.html, hash: '#view=compare' });
  const { page } = inspector;
  await page.locator('.compare-choose input[type=file]').setInputFiles(samples.calm.jsonl);

  // Then what parts them first is the lost reply,
  const first = page
    .getByRole('list', { name: /first cause first/ })
    .getByRole('listitem')
    .first();
  await first.waitFor();
  expect(await first.innerText()).toMatch(/^First: .*RPC_CM_CREATE_APP/s);
  expect(await first.innerText()).toMatch(/lost|never/);

  // it is marked in the table,
  await first.getByRole('button', { name: 'Show below' }).click();
  const marked = page.locator('.compare-first');
  await marked.waitFor();
  expect(await marked.count()).toBe(1);
  expect(await marked.getAttribute('class')).toContain('compare-differs');
  expect(await marked.innerText()).toContain('RPC_CM_CREATE_APP');
  await expect.poll(() => marked.evaluate(isInSight)).toBe(true);

  // and the way to it in the run leads to that message.
  await first.getByRole('button', { name: 'Show in the run' }).click();
  await page.locator('.cursor-summary', { hasText: 'RPC_CM_CREATE_APP' }).waitFor();
  expect(inspector.complaints).toEqual([]);
  expect(inspector.requests).toEqual([]);
});

it('a server that was given both opens with them side by side', async () => {
  const [run, other] = await Promise.all([
    openRecording(samples.calm.jsonl),
    openRecording(samples.calm.jsonl),
  ]);
  const { writeRecording } = await import('../../runtime/observe/recording/index.js');
  const compare = writeRecording(other.header, other.recording.lines);
  await using server = await serveInspector({ run, compare });
  await using inspector = await openInspector({ at: server.url });
  const { page } = inspector;
  await page.locator('.compare-summary').waitFor();
  expect(await page.locator('.compare-summary').innerText()).toMatch(/same/i);
  expect(await page.locator('.compare-first').count()).toBe(0);
  expect(inspector.complaints).toEqual([]);
});

function isInSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const { top: from, bottom: to } = element.closest('.compare-table')!.getBoundingClientRect();
  return top >= from - 1 && bottom <= to + 1;
}
