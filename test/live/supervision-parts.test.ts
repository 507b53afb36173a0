/** Whose a table is, by what its environment says, and the journal that outlives a process. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING_REMEMBERED } from '../../machines/supervisorVerdict.js';
import { ENV_MASTER_APP_NAME, ENV_MASTER_CLUSTER, ENV_OWNER } from '../../machines/vocabulary.js';
import type { DuplicationInfo, TableInfo } from '../../runtime/client/index.js';
import { openJournal } from '../../runtime/live/supervision/journal.js';
import { sightOf } from '../../runtime/live/supervision/look.js';

const NAMES = { sourceCluster: 'east', table: 'users', remoteTable: 'copy' };
const MADE = { ...NOTHING_REMEMBERED, made: [7] };
const tableWith = (envs: Readonly<Record<string, string>>, name = 'copy'): TableInfo => ({
  ...{ name, appId: 4, status: 'AVAILABLE', partitionCount: 1, replicaCount: 1, envs },
  ...{ duplicating: false, createdAtMs: 0 },
});
const duplicationIn = (status: DuplicationInfo['status'], dupid = 7) =>
  ({ status, dupid }) as DuplicationInfo;

const MASTER = { [ENV_MASTER_CLUSTER]: 'east', [ENV_MASTER_APP_NAME]: 'users' };
const owned = (owner: string) => ({ ...MASTER, [ENV_OWNER]: owner });
const PREPARING = duplicationIn('DS_PREPARE');

describe('whose the table at the follower is', () => {
  it.each([
    ['no environment', {}, PREPARING, MADE, 'foreign'],
    ['the owner that is there', owned('east/users/7'), PREPARING, MADE, 'own'],
    ['an owner that was there', owned('east/users/7'), duplicationIn('DS_PREPARE', 8), MADE, 'leftover'],
    ['an owner that was there, and nothing now', owned('east/users/7'), undefined, MADE, 'leftover'],
    ['another table’s owner', owned('east/orders/7'), PREPARING, MADE, 'foreign'],
    ['a table whose name only begins alike', owned('east/users2/7'), PREPARING, MADE, 'foreign'],
    ['another cluster’s owner', owned('north/users/7'), PREPARING, MADE, 'foreign'],
    ['a real source’s names, made from here, never in use', MASTER, PREPARING, MADE, 'orphan'],
    ['a real source’s names, made by somebody else', MASTER, PREPARING, NOTHING_REMEMBERED, 'leftover'],
    ['a real source’s names, in use', MASTER, duplicationIn('DS_LOG'), MADE, 'own'],
    ['a real source’s names, and no duplication', MASTER, undefined, MADE, 'leftover'],
    ['another real cluster’s name', { ...MASTER, [ENV_MASTER_CLUSTER]: 'north' }, PREPARING, MADE, 'foreign'],
    ['another real table’s name', { ...MASTER, [ENV_MASTER_APP_NAME]: 'orders' }, PREPARING, MADE, 'foreign'],
    [
      'an old source’s name, under another name',
      { [ENV_MASTER_CLUSTER]: 'east' },
      PREPARING,
      MADE,
      'foreign',
    ],
  ] as const)('given %s, then it is told', (_, envs, info, memory, claim) => {
    expect(sightOf(tableWith(envs), NAMES, info, memory)).toMatchObject({ claim, appId: 4 });
  });

  it('given an old source, which names no table, then the copy has the name of its own', () => {
    const found = tableWith({ [ENV_MASTER_CLUSTER]: 'east' }, 'users');
    expect(sightOf(found, { ...NAMES, remoteTable: 'users' }, PREPARING, MADE).claim).toBe('orphan');
  });
});

describe('the journal', () => {
  const ABOUT = {
    source: { name: 'east', meta: ['127.0.0.1:34601'] },
    target: { name: 'west', meta: ['127.0.0.1:34701'] },
    table: 'users',
    remoteTable: 'users',
  };
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bridle-supervision-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const at = (name: string) => join(directory, name);

  it('given what was remembered, when it is opened again, then that is there', async () => {
    const path = at('deep/users.json');
    const first = await openJournal(path, ABOUT);
    expect(first.memory).toEqual(NOTHING_REMEMBERED);
    const heal = { kind: 'drop-orphan', dupid: 7, appId: 4, owner: null } as const;
    const memory = { ...MADE, step: 'healing', dupid: 7, heal, heals: 1 } as const;
    await Promise.all([first.remember(MADE), first.remember(memory)]);
    expect((await openJournal(path, ABOUT)).memory).toEqual(memory);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1, run: 2, memory });
  });

  it('given one about another table, then it is refused and left as it is', async () => {
    await openJournal(at('users.json'), ABOUT);
    const before = await readFile(at('users.json'), 'utf8');
    await expect(openJournal(at('users.json'), { ...ABOUT, table: 'orders' })).rejects.toMatchObject({
      code: 'BRIDLE_USAGE',
    });
    expect(await readFile(at('users.json'), 'utf8')).toBe(before);
  });

  it.each(['', '{', '{"version":2}', '[]'])(
    'given %j in its place, then it is refused and left',
    async (text) => {
      await writeFile(at('bad.json'), text);
      await expect(openJournal(at('bad.json'), ABOUT)).rejects.toMatchObject({ code: 'BRIDLE_BAD_INPUT' });
      expect(await readFile(at('bad.json'), 'utf8')).toBe(text);
    },
  );

  it('given a process that works on it, then nobody else gets it', async () => {
    await openJournal(at('users.json'), ABOUT);
    const text = await readFile(at('users.json'), 'utf8');
    await writeFile(at('users.json'), text.replace(`"pid": ${process.pid}`, `"pid": ${process.ppid}`));
    await expect(openJournal(at('users.json'), ABOUT)).rejects.toMatchObject({ code: 'ERR_BUSY' });
  });
});
