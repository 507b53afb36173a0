/** The commands as they are typed: a demonstration that is recorded and watched, and its file opened offline. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeBrowser } from './support/browser.js';
import { drawnAt, litOf, toldAt } from './support/lit.js';
import { openInspector } from './support/page.js';
import { readText } from './support/read-text.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const started: ChildProcess[] = [];
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-browser-cli-'));
  await mkdir(join(directory, 'tmp'));
});
afterAll(async () => {
  await closeBrowser();
  for (const child of started) stop(child, 'SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** With everything that npm starts below it. */
function stop(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, signal);
}

/** Notes of what runs are kept in a place of the test's own, so that no other run is found. */
function type(command: string, ...args: string[]) {
  const child = spawn(command, args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BRIDLE_META: '', TMPDIR: join(directory, 'tmp') },
  });
  started.push(child);
  const said: string[] = [];
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => said.push(line));
  /** Rejects when the command ends before. */
  const until = (fits: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const found = said.find((line) => fits.test(line));
      if (found !== undefined) resolve(found);
      lines.on('line', (line) => fits.test(line) && resolve(line));
      lines.on('close', () => reject(new Error(`${command} has never said ${fits}:\n${said.join('\n')}`)));
    });
  return { child, until, exit, said };
}

it('npm start is recorded, watched by bridle inspect beside it, and opened as one file without a network', {
  timeout: 600_000,
}, async () => {
  const jsonl = join(directory, 'run.jsonl');
  const html = join(directory, 'run.html');

  // Given a demonstration, and the inspector beside it: from the beginning, and with as many rows as keep the
  // one going until the other has started, however busy the machine is,
  const options = ['--rows', '30000', '--partitions', '4', '--deadline', '300'];
  const demo = type('npm', 'start', '--', '--record', jsonl, ...options);
  await demo.until(/two clusters are up/);
  const inspect = type('npx', 'bridle', 'inspect');
  const url = await inspect.until(/^http:/);
  {
    await using watched = await openInspector({ at: url });
    const { page } = watched;
    // then the page shows where it stands, until it is there.
    await page.getByRole('button', { name: 'Progress', exact: true }).click();
    await page.locator('.progress-status', { hasText: 'DS_LOG' }).waitFor({ timeout: 300_000 });
    const [code] = await demo.exit;
    expect(code, demo.said.join('\n')).toBe(0);
    // Its servers are gone, which a page says and does not complain of.
    expect(watched.complaints).toEqual([]);
  }
  stop(inspect.child, 'SIGINT');
  await inspect.exit;

  // When its recording is made one file,
  const made = type('npx', 'bridle', 'inspect', jsonl, '--out', html);
  expect((await made.exit)[0]).toBe(0);

  // then that opens with the network cut, and its lit states are the recorded ones.
  const { lines } = await readText(await readFile(jsonl, 'utf8'));
  const timed = lines.filter((line) => line.t !== 'chart');
  const isDuplication = /^duplication\/\d+$/;
  const moments = timed.flatMap((line, moment) =>
    line.t === 'step' && isDuplication.test(line.actor) ? [moment] : [],
  );
  expect(moments.length).toBeGreaterThan(3);
  const first = timed[moments[0] ?? 0];
  const key = first !== undefined && 'actor' in first ? `${first.process}/${first.actor}` : '';
  const told = [...toldAt(lines)];
  const link = new URLSearchParams({ m: String(moments[0]), actor: key });
  await using offline = await openInspector({ at: html, hash: `#${link}` });
  for (const [at, moment] of moments.entries()) {
    if (at > 0) await offline.page.keyboard.press('Shift+ArrowRight');
    const { actor, lit } = await drawnAt(offline.page, moment);
    expect(actor).toBe(key);
    expect(lit, `moment ${moment}`).toEqual(litOf(told[moment]!.get(key)!));
  }
  expect(litOf(told.at(-1)!.get(key)!)).toContain('duplication.living.lifecycle.DS_LOG');
  expect(offline.requests).toEqual([]);
  expect(offline.complaints).toEqual([]);
});
