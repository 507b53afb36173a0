/** Real servers under attack by real sockets. `BRIDLE_HOSTILE=long` makes the attacks fifteen times as large. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, type EmbeddedCluster, openCluster, type Table } from '../../runtime/index.js';
import { QUICK, startCluster } from '../e2e/support.js';
import { ATTACKS, honestly, residentBytes, Sockets, type Target } from './siege.js';

const SCALE = process.env.BRIDLE_HOSTILE === 'long' ? 3 : 0.2;
const MEMORY_LIMIT_BYTES = 900 * 1024 * 1024;
const LOG_LIMIT_BYTES = 256 * 1024;
const LIMITS = {
  maxConnections: 300,
  maxHeldBytes: 24 << 20,
  headerTimeoutMs: 3_000,
  stalledWriteTimeoutMs: 3_000,
};

let directory: string;
let cluster: EmbeddedCluster;
let client: Cluster;
let table: Table;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridle-hostile-'));
  cluster = await startCluster({
    name: 'east',
    directory,
    replicas: 1,
    times: QUICK,
    restart: false,
    rpc: LIMITS,
  });
  client = await openCluster({ meta: cluster.meta, timeoutMs: 60_000 });
  await client.createTable('rows', { partitionCount: 2 });
  table = await client.table('rows');
}, 120_000);

afterAll(async () => {
  await client?.close();
  await cluster?.close();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

function targets(): Target[] {
  return cluster.servers().map(({ address }) => {
    const [host = '', port] = address.split(':');
    return { host, port: Number(port) };
  });
}

const pids = () => cluster.servers().map(({ pid }) => pid);

interface Stats {
  readonly connections: number;
  readonly refused: number;
  readonly malformed: number;
}

describe('servers under attack', () => {
  test.each(Object.entries(ATTACKS))(
    'given %s, when an honest client works meanwhile, then it is served and memory stays bounded',
    async (_, attack) => {
      const before = pids();
      using sockets = new Sockets();
      const attacks = Promise.all(targets().map((target) => attack(target, sockets, SCALE))).then(
        () => undefined,
      );
      expect(await honestly(table, client, attacks)).toBeGreaterThan(0);
      expect(pids()).toEqual(before);
      for (const pid of before) expect(await residentBytes(pid ?? 0)).toBeLessThan(MEMORY_LIMIT_BYTES);
    },
    240_000,
  );

  test('given all that, when the servers are asked, then they have counted it, and not filled their logs', async () => {
    const stats = JSON.parse(await client.command(cluster.meta, 'bridle.stats')) as {
      server?: Stats;
    } & Stats;
    const { connections, refused, malformed } = stats.server ?? stats;
    expect(malformed).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(connections).toBeLessThanOrEqual(LIMITS.maxConnections);
    const log = join(directory, 'meta-0.log');
    expect((await stat(log)).size).toBeLessThan(LOG_LIMIT_BYTES);
    expect(await readFile(log, 'utf8')).toMatch(/"times":\d+/);
  });

  test('given few descriptors left, when thousands of connections come, then the servers live on and serve', async () => {
    const before = pids();
    for (const pid of before) execFileSync('prlimit', ['--pid', String(pid), '--nofile=96:96']);
    using sockets = new Sockets();
    const flood = ATTACKS['thousands of idle connections'];
    await Promise.all(targets().map((target) => flood?.(target, sockets, SCALE)));
    sockets[Symbol.dispose]();
    await honestly(table, client, Promise.resolve());
    expect(pids()).toEqual(before);
  }, 240_000);
});
