import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRemote, readPolicyFile } from '../../runtime/cli/cluster-options.js';
import { addGlobalOptions, perform } from '../../runtime/cli/context.js';
import { exitCodeOf } from '../../runtime/cli/exit-codes.js';
import { formatBytes, formatFacts, formatMs, formatTable, Output } from '../../runtime/cli/output.js';
import { buildProgram } from '../../runtime/cli/program.js';
import { findMetas, readState, runningState, writeState } from '../../runtime/cli/state-file.js';
import { BridleError } from '../../runtime/client/index.js';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-parts-'));
});
afterAll(() => rm(directory, { recursive: true }));

const fails = (code: string) => expect.objectContaining({ name: 'BridleError', code });

describe('exit codes', () => {
  it.each([
    ['BRIDLE_USAGE', 2],
    ['BRIDLE_BAD_NAME', 2],
    ['ERR_INVALID_PARAMETERS', 2],
    ['BRIDLE_NOT_RUNNING', 3],
    ['ERR_TIMEOUT', 3],
    ['ERR_NETWORK_FAILURE', 3],
    ['ERR_ADDRESS_ALREADY_USED', 4],
    ['ERR_LOCK_ALREADY_EXIST', 4],
    ['ERR_APP_EXIST', 4],
    ['ERR_APP_NOT_EXIST', 1],
    ['BRIDLE_BAD_INPUT', 1],
    ['BRIDLE_ROWS_DIFFER', 1],
    ['ERR_THREAD_INTERRUPTED', 130],
  ])('%s is %i', (code, exitCode) => {
    expect(exitCodeOf(BridleError.of(code))).toBe(exitCode);
  });
});

describe('output', () => {
  it('lines up columns, labels and the rest', () => {
    expect(
      formatTable(
        ['TABLE', 'ID'],
        [
          ['users', '1'],
          ['x', '22'],
        ],
      ),
    ).toBe('TABLE  ID\nusers  1\nx      22');
    expect(
      formatFacts([
        ['a', '1'],
        ['long', '2'],
      ]),
    ).toBe('a     1\nlong  2');
    expect([formatBytes(999), formatBytes(1_500_000)]).toEqual(['999 B', '1.5 MB']);
    expect([formatMs(5), formatMs(1_500), formatMs(75_000), formatMs(7_260_000)]).toEqual([
      '5 ms',
      '1.5 s',
      '1 min 15 s',
      '2 h 1 min',
    ]);
  });

  it('lets no control character of another machine reach the terminal', () => {
    expect(formatFacts([['name', 'a\u001b[2Jb\nc']])).toBe('name  a [2Jb c');
  });

  it('prints an error on standard error, and for programs on standard output too', () => {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    new Output(true, { stdout, stderr }).error(BridleError.of('BRIDLE_USAGE', { hint: 'no' }));
    expect(JSON.parse(String(stdout.read()))).toMatchObject({
      error: { code: 'BRIDLE_USAGE', next: 'bridle --help' },
    });
    expect(String(stderr.read())).toContain('BRIDLE_USAGE (terminal)');
  });
});

describe('options of up', () => {
  it('reads remotes, several of them', () => {
    const one = parseRemote('west=127.0.0.1:34701,127.0.0.1', {});
    expect(parseRemote('north=10.0.0.1:1', one)).toEqual({
      west: ['127.0.0.1:34701', '127.0.0.1:34601'],
      north: ['10.0.0.1:1'],
    });
    for (const text of ['west', '=127.0.0.1:1', 'west=', 'we st=a:1', 'west=a:70000']) {
      expect(() => parseRemote(text, {}), text).toThrow(fails('BRIDLE_USAGE'));
    }
  });

  it('reads policy files and names what is wrong with one', async () => {
    const file = join(directory, 'policy.json');
    const rules = [{ effect: 'drop', peer: '127.0.0.1:*', operation: 'RPC_NFS_*' }];
    await writeFile(file, JSON.stringify(rules));
    expect(await readPolicyFile(file)).toEqual(rules);
    await writeFile(file, JSON.stringify({ version: 3, rules }));
    expect(await readPolicyFile(file)).toEqual(rules);
    for (const text of ['{', '3', 'null', '{}', '[{"effect":"maybe","peer":"x","operation":"y"}]']) {
      await writeFile(file, text);
      await expect(readPolicyFile(file), text).rejects.toEqual(fails('BRIDLE_USAGE'));
    }
    await expect(readPolicyFile(join(directory, 'missing'))).rejects.toEqual(fails('BRIDLE_USAGE'));
  });
});

describe('Ctrl-C', () => {
  it('is what a command failed of, however the place that noticed calls it', async () => {
    const interrupted = perform(addGlobalOptions(new Command()), async () => {
      process.emit('SIGINT');
      throw new Error('This operation was aborted');
    });
    await expect(interrupted).rejects.toEqual(fails('ERR_THREAD_INTERRUPTED'));
  });
});

describe('the state file', () => {
  const state = {
    name: 'state-west',
    id: 3,
    meta: '127.0.0.1:1',
    replicas: ['127.0.0.1:2'],
    data: '',
    supervisorPid: process.pid,
    pids: [1],
    remotes: { north: ['127.0.0.1:5'] },
  };

  it('is read back, finds clusters by name, and believes no pid alone', async () => {
    expect(await readState(directory)).toBeUndefined();
    await writeState({ ...state, data: directory });
    expect(await readState(directory)).toEqual({ ...state, data: directory });
    expect(await findMetas('north', directory)).toEqual(['127.0.0.1:5']);
    expect(await findMetas('state-west', join(directory, 'east'))).toBeUndefined();
    expect(await findMetas('state-west', join(directory, '..'))).toEqual(['127.0.0.1:1']);
    expect(await runningState(directory), 'nothing listens there').toBeUndefined();
  });

  it('is nothing when it is damaged', async () => {
    await writeFile(join(directory, 'bridle.json'), '{"name":1}');
    expect(await readState(directory)).toBeUndefined();
  });
});

describe('help', () => {
  it('shows an example for every command', async () => {
    const leaves = (await buildProgram()).commands.flatMap((one) => [one, ...one.commands]);
    expect(leaves.length).toBeGreaterThan(15);
    for (const command of leaves) {
      let help = '';
      command
        .configureOutput({
          writeOut: (text) => {
            help += text;
          },
        })
        .outputHelp();
      expect(help, command.name()).toMatch(/Examples?(:|, )/);
    }
  });
});
