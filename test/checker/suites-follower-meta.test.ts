/** The acceptance suite of a follower's meta server, over a real socket to a real one whose nodes the test plays. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { formatOwner, type TableView } from '../../machines/index.js';
import { DEFAULT_LIMITS, type ServerConfig } from '../../runtime/cluster/config.js';
import { RemoteFollower } from '../../runtime/cluster/meta/follower-port.js';
import { MetaServer } from '../../runtime/cluster/meta/meta-server.js';
import { freePort } from '../../runtime/cluster/ports.js';
import { silentLog } from '../../runtime/observe/log.js';
import { formatAddress, RpcClient, RpcServer } from '../../runtime/pegasus/index.js';
import {
  type FollowerMetaScene,
  type FollowerMetaWanted,
  followerMetaPortSuite,
} from '../../runtime/testing.js';
import { directory, open, SHORT } from '../cluster/in-process.js';
import { MemoryFollower } from './suites-doubles.js';

const NODE = '127.0.0.1:9';

/** Reports of a node that has so many partitions of a table open. */
const reportOf = (appId: number, serving: number) => ({
  ...{ node: NODE, pid: 1, policyVersion: 0, leftovers: [] },
  partitions: Array.from({ length: serving }, (_, partitionIndex) => ({
    ...{ appId, partitionIndex, state: 'serving' as const, lastCommitted: 1, firstLogDecree: 1, logBytes: 0 },
    ...{ trouble: null, transfer: null, duplications: [] },
  })),
});

async function startMeta(config: ServerConfig): Promise<MetaServer> {
  const meta = await MetaServer.start({ config, log: silentLog });
  open.push(() => meta.close());
  meta.nodes.note(reportOf(0, 0));
  return meta;
}

/** What the meta server itself has, without the wire. */
function tableOf(meta: MetaServer, name: string): TableView | null {
  const record = meta.tables.list().find((each) => each.name === name);
  if (record === undefined) return null;
  const { envs, partitionCount } = record;
  const followerStatus = envs['duplication.follower_app_status'];
  return {
    status: meta.tables.statusOf(name) as TableView['status'],
    owner: envs['duplication.owner'] ?? null,
    masterCluster: envs['duplication.master_cluster'] ?? null,
    followerStatus: followerStatus === 'creating' || followerStatus === 'created' ? followerStatus : null,
    partitionCount,
  };
}

async function listening(server: RpcServer): Promise<string> {
  open.push(() => server.close());
  return formatAddress(await server.listen({ host: '127.0.0.1', port: 0 }));
}

const refusing = (err: string) =>
  new RpcServer({
    handlers: {
      RPC_CM_LIST_APPS: () => ({ err, infos: [] }),
      RPC_CM_CREATE_APP: () => ({ err, appid: 0 }),
      RPC_CM_DROP_APP: () => ({ err }),
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: () => ({
        ...{ err, appId: 0, partitionCount: 0, isStateful: true, partitions: [] },
      }),
    },
  });

async function noise(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(Buffer.alloc(200, 0xa5)));
  });
  open.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function start({ deadlineMs }: FollowerMetaWanted): Promise<FollowerMetaScene> {
  const listen = { host: '127.0.0.1', port: await freePort() };
  const config: ServerConfig = {
    ...{ role: 'meta', cluster: { name: 'west', id: 2 }, listen, metas: [formatAddress(listen)] },
    ...{ directory: join(await directory(), 'meta'), remotes: {}, policy: null, limits: DEFAULT_LIMITS },
    times: { ...SHORT, nodeDeadMs: 600_000 },
  };
  let meta = await startMeta(config);
  let metas = [formatAddress(listen)];
  let admits: 'all' | 'none' | 'all but the next' = 'all';
  const client = new RpcClient({
    protocol: 'rdsn',
    admitReply: () => {
      const admitted = admits === 'all';
      if (admits === 'all but the next') admits = 'all';
      return admitted;
    },
  });
  open.push(() => client.close());
  const silent = await listening(new RpcServer({ handlers: {}, policy: () => 'drop' }));
  const port = new RemoteFollower({
    client,
    remoteMetas: () => metas,
    ownMetas: ['10.0.0.1:34601'],
    timeoutMs: deadlineMs,
  });
  return {
    port,
    table: async (name) => tableOf(meta, name),
    putTable: async (name, owner) => {
      const envs = owner && {
        'duplication.owner': formatOwner(owner),
        'duplication.master_cluster': owner.sourceCluster,
        'duplication.master_metas': '10.0.0.2:34601',
        'duplication.master_app_name': owner.sourceTable,
        'duplication.follower_app_status': 'created',
      };
      await meta.tables.create({
        ...{ name, partitionCount: 4, replicaCount: 1, successIfExist: false, appType: 'pegasus' },
        envs: new Map(Object.entries(envs ?? {})),
      });
    },
    makeReady: async (name, partitions) =>
      meta.nodes.note(reportOf(meta.tables.available(name)?.appId ?? 0, partitions)),
    loseNextAnswer: () => {
      admits = 'all but the next';
    },
    silence: () => {
      metas = [silent];
    },
    refuse: async (error) => {
      metas = [await listening(refusing(error))];
    },
    garble: async () => {
      metas = [await noise()];
    },
    goAway: () => meta.close(),
    comeBack: async () => {
      meta = await startMeta(config);
    },
  };
}

followerMetaPortSuite('follower meta: over the wire', { start }, { describe, it });
followerMetaPortSuite(
  'follower meta: in memory',
  {
    start: ({ deadlineMs }) => new MemoryFollower(deadlineMs),
    leaveOut: { garble: 'its answers are values' },
  },
  { describe, it },
);
