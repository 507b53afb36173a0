/** Two clusters in one process, with real sockets and files: a duplication from its addition to its removal. */
import { describe, expect, test } from 'vitest';
import { type Cluster, openCluster, verifyTables } from '../../runtime/client/index.js';
import type { PolicyRule } from '../../runtime/cluster/policy.js';
import { type Explanation, explanationSchema } from '../../runtime/observe/explain.js';
import { open, type ServerOptions, TestCluster, until } from './in-process.js';

interface Side {
  readonly servers: TestCluster;
  readonly client: Cluster;
}

interface Pair {
  readonly source: Side;
  readonly follower: Side;
}

const PARTITIONS = 4;

async function side(options: ServerOptions): Promise<Side> {
  const servers = await TestCluster.start(options);
  const opened = await openCluster({ meta: servers.metaName, timeoutMs: 3_000 });
  open.push(() => opened.close());
  return { servers, client: opened };
}

async function pairOf(options: Partial<ServerOptions> = {}): Promise<Pair> {
  const follower = await side({ name: 'west', id: 2, ...options });
  const source = await side({
    name: 'east',
    id: 1,
    remotes: { west: [follower.servers.metaName] },
    ...options,
  });
  return { source, follower };
}

async function fill(cluster: Cluster, table: string, from: number, to: number): Promise<void> {
  const rows = await cluster.table(table);
  for (let i = from; i < to; i++) await rows.put(`user ${i % 40}`, `row ${i}`, `value ${i} ünïcödé`);
}

async function sourceTable({ source }: Pair, name: string, rows = 200): Promise<void> {
  await source.client.createTable(name, { partitionCount: PARTITIONS });
  await fill(source.client, name, 0, rows);
}

const statusOf = async ({ source }: Pair, table: string) =>
  (await source.client.queryDuplication(table))[0]?.status ?? null;

const reaches = (pair: Pair, table: string, status: string | null) =>
  until(`${table} at ${status}`, async () => (await statusOf(pair, table)) === status);

async function explained({ source }: Pair, table: string): Promise<Explanation> {
  const [explanation] = explanationSchema
    .array()
    .parse(JSON.parse(await source.client.command(source.servers.metaName, 'bridle.explain', [table])));
  if (explanation === undefined) throw new Error(`${table} is not duplicated`);
  return explanation;
}

async function enforce({ servers, client: cluster }: Side, rules: readonly PolicyRule[]): Promise<void> {
  const set = JSON.parse(
    await cluster.command(servers.metaName, 'bridle.set-policy', [JSON.stringify(rules)]),
  );
  await until('every node to have the policy', () =>
    servers.meta.nodes.alive().every(({ report }) => report.policyVersion === set.version),
  );
}

async function sameRows({ source, follower }: Pair, table: string, rows: number): Promise<void> {
  await until(`${rows} equal rows`, async () => {
    const report = await verifyTables({
      source: await source.client.table(table),
      follower: await follower.client.table(table),
      settleMs: 100,
    });
    return report.equal && report.source === rows;
  });
}

const replicasOf = ({ servers }: Side) => servers.meta.nodes.all().map(({ node }) => node);

describe('a duplication between two clusters', () => {
  test('given rows, then it copies, ships, pauses, starts and is removed with its table', async () => {
    const pair = await pairOf();
    await sourceTable(pair, 'users');

    const { dupid } = await pair.source.client.addDuplication({ table: 'users', remoteCluster: 'west' });
    await reaches(pair, 'users', 'DS_LOG');
    await fill(pair.source.client, 'users', 200, 260);
    await sameRows(pair, 'users', 260);

    await pair.source.client.modifyDuplication('users', dupid, { status: 'DS_PAUSE' });
    await until('every partition to have paused', () =>
      pair.source.servers.meta.nodes
        .alive()
        .every(({ report }) =>
          report.partitions.every(({ duplications }) =>
            duplications.every(({ state }) => state === 'paused'),
          ),
        ),
    );
    await fill(pair.source.client, 'users', 260, 300);
    expect(await explained(pair, 'users')).toMatchObject({ status: 'DS_PAUSE', next: 'bridle start users' });
    const paused = await pair.follower.client.table('users');
    expect(await paused.get('user 20', 'row 260')).toBeUndefined();

    await pair.source.client.modifyDuplication('users', dupid, { status: 'DS_LOG' });
    await sameRows(pair, 'users', 300);

    await pair.source.client.modifyDuplication('users', dupid, {
      status: 'DS_REMOVED',
      followerTablePolicy: 'drop',
    });
    await until('the record to be released', async () => (await statusOf(pair, 'users')) === null);
    await until(
      'the follower table to be gone',
      async () => (await pair.follower.client.listTables()).length === 0,
    );
    await pair.source.client.dropTable('users');
    await until('every partition to be deleted', () =>
      [pair.source, pair.follower].every(({ servers }) =>
        servers.meta.nodes.all().every(({ report }) => report.partitions.length === 0),
      ),
    );
  });

  test('given the follower’s nodes may not copy, then the explanation names both ends, and opening heals', async () => {
    const pair = await pairOf();
    await sourceTable(pair, 'walled');
    const nodes = replicasOf(pair.follower);
    await enforce(pair.source, [
      { effect: 'drop', peer: pair.follower.servers.metaName, operation: 'RPC_CM_CREATE_APP_ACK' },
      ...nodes.map((peer) => ({ effect: 'drop' as const, peer, operation: 'RPC_NFS_*' })),
      ...nodes.map((peer) => ({
        effect: 'drop' as const,
        peer,
        operation: 'RPC_QUERY_LAST_CHECKPOINT_INFO',
      })),
    ]);

    await pair.source.client.addDuplication({ table: 'walled', remoteCluster: 'west' });
    await reaches(pair, 'walled', 'DS_APP');
    const hint = await until('who cannot reach whom', async () =>
      (await explained(pair, 'walled')).waiting
        .map(({ trouble }) => trouble?.hint ?? '')
        .find((text) => text.includes('cannot reach')),
    );
    expect(nodes.some((node) => hint.includes(node))).toBe(true);
    expect(replicasOf(pair.source).some((node) => hint.includes(node))).toBe(true);

    await enforce(pair.source, []);
    await reaches(pair, 'walled', 'DS_LOG');
    await sameRows(pair, 'walled', 200);
    expect(await explained(pair, 'walled')).toMatchObject({ blocked: false, stuck: null });
  });

  test('given a policy against everything, then nodes still report to their meta server', async () => {
    const pair = await pairOf();
    await enforce(pair.source, [{ effect: 'deny', peer: '*', operation: '*' }]);

    const stats = pair.source.servers.meta.stats();
    await until('more reports', () => {
      const { byOperation } = pair.source.servers.meta.stats();
      return (byOperation.RPC_BRIDLE_NODE_SYNC ?? 0) > (stats.byOperation.RPC_BRIDLE_NODE_SYNC ?? 0) + 4;
    });

    expect(pair.source.servers.meta.nodes.alive()).toHaveLength(2);
    await expect(pair.source.client.listTables()).rejects.toMatchObject({ code: 'ERR_ACL_DENY' });
    await enforce(pair.source, []);
    expect(await pair.source.client.listTables()).toEqual([]);
  });

  test('given every server is restarted in every status, then nothing is lost', async () => {
    const pair = await pairOf();
    await sourceTable(pair, 'users', 120);
    await enforce(pair.follower, [{ effect: 'deny', peer: '*', operation: 'RPC_CM_CREATE_APP' }]);
    await pair.source.client.addDuplication({ table: 'users', remoteCluster: 'west' });
    await until('the denial to be explained', async () =>
      (await explained(pair, 'users')).waiting.some(({ trouble }) => trouble?.error === 'ERR_ACL_DENY'),
    );
    await restart(pair.source);
    await until('the same status', async () => (await statusOf(pair, 'users')) === 'DS_PREPARE');

    const nodes = replicasOf(pair.follower);
    await enforce(
      pair.source,
      nodes.map((peer) => ({ effect: 'drop', peer, operation: 'RPC_NFS_*' })),
    );
    await enforce(pair.follower, []);
    await reaches(pair, 'users', 'DS_APP');
    await restart(pair.source);
    await restart(pair.follower);
    await reaches(pair, 'users', 'DS_APP');
    await enforce(pair.source, []);
    await reaches(pair, 'users', 'DS_LOG');

    await restart(pair.follower);
    await fill(pair.source.client, 'users', 120, 160);
    await restart(pair.source);
    await sameRows(pair, 'users', 160);
  });
});

async function restart({ servers }: Side): Promise<void> {
  for (const [index] of servers.replicas.entries()) await servers.stopReplica(index);
  await servers.stopMeta();
  await servers.startMeta();
  for (const [index] of servers.replicas.entries()) await servers.startReplica(index);
  await until('all nodes', () => servers.meta.nodes.alive().length === servers.replicas.length);
}
