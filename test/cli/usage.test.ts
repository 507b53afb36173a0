/** What a command line says when it cannot be carried out; nothing here needs a cluster of ours. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedMeta } from '../live/scripted-meta.js';
import { bridle, json } from './bridle.js';

const NOBODY = '127.0.0.1:1';

describe('without a cluster', () => {
  it.each([
    [['nope'], 'unknown command'],
    [['stauts'], 'Did you mean status'],
    [['table', 'create'], "missing required argument 'name'"],
    [['table', 'create', 't', '--partitions', 'many'], 'has to be a whole number'],
    [['duplicate', 't'], "required option '--to <cluster>'"],
    [['fail-mode', 't', 'fast'], 'slow, skip'],
    [['status', '--timeout', '0'], 'number of seconds above 0'],
    [['load', 't'], '--format jsonl'],
    [['load', 't', '--format', 'xml'], 'jsonl, csv'],
    [['up', '--remote', 'west'], 'NAME=HOST:PORT'],
    [['up', '--policy', '/nowhere/policy.json', '--data', '/tmp/bridle-never'], 'ENOENT'],
    [['status', '--meta', 'a b'], 'not an address'],
  ])('%j is refused with code 2', async (args, hint) => {
    const run = await bridle(args, { meta: NOBODY });
    expect(run.exitCode, run.stderr).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('BRIDLE_USAGE');
    expect(run.stderr).toContain(hint);
    expect(run.stderr).toContain('next ');
  });

  it.each([
    [['table', 'create'], 'bridle table create --help'],
    [['up', '--meta-port', '99999', '--data', '/tmp/bridle-never'], 'bridle up --help'],
    [['up', '--name', 'a b', '--data', '/tmp/bridle-never'], 'bridle up --help'],
    [['demo', '--record', '/nonexistent/run.jsonl'], 'bridle demo --help'],
    [['nope'], 'bridle --help'],
  ])('%j names the help of its own command', async (args, next) => {
    expect(await json(args)).toMatchObject({ exitCode: 2, error: { code: 'BRIDLE_USAGE', next } });
  });

  it('speaks of directories, not of checkpoints, when a cluster has nowhere to live', async () => {
    expect(await json(['up', '--data', '/dev/null'])).toMatchObject({
      error: { code: 'ERR_FILE_OPERATION_FAILED', next: 'bridle up --data ANOTHER_DIRECTORY' },
    });
  });

  it('says so as JSON too, with the same code', async () => {
    expect(await json(['table', 'create'])).toMatchObject({ exitCode: 2, error: { code: 'BRIDLE_USAGE' } });
  });

  it('shows help with code 0 when asked, 2 when a command is missing', async () => {
    const help = await bridle(['status', '--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('$ bridle status users --watch');
    expect(await bridle(['--version'])).toMatchObject({ exitCode: 0, stdout: '0.1.0\n' });
    const bare = await bridle([]);
    expect(bare.exitCode).toBe(2);
    expect(bare.stderr).toContain('Exit codes:');
  });

  it('is not reachable with code 3, soon', async () => {
    const run = await bridle(['table', 'list', '--meta', NOBODY]);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('BRIDLE_NOT_RUNNING');
    expect(run.elapsedMs).toBeLessThan(10_000);
  });

  it('has nothing to stop with code 0', async () => {
    const data = '/tmp/bridle-never-started';
    expect(await json(['down', '--data', data])).toEqual({ exitCode: 0, stopped: false, data });
  });
});

describe('with a cluster that knows nothing of ours', () => {
  const meta = new ScriptedMeta();
  beforeAll(async () => {
    meta.script.kind = 'real';
    await meta.start();
  });
  afterAll(() => meta.stop());
  const there = () => ({ meta: meta.meta });

  it('explains from the status', async () => {
    const { exitCode, explanations } = await json(['explain', 'users'], there());
    expect(exitCode).toBe(0);
    expect(explanations).toMatchObject([
      { table: 'users', status: 'DS_PREPARE', next: 'bridle status users --watch' },
    ]);
    const text = await bridle(['explain', 'users'], there());
    expect(text.stdout).toMatch(/^status +DS_PREPARE · waiting for a checkpoint/m);
  });

  it('refuses what needs an embedded cluster, and asks where the follower is', async () => {
    expect(await json(['policy', 'show'], there())).toMatchObject({
      error: { code: 'ERR_HANDLER_NOT_FOUND' },
    });
    expect(await json(['explain', 'nobody'], there())).toMatchObject({
      exitCode: 1,
      error: { code: 'ERR_APP_NOT_EXIST' },
    });
  });

  it('duplicates idempotently and hands on refusals', async () => {
    const again = ['duplicate', 'users', '--to', 'west', '--remote-meta', '127.0.0.1:34701'];
    expect(await json(again, there())).toMatchObject({ exitCode: 0, dupid: 7, existed: true });
    meta.script.status = 'DS_APP';
    expect(await json(['start', 'users'], there())).toMatchObject({
      exitCode: 1,
      error: { code: 'ERR_INVALID_PARAMETERS', hint: 'legal in DS_APP: remove, fail-mode' },
    });
  });

  it('ends a wait with its explanation at the deadline, and at Ctrl-C with 130', async () => {
    const wait = ['duplicate', 'users', '--to', 'west', '--wait'];
    const late = await bridle([...wait, '--timeout', '1'], there());
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain('waiting for the follower to fetch and open every partition');
    const interrupted = await bridle(wait, { ...there(), interruptAfterMs: 3_000 });
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain('interrupted');
  });
});
