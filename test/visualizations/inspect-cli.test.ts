/** `bridle inspect` as it is typed, and the example; both run from what `npm test` has built. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { announceRun } from '../../runtime/live/recording/index.js';
import { writeRecording } from '../../runtime/observe/recording/index.js';
import { bridle, json } from '../cli/bridle.js';
import { syntheticRecording } from '../support/recordings.js';
import { ask, openPage } from './server-support.js';

const TIMEOUT_MS = 120_000;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const MAIN = here('../../dist/runtime/cli/main.js');
const started: ChildProcess[] = [];
let directory = '';
let file = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-inspect-cli-'));
  file = join(directory, 'run.jsonl');
  const { header, lines } = syntheticRecording({ moments: 400, seed: 7 });
  await writeFile(file, writeRecording(header, lines));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Starts a command that goes on, and waits for its first line. */
async function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<[ChildProcess, string]> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BRIDLE_META: '', ...env },
  });
  started.push(child);
  const [line] = (await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line')) as [string];
  return [child, line];
}

async function interrupt(child: ChildProcess): Promise<number | null> {
  const closed = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGINT');
  return (await closed)[0];
}

/** The notes of this machine's runs, in a place of the test's own. */
const TMPDIR = () => ({ TMPDIR: directory });

describe('a recording', { timeout: TIMEOUT_MS }, () => {
  it('is served until Ctrl-C; its address is the first line', async () => {
    const [child, url] = await start([MAIN, 'inspect', file]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await ask(url)).status).toBe(200);
    const page = await openPage(url);
    await vi.waitFor(() => expect(page.lines.length).toBeGreaterThan(300));
    expect(page.messages[0]).toMatchObject({ live: false, control: false });
    expect(await interrupt(child)).toBe(0);
    expect((await page.closed).code).toBe(1001);
  });

  it('is served beside another one, with a token from the environment, as JSON', async () => {
    const token = 'correct-horse-battery';
    const args = [MAIN, 'inspect', file, '--compare', file, '--json'];
    const [child, line] = await start(args, { BRIDLE_INSPECT_TOKEN: token });
    const said = JSON.parse(line) as { url: string };
    expect(said).toMatchObject({ recording: file, compare: file, token: true, control: false });
    expect(line).not.toContain(token);
    expect((await ask(`${said.url}compare.jsonl`)).status).toBe(401);
    const welcome = await ask(`${said.url}?token=${token}`);
    const cookie = String(welcome.headers['set-cookie']).split(';')[0] ?? '';
    const compare = await ask(`${said.url}compare.jsonl`, { headers: { cookie } });
    expect(compare.body).toBe(await readFile(file, 'utf8'));
    expect(await interrupt(child)).toBe(0);
  });

  it('becomes one HTML file that asks nobody for anything', async () => {
    const out = join(directory, 'run.html');
    expect(await json(['inspect', file, '--out', out])).toMatchObject({ exitCode: 0, out });
    const html = await readFile(out, 'utf8');
    expect(html).toContain('content-security-policy');
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('becomes a diagram, a trace, a test, text, and a part of itself', async () => {
    for (const [format, begin] of [
      ['mermaid', /^sequenceDiagram|^%%|^---/],
      ['perfetto', /^\{"traceEvents"/],
      ['text', /\d+ .*\n/],
      ['jsonl', /^\{"t":"recording"/],
    ] as const) {
      const run = await bridle(['inspect', file, '--export', format, '--range', '10..50']);
      expect(run.exitCode, run.stderr).toBe(0);
      expect(run.stdout, format).toMatch(begin);
    }
    const part = join(directory, 'part.jsonl');
    await json(['inspect', file, '--export', 'jsonl', '--range', '10..50', '--out', part]);
    expect((await bridle(['inspect', part, '--export', 'text'])).exitCode).toBe(0);
  });

  it('that breaks off, or is packed, is shown as far as it goes', async () => {
    const text = await readFile(file, 'utf8');
    const torn = join(directory, 'torn.jsonl');
    await writeFile(torn, text.slice(0, -20));
    const packed = join(directory, 'packed.jsonl.gz');
    await writeFile(packed, gzipSync(text));
    const run = await bridle(['inspect', torn, '--export', 'text', '--range', '0..1']);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('breaks off');
    expect((await bridle(['inspect', packed, '--export', 'text', '--range', '0..1'])).exitCode).toBe(0);
  });

  it('that cannot be read, or a command line that cannot be meant, is said with code 2', async () => {
    const foreign = join(directory, 'foreign.txt');
    await writeFile(foreign, 'hello\n');
    const newer = join(directory, 'newer.jsonl');
    await writeFile(
      newer,
      `${JSON.stringify({ ...syntheticRecording({ moments: 1 }).header, version: 99 })}\n`,
    );
    const cases: [string[], string][] = [
      [['/nowhere.jsonl'], 'no such file'],
      [[directory], 'directory'],
      [[foreign], 'line 1'],
      [[newer], 'version'],
      [[file, '--control'], 'cannot be steered'],
      [[file, '--range', '1..2'], 'need --export'],
      [[file, '--export', 'text', '--range', '5'], 'A..B'],
      [[file, '--export', 'text', '--range', '5..9999999'], '9999999'],
      [[file, '--export', 'vitest'], 'one actor'],
      [[file, '--export', 'text', '--out', '/dev/null/run.txt'], 'cannot be written'],
      [[file, '--host', '0.0.0.0'], 'only with a token'],
      [[file, '--port', '99999'], '0 to 65535'],
      [['--out', 'x.html'], 'needs a recording'],
    ];
    await Promise.all(
      cases.map(async ([args, hint]) => {
        const run = await bridle(['inspect', ...args]);
        expect([run.exitCode, run.stdout], `${args.join(' ')}\n${run.stderr}`).toEqual([2, '']);
        expect(run.stderr, args.join(' ')).toContain(hint);
      }),
    );
  });
});

describe('what runs here', { timeout: TIMEOUT_MS }, () => {
  const inspectHere = async (args: readonly string[] = []) => {
    const child = spawn(process.execPath, [MAIN, 'inspect', '--json', ...args], {
      env: { ...process.env, BRIDLE_META: '', ...TMPDIR() },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    started.push(child);
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
    });
    const [exitCode] = await once(child, 'close');
    return { exitCode, ...(JSON.parse(said) as object) };
  };
  /** As `announceRun` would in a process with that TMPDIR. */
  const announce = async (title: string, ...names: string[]) => {
    const user = process.getuid?.();
    const clusters = names.map((name) => ({ name, metas: ['127.0.0.1:1'] }));
    return announceRun(title, clusters, join(directory, `bridle-${user}`, 'runs'));
  };

  it('nothing: says what to start, with code 3', async () => {
    expect(await inspectHere()).toMatchObject({
      exitCode: 3,
      error: { code: 'BRIDLE_NOT_RUNNING', next: expect.stringContaining('bridle demo') },
    });
  });

  it('several: lists them and what to type', async () => {
    const runs = [await announce('demo', 'east', 'west'), await announce('up', 'north')];
    expect(await inspectHere()).toMatchObject({
      exitCode: 2,
      error: {
        code: 'BRIDLE_USAGE',
        hint: expect.stringMatching(/demo: east, west .*up: north|up: north .*demo: east, west/),
        next: expect.stringMatching(/^bridle inspect (-c \w+ ?){3}$/),
      },
    });
    expect(await inspectHere(['-c', 'south'])).toMatchObject({
      exitCode: 3,
      error: { hint: expect.stringContaining('no cluster south') },
    });
    expect(await inspectHere(['-c', 'north']), 'the chosen one is asked').toMatchObject({
      exitCode: 3,
      error: { peer: '127.0.0.1:1' },
    });
    for (const run of runs) await run.end();
  });
});

describe('the example', { timeout: TIMEOUT_MS }, () => {
  it('shows an actor of one’s own until Ctrl-C', async () => {
    const [child, url] = await start([here('../../examples/inspect.mjs')]);
    const page = await openPage(url);
    const states = () => page.lines.flatMap((line) => (line.t === 'step' ? [line.state] : []));
    await vi.waitFor(() => expect(states().length).toBeGreaterThanOrEqual(2), { timeout: 10_000 });
    expect(states().slice(0, 2)).toEqual(['on', 'off']);
    expect(await interrupt(child)).toBe(0);
    await page.closed;
    expect(states().at(-1)).toBe('broken');
  });
});
