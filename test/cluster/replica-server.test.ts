/** Replica servers under a meta server of the test's own, which orders whatever a test wants. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type ServerConfig } from '../../runtime/cluster/config.js';
import {
  type NodeOrders,
  type NodeReport,
  nodeReportSchema,
  type PartitionOrder,
} from '../../runtime/cluster/node-sync.js';
import { freePort } from '../../runtime/cluster/ports.js';
import { ReplicaServer } from '../../runtime/cluster/replica/replica-server.js';
import {
  type Address,
  encodeRawKey,
  formatAddress,
  keyHash,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import { client, directory, open, recordingLog, SHORT, until } from './in-process.js';

const orderOf = (more: Partial<PartitionOrder> = {}): PartitionOrder => ({
  ...{ appId: 1, appName: 'users', partitionIndex: 0, partitionCount: 1 },
  ...{ owner: null, master: null, existed: false, duplications: [] },
  ...more,
});

const duplicationOf = (more: Partial<PartitionOrder['duplications'][number]> = {}) => ({
  ...{ duplicationId: 7, status: 'DS_PREPARE' as const, failMode: 'FAIL_SLOW' as const, remoteMetas: [] },
  ...{ remoteTable: 'users', owner: 'east/users/7', confirmedDecree: -1, retryNo: 0 },
  ...more,
});

class Scene {
  readonly journal = recordingLog();
  partitions: PartitionOrder[] = [];
  drop: NodeOrders['drop'] = [];
  report: NodeReport | null = null;
  reports = 0;
  replica: ReplicaServer | null = null;
  config!: ServerConfig;

  static async start(): Promise<Scene> {
    const scene = new Scene();
    const meta = new RpcServer({
      handlers: {
        RPC_BRIDLE_NODE_SYNC: ({ json }) => {
          scene.report = nodeReportSchema.parse(JSON.parse(json));
          scene.reports += 1;
          const { partitions, drop } = scene;
          const orders: NodeOrders = { policy: { version: 0, rules: [] }, partitions, drop };
          return { err: 'ERR_OK', json: JSON.stringify(orders) };
        },
      },
    });
    open.push(() => meta.close());
    const at = await meta.listen({ host: '127.0.0.1', port: 0 });
    scene.config = {
      role: 'replica',
      cluster: { name: 'east', id: 1 },
      listen: { host: '127.0.0.1', port: await freePort() },
      directory: join(await directory(), 'replica'),
      metas: [formatAddress(at)],
      remotes: {},
      policy: null,
      times: { ...SHORT, maintenanceMs: 20 },
      limits: { ...DEFAULT_LIMITS, logBytes: 2_000 },
    };
    open.push(() => scene.stop());
    return scene;
  }

  get address(): Address {
    return this.config.listen;
  }

  path(...names: string[]): string {
    return join(this.config.directory, ...names);
  }

  async begin(): Promise<this> {
    this.replica = await ReplicaServer.start({ config: this.config, log: this.journal.log });
    return this;
  }

  async stop(): Promise<void> {
    const replica = this.replica;
    this.replica = null;
    this.report = null;
    await replica?.close();
  }

  async state(wanted: string): Promise<NodeReport['partitions'][number]> {
    return until(`partition ${wanted}`, () => this.report?.partitions.find(({ state }) => state === wanted));
  }

  /** Two exchanges later, whatever was ordered has been heard and what came of it reported. */
  async heard(): Promise<void> {
    const from = this.reports;
    await until('two exchanges', () => this.reports >= from + 2);
  }

  async put(count: number): Promise<void> {
    const rpc = client();
    for (let i = 0; i < count; i++) {
      const [hashKey, sortKey] = [Buffer.from(`user ${i}`), Buffer.alloc(0)];
      const key = encodeRawKey(hashKey, sortKey);
      const { error } = await rpc.call(
        this.address,
        'RPC_RRDB_RRDB_PUT',
        { key, value: Buffer.alloc(200, 1), expireTsSeconds: 0 },
        { timeoutMs: 2_000, gpid: { appId: 1, partitionIndex: 0 }, partitionHash: keyHash(hashKey, sortKey) },
      );
      expect(error).toBe(0);
    }
  }
}

describe('coming into being', () => {
  test('given an order, then the partition opens; given it is gone from disk later, then it is missing, until it is back', async () => {
    const scene = await Scene.start();
    scene.partitions = [orderOf()];
    await scene.begin();
    await scene.state('serving');
    await scene.stop();
    await rename(scene.path('1.0'), scene.path('away'));
    // Defect: such a rest, as an empty mount point, was opened as a new and empty partition.
    await mkdir(scene.path('1.0', 'checkpoints'), { recursive: true });
    scene.partitions = [orderOf({ existed: true })];
    await scene.begin();
    const { trouble } = await scene.state('missing');
    expect(trouble).toMatchObject({ error: 'ERR_PATH_NOT_FOUND' });
    await rm(scene.path('1.0'), { recursive: true });
    await rename(scene.path('away'), scene.path('1.0'));
    await scene.state('serving');
  });

  test('given it cannot be opened, then it is not served, says so once, and is served as soon as it can', async () => {
    const scene = await Scene.start();
    await mkdir(scene.config.directory, { recursive: true });
    await writeFile(scene.path('1.0'), 'a file where a directory should be');
    scene.partitions = [orderOf()];
    await scene.begin();
    const failed = await until('several tries', () =>
      scene.report?.partitions.find(({ trouble }) => (trouble?.attempts ?? 0) >= 3),
    );
    expect(failed.lastCommitted).toBe(-1);
    expect(scene.journal.lines.filter(({ message }) => message === 'a partition is not served')).toHaveLength(
      1,
    );
    await rm(scene.path('1.0'));
    expect((await scene.state('serving')).trouble).toBeNull();
  });

  test('given fetched files of a crash after their installation, then they are deleted when it is open', async () => {
    const scene = await Scene.start();
    scene.partitions = [orderOf()];
    await scene.begin();
    await scene.state('serving');
    await scene.stop();
    await cp(scene.path('1.0'), scene.path('1.0.copy', '5'), { recursive: true });
    const master = { cluster: 'west', metas: ['127.0.0.1:9'], table: 'users' };
    scene.partitions = [orderOf({ master, existed: true })];
    await scene.begin();
    await scene.state('serving');
    await until('the fetched files to be gone', () => !existsSync(scene.path('1.0.copy')));
  });
});

describe('going away', () => {
  test('given a drop while it opens or copies, then nothing is left and nothing comes back', async () => {
    const scene = await Scene.start();
    await scene.begin();
    const master = { cluster: 'west', metas: [`127.0.0.1:${await freePort()}`], table: 'users' };
    for (let round = 1; round <= 8; round++) {
      scene.drop = [];
      scene.partitions = [orderOf({ appId: round }), orderOf({ appId: round, partitionIndex: 1, master })];
      await until('partitions', () => scene.report?.partitions.some(({ appId }) => appId === round));
      scene.partitions = [];
      scene.drop = [0, 1].map((partitionIndex) => ({ appId: round, partitionIndex }));
      await until('no partitions', () => scene.report?.partitions.length === 0);
    }
    await scene.stop();
    expect(await readdir(scene.config.directory)).toEqual([]);
    expect(scene.journal.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('given a stop while partitions open, then they are free for the next start at once', async () => {
    const scene = await Scene.start();
    scene.partitions = Array.from({ length: 6 }, (_, partitionIndex) => orderOf({ partitionIndex }));
    for (let round = 0; round < 4; round++) {
      await scene.begin();
      await until('orders', () => scene.report !== null);
      await scene.stop();
    }
    await scene.begin();
    await until(
      'all to be served',
      () =>
        scene.report?.partitions.length === 6 &&
        scene.report.partitions.every(({ state }) => state === 'serving'),
    );
    expect(scene.journal.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('given a table was dropped while the node was away, then its partitions are deleted later', async () => {
    const scene = await Scene.start();
    scene.partitions = [orderOf(), orderOf({ appId: 2 })];
    await scene.begin();
    await until(
      'both',
      () => scene.report?.partitions.filter(({ state }) => state === 'serving').length === 2,
    );
    await scene.stop();
    scene.partitions = [orderOf({ appId: 2, existed: true })];
    await scene.begin();
    await scene.state('serving');
    expect(scene.report?.leftovers).toEqual([{ appId: 1, partitionIndex: 0 }]);
    // Not ordered is not dropped: nothing is deleted on a mere absence.
    await scene.heard();
    expect(existsSync(scene.path('1.0'))).toBe(true);
    scene.drop = [{ appId: 1, partitionIndex: 0 }];
    await until(
      'it to be gone',
      () => !existsSync(scene.path('1.0')) && scene.report?.leftovers.length === 0,
    );
    expect(existsSync(scene.path('2.0'))).toBe(true);
  });
});

describe('the log (SPEC S-GC-1)', () => {
  test('given a duplication with nothing confirmed, then no decree is collected, nor after a restart; then up to the confirmed', async () => {
    const scene = await Scene.start();
    const ordered = (more: Parameters<typeof duplicationOf>[0] = {}) => {
      scene.partitions = [orderOf({ duplications: [duplicationOf(more)] })];
    };
    ordered();
    await scene.begin();
    await scene.state('serving');
    const decreeOf = () => scene.report?.partitions[0]?.firstLogDecree ?? -1;
    await scene.put(60);
    await scene.heard();
    expect(decreeOf()).toBe(1);

    await scene.stop();
    await scene.begin();
    await scene.state('serving');
    await scene.put(60);
    await scene.heard();
    expect(decreeOf()).toBe(1);

    for (const confirmedDecree of [30, 70]) {
      ordered({ confirmedDecree, status: 'DS_PAUSE' });
      await scene.put(20);
      await scene.heard();
      expect(decreeOf()).toBeLessThanOrEqual(confirmedDecree + 1);
    }
    scene.partitions = [orderOf()];
    await scene.heard();
    await scene.put(20);
    await until('the log to be collected', () => decreeOf() > 71);
  });
});
