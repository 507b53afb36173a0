/** Two real clusters over TLS: a duplication, and everybody who is kept out. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BridleError,
  type Cluster,
  duplicate,
  type EmbeddedCluster,
  openCluster,
  type TlsFiles,
} from '../../runtime/index.js';
import { setPolicy } from '../../runtime/live/remote-commands.js';
import { bridle } from '../cli/bridle.js';
import { fill, QUICK, startCluster } from '../e2e/support.js';
import { TestAuthority } from './certificates.js';

const WAIT = { timeoutMs: 120_000 };

let authority: TestAuthority;
let other: TestAuthority;
let directory: string;
let eastFiles: TlsFiles;
let operator: TlsFiles;
let plain: TlsFiles;
let east: EmbeddedCluster;
let west: EmbeddedCluster;
let source: Cluster;

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as BridleError).code,
  );

beforeAll(async () => {
  authority = new TestAuthority();
  other = new TestAuthority('somebody else');
  directory = await mkdtemp(join(tmpdir(), 'bridle-tls-clusters-'));
  eastFiles = authority.server('east');
  operator = authority.issue('operator', {
    names: ['URI:bridle://east/operator', 'URI:bridle://west/operator', 'IP:127.0.0.1'],
  });
  plain = authority.issue('reader', { names: ['IP:127.0.0.1'] });
  const shared = { replicas: 1, times: QUICK, restart: false };
  west = await startCluster({
    ...shared,
    name: 'west',
    directory: join(directory, 'west'),
    tls: authority.server('west'),
  });
  east = await startCluster({
    ...shared,
    name: 'east',
    directory: join(directory, 'east'),
    tls: eastFiles,
    remotes: { west: [west.meta] },
  });
  source = await openCluster({ meta: east.meta, tls: operator, ...WAIT });
}, 180_000);

afterAll(async () => {
  await source?.close();
  await Promise.all([east?.close(), west?.close()]);
  authority?.[Symbol.dispose]();
  other?.[Symbol.dispose]();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

describe('two clusters over TLS', () => {
  test('given rows, when the table is duplicated, then it gets to DS_LOG and both sides are equal', async () => {
    await source.createTable('users', { partitionCount: 2, ...WAIT });
    const table = await source.table('users', WAIT);
    await fill(table, 200);
    await using follower = await openCluster({ meta: west.meta, tls: operator, ...WAIT });
    await using duplication = await duplicate({ source, table: 'users', target: follower, ...WAIT });
    await duplication.waitFor('DS_LOG', WAIT);
    await table.put('ada', 'born', '1815', WAIT);
    await duplication.waitFor((now) => now.status === 'DS_LOG' && now.lagDecrees === 0, WAIT);
    const report = await duplication.verify();
    expect(report).toMatchObject({ equal: true });
  }, 180_000);

  test.each<readonly [title: string, code: string, tls: () => TlsFiles | null]>([
    ['no certificate', 'BRIDLE_TLS_MISMATCH', () => null],
    [
      'that of another authority',
      'BRIDLE_TLS_REFUSED',
      () => ({ ...other.server('east'), caFile: authority.caFile }),
    ],
    ['other authorities to trust', 'BRIDLE_TLS_UNTRUSTED', () => ({ ...plain, caFile: other.caFile })],
  ])('given %s, when a client opens the cluster, then %s', async (_, code, tls) => {
    expect(await codeOf(openCluster({ meta: east.meta, tls: tls(), timeoutMs: 20_000 }))).toBe(code);
  });
});

describe('who may do what', () => {
  test('given a client that is no operator, when it sends a remote command, then it is denied and may read', async () => {
    await using reader = await openCluster({ meta: east.meta, tls: plain, ...WAIT });
    expect(await codeOf(reader.command(east.meta, 'bridle.set-policy', ['[]'], WAIT))).toBe('ERR_ACL_DENY');
    expect((await reader.listTables(WAIT)).map(({ name }) => name)).toContain('users');
  });

  test('given a server of the other cluster, when it gives orders to this one, then it is denied', async () => {
    await using stranger = await openCluster({ meta: east.meta, tls: authority.server('west'), ...WAIT });
    expect(await codeOf(stranger.command(east.meta, 'bridle.policy', [], WAIT))).toBe('ERR_ACL_DENY');
  });

  test('given a rule for a cluster, when one of its certificates and another one call, then only that is denied', async () => {
    await setPolicy(
      source,
      [{ effect: 'deny', peer: 'cluster:west/server', operation: 'RPC_CM_LIST_APPS' }],
      WAIT,
    );
    try {
      await using stranger = await openCluster({ meta: east.meta, tls: authority.server('west'), ...WAIT });
      expect(await codeOf(stranger.listTables(WAIT))).toBe('ERR_ACL_DENY');
      expect(await codeOf(source.listTables(WAIT))).toBe('done');
    } finally {
      await setPolicy(source, [], WAIT);
    }
  });

  test('given a server certificate of another cluster, when a cluster starts with it, then it says which name it lacks', async () => {
    const wrong = startCluster({
      name: 'north',
      directory: join(directory, 'north'),
      tls: eastFiles,
      replicas: 1,
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'BRIDLE_TLS_WRONG_NAME',
      message: expect.stringContaining('bridle://north/server'),
    });
  });

  test('given a rule for a cluster and no TLS, when a cluster starts with it, then it is refused', async () => {
    const policy = [{ effect: 'deny', peer: 'cluster:west', operation: '*' }] as const;
    const started = startCluster({ name: 'open', directory: join(directory, 'open'), policy, replicas: 1 });
    await expect(started).rejects.toMatchObject({ code: 'ERR_INVALID_PARAMETERS' });
  });
});

describe('the command line', () => {
  const options = ({ certFile, keyFile, caFile }: TlsFiles) => [
    ...['--tls-cert', certFile, '--tls-key', keyFile, '--tls-ca', caFile],
  ];

  test('given a certificate, when the status is asked for, then it is shown; without, the error says what to type', async () => {
    const shown = await bridle(['status', '--json', '--meta', east.meta, ...options(operator)]);
    expect(shown.stderr).toBe('');
    expect(shown.exitCode).toBe(0);
    const refused = await bridle(['status', '--meta', east.meta]);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(/BRIDLE_TLS_MISMATCH[\s\S]*--tls-cert FILE --tls-key FILE --tls-ca FILE/);
  });

  test('given only a certificate, when a command runs, then it asks for the rest', async () => {
    const run = await bridle(['status', '--meta', east.meta, '--tls-cert', operator.certFile]);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toMatch(/BRIDLE_TLS_FILES[\s\S]*needed together/);
  });
});

/** Pieces of a private key, as they would stand in a log. */
async function secretsOf(files: readonly TlsFiles[]): Promise<string[]> {
  const keys = await Promise.all(files.map(({ keyFile }) => readFile(keyFile, 'utf8')));
  return keys.flatMap((pem) => pem.split('\n').filter((line) => line.length > 40));
}

test('given a run, when logs, state files and the list of processes are read, then no key is in them', async () => {
  const secrets = await secretsOf([eastFiles, operator, plain]);
  expect(secrets.length).toBeGreaterThan(3);
  const texts: string[] = [];
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile() && !each.name.startsWith('LOCK'))) {
    texts.push(await readFile(join(file.parentPath, file.name), 'latin1').catch(() => ''));
  }
  const { stdout } = await promisify(execFile)('ps', ['-eww', '-o', 'args'], { maxBuffer: 1 << 26 }).catch(
    () => ({
      stdout: '',
    }),
  );
  for (const { pid } of [...east.servers(), ...west.servers()]) {
    texts.push(
      await readFile(`/proc/${pid}/cmdline`, 'latin1'),
      await readFile(`/proc/${pid}/environ`, 'latin1'),
    );
  }
  texts.push(stdout);
  for (const text of texts) for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  const { mode } = await stat(join(directory, 'east', 'cluster.json'));
  expect(mode & 0o077).toBe(0);
});
