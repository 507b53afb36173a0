/** A follower's meta over the wire, as real clusters are: older, several, silent, with tables that were dropped. */
import { describe, expect, test } from 'vitest';
import type { FollowerRequest } from '../../machines/index.js';
import { RemoteFollower } from '../../runtime/cluster/meta/follower-port.js';
import { freePort } from '../../runtime/cluster/ports.js';
import {
  type AppInfo,
  AppStatus,
  formatAddress,
  type Handlers,
  type Request,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import { client, open } from './in-process.js';

const owner = { sourceCluster: 'east', sourceTable: 'users', duplicationId: 7 };
const look: FollowerRequest = { kind: 'LookTable', requestNo: 3, table: 'users' };
const create: FollowerRequest = {
  ...{ kind: 'CreateTable', requestNo: 4, table: 'users' },
  ...{ owner, partitionCount: 2, replicaCount: 3 },
};

const info = (appName: string, status: number, envs: Record<string, string> = {}): AppInfo => ({
  ...{
    status,
    appType: 'pegasus',
    appName,
    appId: 1,
    partitionCount: 2,
    isStateful: true,
    maxReplicaCount: 3,
  },
  ...{ expireSecond: 0, createSecond: 0, dropSecond: 0, duplicating: false, initPartitionCount: 2 },
  ...{ isBulkLoading: false, atomicIdempotent: false },
  envs: new Map(Object.entries(envs)),
});

async function meta(handlers: Handlers, silent = false) {
  const asked: string[] = [];
  const server = new RpcServer({
    handlers,
    policy: ({ code }) => {
      asked.push(code);
      return silent ? 'drop' : 'allow';
    },
  });
  open.push(() => server.close());
  return { name: formatAddress(await server.listen({ host: '127.0.0.1', port: 0 })), asked };
}

const follower = (remoteMetas: readonly string[], timeoutMs = 1_000) =>
  new RemoteFollower({
    client: client(),
    remoteMetas: () => remoteMetas,
    ownMetas: ['10.0.0.1:34601', '10.0.0.2:34601'],
    timeoutMs,
  });

const ask = (port: RemoteFollower, request: FollowerRequest) =>
  port.ask(request, new AbortController().signal);

describe('looking at a table', () => {
  test('given a server that ignores the pattern and lists what was dropped, then only the living namesake counts', async () => {
    const dropped = info('users', AppStatus.DROPPED, { 'duplication.owner': 'north/users/1' });
    const others = [info('user', AppStatus.AVAILABLE), info('users2', AppStatus.AVAILABLE), dropped];
    const { name } = await meta({ RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: others }) });
    expect(await ask(follower([name]), look)).toMatchObject({
      ...{ type: 'FOLLOWER_REPLY', requestNo: 3, error: 'ERR_APP_NOT_EXIST', peer: name },
    });

    const ours = info('users', AppStatus.AVAILABLE, {
      'duplication.owner': 'east/users/7',
      'duplication.master_cluster': 'east',
      'duplication.follower_app_status': 'creating',
    });
    const both = await meta({ RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [...others, ours] }) });
    expect((await ask(follower([both.name]), look)).table).toEqual({
      ...{ status: 'AS_AVAILABLE', owner: 'east/users/7', masterCluster: 'east' },
      ...{ followerStatus: 'creating', partitionCount: 2 },
    });
  });

  test('given tables on their way, then their status is told; given nothing matches, then there is no table', async () => {
    for (const [status, told] of [
      [AppStatus.CREATING, 'AS_CREATING'],
      [AppStatus.RECALLING, 'AS_CREATING'],
      [AppStatus.DROPPING, 'AS_DROPPING'],
    ] as const) {
      const { name } = await meta({
        RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [info('users', status)] }),
      });
      expect((await ask(follower([name]), look)).table?.status).toBe(told);
    }
    const none = await meta({ RPC_CM_LIST_APPS: () => ({ err: 'ERR_NOT_MATCHED', infos: [] }) });
    expect((await ask(follower([none.name]), look)).error).toBe('ERR_APP_NOT_EXIST');
    const refuses = await meta({ RPC_CM_LIST_APPS: () => ({ err: 'ERR_ACL_DENY', infos: [] }) });
    expect((await ask(follower([refuses.name]), look)).error).toBe('ERR_ACL_DENY');
  });
});

describe('several meta servers', () => {
  const empty: Handlers = { RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [] }) };

  test('given the first is gone and the second is not the leader, then the third is asked, and from then on first', async () => {
    const second = await meta({ RPC_CM_LIST_APPS: () => ({ err: 'ERR_FORWARD_TO_OTHERS', infos: [] }) });
    const third = await meta(empty);
    const port = follower([`127.0.0.1:${await freePort()}`, second.name, third.name]);
    for (let i = 0; i < 3; i++) {
      expect(await ask(port, look)).toMatchObject({ error: 'ERR_APP_NOT_EXIST', peer: third.name });
    }
    expect(second.asked).toHaveLength(1);
    expect(third.asked).toHaveLength(3);
  });

  test('given none leads, then each is asked once and the error is told', async () => {
    const all = await Promise.all(
      [1, 2, 3].map(() => meta({ RPC_CM_CREATE_APP: () => ({ err: 'ERR_FORWARD_TO_OTHERS', appid: 0 }) })),
    );
    const reply = await ask(follower(all.map(({ name }) => name)), create);
    expect(reply.error).toBe('ERR_FORWARD_TO_OTHERS');
    expect(all.map(({ asked }) => asked.length)).toEqual([1, 1, 1]);
  });

  test('given the leader is silent, then the outcome is unknown, nothing is repeated, and the next request goes elsewhere', async () => {
    const silent = await meta({}, true);
    const other = await meta(empty);
    const port = follower([silent.name, other.name], 120);
    expect(await ask(port, create)).toMatchObject({ error: 'ERR_TIMEOUT', peer: silent.name });
    expect(other.asked).toEqual([]);
    expect(await ask(port, look)).toMatchObject({ error: 'ERR_APP_NOT_EXIST', peer: other.name });
    expect(silent.asked).toEqual(['RPC_CM_CREATE_APP']);
  });

  test('given no address, or one that is none, then that is said instead of thrown', async () => {
    expect(await ask(follower([]), look)).toMatchObject({ error: 'ERR_NETWORK_FAILURE' });
    const reply = await ask(follower(['nowhere']), look);
    expect(reply).toMatchObject({ error: 'ERR_INVALID_PARAMETERS' });
    expect(reply.hint).toContain('nowhere');
  });
});

describe('changing', () => {
  test('given a creation, then the whole identity travels with it, and success-if-exist never does', async () => {
    const seen: Request<'RPC_CM_CREATE_APP'>[] = [];
    const { name } = await meta({
      RPC_CM_CREATE_APP: (request) => {
        seen.push(request);
        return { err: 'ERR_APP_EXIST', appid: 0, hint: 'it is there' };
      },
    });
    const port = follower([name]);
    expect(await ask(port, create)).toMatchObject({ error: 'ERR_APP_EXIST', hint: 'it is there' });
    await ask(port, { ...create, kind: 'MarkCreated' });
    expect(seen.map(({ options }) => options.successIfExist)).toEqual([false, false]);
    expect(seen.map(({ options }) => Object.fromEntries(options.envs))).toEqual(
      ['creating', 'created'].map((status) => ({
        'duplication.master_cluster': 'east',
        'duplication.master_metas': '10.0.0.1:34601,10.0.0.2:34601',
        'duplication.master_app_name': 'users',
        'duplication.follower_app_status': status,
        'duplication.owner': 'east/users/7',
      })),
    );
  });

  test('given a drop, then it says whose table may go', async () => {
    const seen: unknown[] = [];
    const { name } = await meta({
      RPC_CM_DROP_APP: ({ expectedOwner, options }) => {
        seen.push([expectedOwner, options.successIfNotExist]);
        return { err: 'ERR_OK' };
      },
    });
    const port = follower([name]);
    const drop = { kind: 'DropTable', requestNo: 1, table: 'users' } as const;
    await ask(port, { ...drop, expectedOwner: 'east/users/7' });
    await ask(port, { ...drop, expectedOwner: null });
    expect(seen).toEqual([
      ['east/users/7', true],
      ['', true],
    ]);
  });
});

describe('asking for readiness', () => {
  const at = { host: '10.0.0.9', port: 34_801 };
  const partition = (
    partitionIndex: number,
    maxReplicaCount: number,
    primary: boolean,
    secondaries: number,
  ) => ({
    ...{ pid: { appId: 1, partitionIndex }, ballot: 1, maxReplicaCount, lastDrops: [], hpLastDrops: [] },
    ...{ lastCommittedDecree: 0, partitionFlags: 0, primary: primary ? at : null, hpPrimary: null },
    ...{ secondaries: Array.from({ length: secondaries }, () => at), hpSecondaries: [] },
  });
  const query: FollowerRequest = { kind: 'QueryPartitions', requestNo: 5, table: 'users' };

  test('given a real follower, then a partition counts with a primary and, where wanted, a secondary', async () => {
    const { name } = await meta({
      RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [info('users', AppStatus.AVAILABLE)] }),
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: () => ({
        ...{ err: 'ERR_OK', appId: 1, partitionCount: 4, isStateful: true },
        partitions: [
          partition(0, 3, true, 1),
          partition(1, 3, true, 0),
          partition(2, 1, true, 0),
          partition(3, 1, false, 0),
        ],
      }),
    });
    const { error, readiness } = await ask(follower([name]), query);
    expect(error).toBe('ERR_OK');
    expect(readiness).toMatchObject({ readyPartitions: 2, partitionCount: 4 });
    expect(readiness?.trouble?.hint).toContain('2 partitions without a primary');
  });

  test('given two calls are needed, then both together keep the deadline', async () => {
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 150));
    const { name } = await meta({
      RPC_CM_LIST_APPS: async () => {
        await slow();
        return { err: 'ERR_OK', infos: [info('users', AppStatus.AVAILABLE)] };
      },
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: async () => {
        await slow();
        return { err: 'ERR_OK', appId: 1, partitionCount: 0, isStateful: true, partitions: [] };
      },
    });
    expect(await ask(follower([name], 220), query)).toMatchObject({ error: 'ERR_TIMEOUT', peer: name });
  });
});
