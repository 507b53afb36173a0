/** The commands of a first day, in order, on two real clusters. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bridle, json } from './bridle.js';

const ROWS = 2_000;
const TIMEOUT_MS = 120_000;

let root = '';
let east = '';
let west = '';
const started: Record<string, { meta: string; supervisorPid: number; pids: number[]; line: string }> = {};

const at = (directory: string) => ['--data', directory];
const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function up(name: string, data: string, ...more: string[]): Promise<void> {
  const run = await bridle([
    'up',
    '--name',
    name,
    '--meta-port',
    '0',
    '--replicas',
    '2',
    ...at(data),
    ...more,
  ]);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.stdout.trimEnd().split('\n')).toHaveLength(1);
  started[name] = { ...JSON.parse(run.stdout), line: run.stdout };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bridle-cli-'));
  east = join(root, 'east');
  west = join(root, 'west');
  await up('west', west);
  await up('east', east, '--remote', `west=${started.west?.meta}`);
  const rows = Array.from({ length: ROWS }, (_, n) => ({
    package: `päckage ${n % 400}`,
    version: `${n}`,
    size: n,
  }));
  await writeFile(join(root, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}, TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([bridle(['down', ...at(east)]), bridle(['down', ...at(west)])]);
  await rm(root, { recursive: true });
}, TIMEOUT_MS);

describe('clusters', { timeout: TIMEOUT_MS }, () => {
  it('up says where everything is, and the same again while it runs', async () => {
    expect(started.east).toMatchObject({
      name: 'east',
      data: east,
      replicas: [expect.any(String), expect.any(String)],
    });
    expect(started.east?.pids).toHaveLength(3);
    const again = await bridle(['up', '--name', 'east', ...at(east)]);
    expect(again).toMatchObject({ exitCode: 0, stdout: started.east?.line });
  });

  it('up refuses a port in use and changes nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const answer = await json([
      'up',
      '--name',
      'north',
      '--meta-port',
      String(port),
      ...at(join(root, 'north')),
    ]);
    server.close();
    expect(answer).toMatchObject({ exitCode: 4, error: { code: 'ERR_ADDRESS_ALREADY_USED' } });
  });

  it('up refuses numbers that are not legal', async () => {
    for (const bad of [
      ['--replicas', '0'],
      ['--id', '500'],
      ['--meta-port', '70000'],
      ['--name', 'a b'],
    ]) {
      const answer = await json(['up', ...bad, ...at(join(root, 'bad'))]);
      expect(answer, String(bad)).toMatchObject({ exitCode: 2, error: { code: 'BRIDLE_USAGE' } });
    }
  });
});

describe('a duplication', { timeout: TIMEOUT_MS }, () => {
  it('refuses bad tables and leaves none behind', async () => {
    const create = (name: string, n: string) =>
      json(['table', 'create', name, '--partitions', n, ...at(east)]);
    expect(await create('zero', '0')).toMatchObject({
      exitCode: 2,
      error: { code: 'ERR_INVALID_PARAMETERS' },
    });
    expect(await create('huge', '65536')).toMatchObject({
      exitCode: 2,
      error: { code: 'ERR_INVALID_PARAMETERS' },
    });
    expect(await create('a b', '1')).toMatchObject({ exitCode: 2, error: { code: 'BRIDLE_BAD_NAME' } });
    expect(await create('users', '4')).toMatchObject({ exitCode: 0, name: 'users', partitionCount: 4 });
    expect(await create('users', '4')).toMatchObject({ exitCode: 4, error: { code: 'ERR_APP_EXIST' } });
    const { tables } = await json(['table', 'list', ...at(east)]);
    expect(tables).toMatchObject([{ name: 'users', status: 'AVAILABLE' }]);
  });

  it('loads files and standard input, all or nothing', async () => {
    const keys = ['--hash-key', 'package', '--sort-key', 'version'];
    expect(await json(['load', 'users', join(root, 'rows.jsonl'), ...keys, ...at(east)])).toMatchObject({
      exitCode: 0,
      rows: ROWS,
    });
    const csv = { stdin: 'hash_key,sort_key,value\nx,1,one\nx,2\n' };
    expect(await json(['load', 'users', '-', '--format', 'csv', ...at(east)], csv)).toMatchObject({
      exitCode: 1,
      error: { code: 'BRIDLE_BAD_INPUT', hint: expect.stringContaining('line 3') },
    });
    expect(await json(['load', 'nobody', join(root, 'rows.jsonl'), ...keys, ...at(east)])).toMatchObject({
      exitCode: 1,
      error: { code: 'ERR_APP_NOT_EXIST' },
    });
  });

  it('refuses an unknown cluster', async () => {
    const answer = await json(['duplicate', 'users', '--to', 'south', ...at(east)]);
    expect(answer).toMatchObject({ exitCode: 2, error: { hint: expect.stringContaining('south') } });
  });

  it('is started, waited for, explained and verified', async () => {
    const copied = await json([
      'duplicate',
      'users',
      '--to',
      'west',
      '--wait',
      '--timeout',
      '90',
      ...at(east),
    ]);
    expect(copied).toMatchObject({
      exitCode: 0,
      existed: false,
      status: 'DS_LOG',
      waitedMs: expect.any(Number),
    });
    const again = await json(['duplicate', 'users', '--to', 'west', ...at(east)]);
    expect(again).toMatchObject({ exitCode: 0, existed: true, dupid: copied.dupid });
    expect(await json(['status', ...at(east)])).toMatchObject({
      cluster: 'east',
      duplications: [{ table: 'users', status: 'DS_LOG', blocked: false, next: 'bridle verify users' }],
    });
    const explained = await bridle(['explain', ...at(east)]);
    expect(explained.stdout).toMatch(/^status +DS_LOG/m);
    expect(explained.stdout).not.toMatch(/living|lifecycle/);
    // The follower is found through the data directories.
    expect(await json(['verify', 'users', ...at(east)])).toMatchObject({
      exitCode: 0,
      equal: true,
      source: ROWS,
    });
  });

  it('tells with code 1 that rows differ, and which', async () => {
    const row = { stdin: '{"hashKey":"stranger","sortKey":"1","value":"not from the source"}\n' };
    await json(['load', 'users', '-', '--format', 'jsonl', ...at(west)], row);
    const answer = await bridle(['verify', 'users', '--follower', started.west?.meta ?? '', ...at(east)]);
    expect(answer.exitCode, answer.stderr).toBe(1);
    expect(answer.stdout).toMatch(/^extra +1, such as stranger 1$/m);
    expect(answer.stderr).toContain('BRIDLE_ROWS_DIFFER');
  });

  it('is paused, started, given a fail mode, retried', async () => {
    expect(await json(['pause', 'users', ...at(east)])).toMatchObject({ exitCode: 0, status: 'DS_PAUSE' });
    expect(await json(['start', 'users', ...at(east)])).toMatchObject({ exitCode: 0, status: 'DS_LOG' });
    expect(await json(['fail-mode', 'users', 'skip', ...at(east)])).toMatchObject({ exitCode: 0 });
    expect(await json(['retry', 'users', ...at(east)])).toMatchObject({ exitCode: 0 });
    expect(await json(['status', 'users', ...at(east)])).toMatchObject({
      duplications: [{ failMode: 'FAIL_SKIP' }],
    });
  });

  it('keeps its table from being dropped until it is removed', async () => {
    const drop = ['table', 'drop', 'users', ...at(east)];
    expect(await json(drop)).toMatchObject({ exitCode: 4, error: { code: 'ERR_OPERATION_DISABLED' } });
    const remove = ['remove', 'users', '--follower', 'drop', '--wait', '--timeout', '60', ...at(east)];
    expect(await json(remove)).toMatchObject({ exitCode: 0, status: 'DS_REMOVED' });
    expect(await json(drop)).toMatchObject({ exitCode: 0, dropped: 'users' });
    expect(await json(['remove', 'users', ...at(east)])).toMatchObject({ exitCode: 1 });
  });
});

describe('policies', { timeout: TIMEOUT_MS }, () => {
  it('are set from a file or standard input, and shown', async () => {
    const rules = [{ effect: 'deny', peer: '10.0.0.1:*', operation: 'RPC_NFS_*' }];
    const file = join(root, 'rules.json');
    await writeFile(file, JSON.stringify(rules));
    expect(await json(['policy', 'set', file, ...at(east)])).toMatchObject({
      exitCode: 0,
      policy: { rules },
    });
    expect(await json(['policy', 'show', ...at(east)])).toMatchObject({ policy: { rules } });
    const none = await bridle(['policy', 'set', '-', ...at(east)], { stdin: '[]' });
    expect(none.exitCode, none.stderr).toBe(0);
    const shown = await bridle(['policy', 'show', ...at(east)]);
    expect(shown.stdout).toContain('everything is allowed');
  });
});

describe('processes', { timeout: TIMEOUT_MS }, () => {
  it('servers end with a supervisor that is killed, and up starts them again on the same data', async () => {
    const before = started.west;
    if (before === undefined) throw new Error('west was never started');
    process.kill(before.supervisorPid, 'SIGKILL');
    await expect.poll(() => before.pids.filter(isThere), { timeout: 15_000 }).toEqual([]);
    expect(await json(['down', ...at(west)])).toMatchObject({ exitCode: 0, stopped: false });
    await up('west', west);
    expect(started.west?.meta, 'the address stays').toBe(before.meta);
  });

  it('a server that is killed comes back, and the state file knows its pid', async () => {
    const victim = started.west?.pids.at(-1) ?? 0;
    process.kill(victim, 'SIGKILL');
    const living = async () => {
      const { pids } = JSON.parse(await readFile(join(west, 'bridle.json'), 'utf8')) as { pids: number[] };
      return pids.filter((pid) => pid !== victim && isThere(pid)).length;
    };
    await expect.poll(living, { timeout: 15_000 }).toBe(3);
  });

  it('down stops every process, and is fine when there is none', async () => {
    const pids = [started.east?.supervisorPid ?? 0, ...(started.east?.pids ?? [])];
    expect(await json(['down', ...at(east)])).toMatchObject({ exitCode: 0, stopped: true, name: 'east' });
    expect(pids.filter(isThere)).toEqual([]);
    expect(await json(['down', ...at(east)])).toMatchObject({ exitCode: 0, stopped: false });
  });
});

describe('the example', { timeout: TIMEOUT_MS }, () => {
  it('copies a table with fifteen lines of code', async () => {
    const file = fileURLToPath(new URL('../../examples/embed.mjs', import.meta.url));
    const code = (await readFile(file, 'utf8')).split('\n').filter((line) => /^[^/]/.test(line));
    expect(code.length).toBeLessThanOrEqual(15);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [exitCode] = await once(child, 'close');
    expect(said).toBe('1000 rows copied, 0 missing, both sides are equal\n');
    expect(exitCode).toBe(0);
  });
});
