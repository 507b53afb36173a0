/** Secrets are planted, a run goes by, and everything that it leaves behind is searched for them. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openCluster } from '../../runtime/index.js';
import { recordRun } from '../../runtime/live/recording/index.js';
import { bridle } from '../cli/bridle.js';
import { QUICK, startCluster } from '../e2e/support.js';
import { sampleRecording } from './sample.js';

const MAIN = fileURLToPath(new URL('../../dist/runtime/cli/main.js', import.meta.url));
const KEY = 'planted-hash-key-4711';
const VALUE = 'planted-value-0815';
const TOKEN = 'planted-token-of-the-inspector';

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-secrets-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('given rows with secrets, when they are written, read and refused, then no log, state file or recording has them', async () => {
  const directory = await temporary();
  await using cluster = await startCluster({
    name: 'east',
    directory,
    replicas: 1,
    times: QUICK,
    restart: false,
  });
  await using client = await openCluster({ meta: cluster.meta, timeoutMs: 60_000 });
  const recording = recordRun({ clusters: [client] });
  const lines: string[] = [];
  recording.lines$.subscribe((line) => void lines.push(JSON.stringify(line)));
  await recording.ready;
  await client.createTable('rows', { partitionCount: 2 });
  const table = await client.table('rows');
  await table.put(KEY, 's', VALUE);
  expect((await table.get(KEY, 's'))?.toString()).toBe(VALUE);
  await expect(table.put(KEY, 's', VALUE.repeat(1_000_000))).rejects.toThrow();
  await recording.stop();
  const logs = (await readdir(directory)).filter((name) => /\.(log|json)$/.test(name));
  expect(logs).toEqual(expect.arrayContaining(['meta-0.log', 'replica-0.log', 'cluster.json']));
  const texts = await Promise.all(logs.map((name) => readFile(join(directory, name), 'utf8')));
  expect(lines.length).toBeGreaterThan(0);
  for (const text of [...texts, ...lines]) expect(text).not.toMatch(/planted/);
}, 120_000);

test.each<readonly [title: string, args: (file: string) => string[]]>([
  ['--token', () => ['--token', TOKEN]],
  ['--token-file', (file) => ['--token-file', file]],
])(
  'given a token by %s, when the inspector runs, then it is asked for and no list of processes shows it',
  async (_, args) => {
    const directory = await temporary();
    const file = join(directory, 'token');
    await writeFile(file, `${TOKEN}\n`, { mode: 0o600 });
    const recording = join(directory, 'run.jsonl');
    await writeFile(recording, sampleRecording());
    const child = spawn(process.execPath, [MAIN, 'inspect', recording, ...args(file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const told: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => void told.push(text));
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.split('\n')[0] ?? ''));
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${told.join('')}`)));
    });
    expect(await readFile(`/proc/${child.pid}/cmdline`, 'latin1')).not.toMatch(/planted/);
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(`${url}?token=${TOKEN}`, { redirect: 'manual' })).status).toBeLessThan(400);
    expect(`${url} ${told.join('')}`).not.toMatch(/planted/);
  },
  120_000,
);

test('given a token in a command that is refused, when the error is printed, then the token is not', async () => {
  const { stderr, exitCode } = await bridle(['inspect', '--token', TOKEN, '--nonsense']);
  expect(exitCode).toBe(2);
  expect(stderr).not.toMatch(/planted/);
});
