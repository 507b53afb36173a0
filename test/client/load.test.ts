import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type BridleError,
  type Cluster,
  type LoadProgress,
  loadRows,
  openCluster,
  type Table,
} from '../../runtime/client/index.js';
import { FakeCluster } from './fake-cluster.js';

let fake: FakeCluster;
let cluster: Cluster;
let table: Table;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-test-'));
  fake = await FakeCluster.start();
  fake.addTable('t', 4);
  cluster = await openCluster({ meta: fake.metaList });
  table = await cluster.table('t');
});
afterEach(async () => {
  await cluster.close();
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, at) => `{"hashKey":"h${at}","sortKey":"s","value":"v${at}"}\n`).join('');

it('loads a file and says how much', async () => {
  const progress: LoadProgress[] = [];
  const path = await file('rows.jsonl', lines(1000));
  const report = await loadRows({ table, path, onProgress: (one) => progress.push(one) });
  expect(report.rows).toBe(1000);
  expect(report.bytes).toBeGreaterThan(5000);
  expect(fake.rowCount('t')).toBe(1000);
  expect((await table.get('h999', 's'))?.toString()).toBe('v999');
  expect(progress.at(-1)).toMatchObject({ phase: 'writing', rows: 1000, totalRows: 1000 });
});

it('writes nothing when the last line is bad, and names it', async () => {
  const path = await file('rows.jsonl', `${lines(1000)}{"hashKey":"x"}`);
  const error = await loadRows({ table, path }).catch((error: BridleError) => error);
  expect(error).toMatchObject({ code: 'BRIDLE_BAD_INPUT', consequence: 'Nothing was written to the table.' });
  expect((error as BridleError).hint).toContain('line 1001');
  expect((error as BridleError).next).toBe(`bridle load t ${path}`);
  expect(fake.count('RPC_RRDB_RRDB_PUT')).toBe(0);
});

it('keeps a stream in a temporary file until it is checked, and removes it', async () => {
  const spools = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('bridle-load-'));
  const before = await spools();
  async function* stream(last: string) {
    yield 'hash_key,value\na,1\nb';
    yield `,2\n${last}`;
  }
  await expect(loadRows({ table, rows: stream('c'), format: 'csv' })).rejects.toMatchObject({
    code: 'BRIDLE_BAD_INPUT',
  });
  expect(fake.rowCount('t')).toBe(0);
  expect((await loadRows({ table, rows: stream(''), format: 'csv' })).rows).toBe(2);
  expect(await spools()).toEqual(before);
});

it('says how many rows are stored when writing fails, and that repeating is safe', async () => {
  const path = await file('rows.jsonl', lines(2000));
  const failing = loadRows({
    table,
    path,
    timeoutMs: 2000,
    onProgress: ({ phase }) => {
      if (phase === 'validating') setTimeout(() => fake.tables.get('t')?.primaries.fill(-1, 2), 1);
    },
  });
  fake.putDelayMs = 2;
  const error = (await failing.catch((error: unknown) => error)) as BridleError;
  expect(error.code).toBe('ERR_INVALID_STATE');
  expect(error.consequence).toMatch(/^\d+ of 2000 rows are stored for certain\. .* safe/);
  const stored = Number(error.consequence.split(' ')[0]);
  expect(fake.rowCount('t')).toBeGreaterThanOrEqual(stored);
  fake.tables.get('t')?.primaries.fill(0);
  expect((await loadRows({ table, path })).rows).toBe(2000);
  expect(fake.rowCount('t')).toBe(2000);
});

it('lets the last of several rows with one key win', async () => {
  const path = await file(
    'rows.csv',
    `hash_key,value\n${Array.from({ length: 300 }, (_, at) => `k,${at}\n`).join('')}`,
  );
  await loadRows({ table, path });
  expect((await table.get('k', ''))?.toString()).toBe('299');
});

it('refuses what cannot be loaded', async () => {
  const codeOf = (call: Promise<unknown>) =>
    call.catch((error: BridleError) => `${error.code} ${error.hint}`);
  expect(await codeOf(loadRows({ table, path: join(directory, 'none.csv') }))).toContain(
    'there is no such file',
  );
  expect(await codeOf(loadRows({ table, path: directory, format: 'csv' }))).toContain('BRIDLE_USAGE');
  expect(await codeOf(loadRows({ table, path: await file('rows.txt', '') }))).toContain('say csv or jsonl');
  expect(await codeOf(loadRows({ table, format: 'csv' }))).toContain('BRIDLE_USAGE');
  expect((await loadRows({ table, path: await file('empty.jsonl', '') })).rows).toBe(0);
});

it('can be canceled', async () => {
  fake.tables.get('t')?.primaries.fill(-1);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  const path = await file('rows.jsonl', lines(100));
  await expect(loadRows({ table, path, signal: abort.signal })).rejects.toMatchObject({
    code: 'ERR_THREAD_INTERRUPTED',
    consequence: expect.stringMatching(/^0 of 100 rows/),
  });
});
