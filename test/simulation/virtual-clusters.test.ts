/** Two clusters in one process on a time of their own: duplications, faults and crashes, in virtual minutes. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMES } from '../../runtime/cluster/config.js';
import { VirtualClusters, type VirtualClustersOptions } from '../../runtime/simulation/index.js';

const ROWS = 12;
const OWNER = /^east\/users\/\d+$/;

async function pairWithRows(options: VirtualClustersOptions = {}): Promise<VirtualClusters> {
  const clusters = await VirtualClusters.start(options);
  await clusters.createTable('users', 2);
  for (let i = 0; i < ROWS; i++) await clusters.put('users', `user ${i}`, 'name', `Ada ${i}`);
  return clusters;
}

const isLogging = (clusters: VirtualClusters) =>
  clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');

const isEqual = (clusters: VirtualClusters) =>
  clusters.until('equal rows', ({ source, follower }) => {
    const rows = (side: typeof source) => JSON.stringify(Object.entries(allRows(side)).sort());
    return follower.length > 0 && rows(source) === rows(follower);
  });

const allRows = (side: readonly { readonly rows: Readonly<Record<string, string>> }[]) =>
  Object.assign({}, ...side.map(({ rows }) => rows)) as Record<string, string>;

describe('two clusters in a simulated world', () => {
  it('given rows, when duplicated, then the follower has them and every later write', async () => {
    const clusters = await pairWithRows();
    await clusters.addDuplication('users');
    await isLogging(clusters);
    await clusters.put('users', 'user 0', 'name', 'Grace');
    const { follower, followerTable, visible, durable } = await isEqual(clusters);
    expect(Object.keys(allRows(follower))).toHaveLength(ROWS);
    expect(allRows(follower)['user 0/name']).toBe('Grace');
    expect(followerTable).toEqual({ owner: expect.stringMatching(OWNER), followerStatus: 'created' });
    expect(durable).toEqual(visible);
  });

  // Defect found by reading what a seed had found: only partitions that became ready counted.
  it('given a checkpoint that takes minutes to copy, when its bytes come, then nobody calls it stuck', async () => {
    const slow = { copyBytesPerSecond: 1_000, copyBlockBytes: 500 };
    const clusters = await VirtualClusters.start({ limits: slow });
    await clusters.createTable('users', 1);
    for (let i = 0; i < 15; i++) await clusters.put('users', `user ${i}`, 'biography', 'x'.repeat(20_000));
    await clusters.addDuplication('users');
    const beganMs = clusters.world.nowMs;
    const stuck = () =>
      clusters.source.meta?.duplications.all().some(({ context }) => context.stuck !== null);
    const status = async () => (await clusters.observe()).visible?.status;
    while ((await status()) !== 'DS_LOG' && clusters.world.nowMs - beganMs < 3_600_000) {
      await clusters.advance(5_000);
      expect(stuck()).toBe(false);
    }
    expect(await status()).toBe('DS_LOG');
    expect(clusters.world.nowMs - beganMs).toBeGreaterThan(
      2 * DEFAULT_TIMES.duplication.watchdog.noProgressMs,
    );
  });

  it('given the same seed, when run twice, then the same happens, frame by frame', async () => {
    const run = async (seed: number) => {
      const hash = createHash('sha256');
      const clusters = await VirtualClusters.start({ seed, replicas: 2 });
      clusters.world.schedule.onTask = ({ dueMs, kind, label, message }) => {
        hash.update(`${dueMs} ${kind} ${label}\n`);
        if (message !== undefined) hash.update(message.bytes);
      };
      await clusters.createTable('users', 2);
      await clusters.put('users', 'a', 'b', 'c');
      const fault = clusters.lose({ from: 'east/meta', to: 'west/meta' });
      await clusters.addDuplication('users');
      clusters.crash('west/replica-0');
      await clusters.advance(9_000);
      await clusters.restart('west/replica-0');
      fault.lift();
      await isLogging(clusters);
      return hash.digest('hex');
    };
    expect(await run(7)).toBe(await run(7));
    expect(await run(7)).not.toBe(await run(8));
  });

  it('given the reply to the creation is lost, then the table is adopted and not created again', async () => {
    const clusters = await pairWithRows();
    const creation = { code: 'RPC_CM_CREATE_APP', to: 'west/meta', what: 'request' } as const;
    clusters.loseNext({ ...creation, to: 'east/meta', what: 'reply' });
    await clusters.addDuplication('users');
    await clusters.until('the creation', ({ followerTable }) => followerTable !== null);
    clusters.lose(creation);
    await clusters.until('DS_APP', ({ visible }) => visible?.status === 'DS_APP');
  });

  it('given a request that is repeated and one that is late, then nothing happens twice', async () => {
    const clusters = await pairWithRows();
    clusters.repeatNext({ code: 'RPC_CM_CREATE_APP', what: 'request' }, 700);
    clusters.repeatNext({ code: 'RPC_RRDB_RRDB_DUPLICATE', what: 'request' }, 900);
    clusters.delayNext({ code: 'RPC_CM_LIST_APPS', to: 'west/meta', what: 'request' }, 6_000);
    await clusters.addDuplication('users');
    await isLogging(clusters);
    await clusters.put('users', 'user 1', 'name', 'Grace');
    await isEqual(clusters);
  });

  it('given any server dies in any status, then everything acknowledged is there in the end', async () => {
    const clusters = await pairWithRows();
    await clusters.addDuplication('users');
    for (const [i, server] of clusters.servers.entries()) {
      clusters.crash(server);
      await clusters.advance(300);
      await clusters.restart(server);
      await clusters.advance(700);
      await clusters.until('an open source', ({ source }) =>
        source.every(({ state }) => state === 'serving'),
      );
      await clusters.put('users', `user ${i}`, 'again', `after ${server}`);
    }
    await isLogging(clusters);
    const { source } = await isEqual(clusters);
    expect(Object.keys(allRows(source))).toHaveLength(ROWS + clusters.servers.length);
  });

  it('given a duplication in pause, when its meta server dies, then it is in pause again', async () => {
    const clusters = await pairWithRows();
    const id = await clusters.addDuplication('users');
    await isLogging(clusters);
    expect(await clusters.modifyDuplication('users', id, { status: 'DS_PAUSE' })).toBe('ERR_OK');
    clusters.crash('east/meta');
    expect(await clusters.observe()).toMatchObject({ visible: null, durable: { status: 'DS_PAUSE' } });
    await clusters.restart('east/meta');
    await clusters.advance(10);
    expect(await clusters.observe()).toMatchObject({ visible: { status: 'DS_PAUSE' } });
    expect(await clusters.modifyDuplication('users', id, { status: 'DS_LOG' })).toBe('ERR_OK');
    await clusters.put('users', 'user 2', 'name', 'after the pause');
    await isEqual(clusters);
  });

  it('given the follower is unreachable for ten virtual minutes, then the duplication says so and goes on after', async () => {
    const rare = { nodeSyncMs: 2_000, nodeDeadMs: 10_000, maintenanceMs: 20_000 };
    const clusters = await pairWithRows({ times: rare });
    const fault = clusters.lose({ from: 'east/*', to: 'west/*' });
    await clusters.addDuplication('users');
    await clusters.advance(600_000);
    expect((await clusters.observe()).visible?.status).toBe('DS_PREPARE');
    expect(clusters.source.log.some(({ message }) => message === 'duplication is stuck')).toBe(true);
    fault.lift();
    await isLogging(clusters);
    await isEqual(clusters);
  });

  it('given a removal that drops the follower, then record and table are gone', async () => {
    const clusters = await pairWithRows();
    const id = await clusters.addDuplication('users', { dropFollowerOnRemove: true });
    await isLogging(clusters);
    expect(await clusters.modifyDuplication('users', id, { status: 'DS_REMOVED' })).toBe('ERR_OK');
    const gone = ({ durable, followerTable }: Awaited<ReturnType<VirtualClusters['observe']>>) =>
      durable === null && followerTable === null;
    const { visible } = await clusters.until('the end', gone);
    expect(visible).toBeNull();
  });
});
