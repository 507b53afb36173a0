/** A meta server and requests that meet: additions, drops, changes of policy and remotes, a stop in between. */
import { describe, expect, test, vi } from 'vitest';
import { MetaServer } from '../../runtime/cluster/meta/meta-server.js';
import { MetaStore } from '../../runtime/cluster/meta/meta-store.js';
import { nodeOrdersSchema } from '../../runtime/cluster/node-sync.js';
import { freePort } from '../../runtime/cluster/ports.js';
import { silentLog } from '../../runtime/observe/log.js';
import {
  type AppInfo,
  AppStatus,
  formatAddress,
  type Handlers,
  type Request,
  type Response,
  type RpcCode,
  RpcServer,
} from '../../runtime/pegasus/index.js';
import { StoreError } from '../../runtime/store/index.js';
import { client, directory, open, TestCluster, until } from './in-process.js';

/** A follower's meta that answers what a test says, and holds back what a test wants to meet. */
async function scriptedFollower(
  handlers: Handlers = {},
): Promise<{ readonly name: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = new RpcServer({
    handlers: { RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [] }), ...handlers },
    policy: ({ code }) => {
      asked.push(code);
      return 'allow';
    },
  });
  open.push(() => server.close());
  return { name: formatAddress(await server.listen({ host: '127.0.0.1', port: 0 })), asked };
}

function gate() {
  let release = () => {};
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { opened, release };
}

/** A follower's meta that does not say which tables it has before `held.release()`. */
async function followerHeldAtLooks() {
  const held = gate();
  const follower = await scriptedFollower({
    RPC_CM_LIST_APPS: async () => {
      await held.opened;
      return { err: 'ERR_OK', infos: [] };
    },
  });
  return { held, follower };
}

/** The cluster `east`, which knows the follower as `west`. */
const sourceOf = (follower: { readonly name: string }) =>
  TestCluster.start({ name: 'east', replicas: 1, remotes: { west: [follower.name] } });

async function ask<C extends RpcCode>(
  cluster: TestCluster,
  code: C,
  request: Request<C>,
): Promise<Response<C>> {
  return client().call(cluster.metaAddress, code, request, { timeoutMs: 5_000 });
}

const create = (
  cluster: TestCluster,
  name: string,
  more: Partial<Request<'RPC_CM_CREATE_APP'>['options']> = {},
) =>
  ask(cluster, 'RPC_CM_CREATE_APP', {
    appName: name,
    options: {
      partitionCount: 2,
      replicaCount: 1,
      successIfExist: false,
      appType: 'pegasus',
      isStateful: true,
      envs: new Map(),
      ...more,
    },
  });
const add = (cluster: TestCluster, appName: string, more: Partial<Request<'RPC_CM_ADD_DUPLICATION'>> = {}) =>
  ask(cluster, 'RPC_CM_ADD_DUPLICATION', {
    appName,
    remoteClusterName: 'west',
    isDuplicatingCheckpoint: true,
    ...more,
  });
const drop = (cluster: TestCluster, appName: string) =>
  ask(cluster, 'RPC_CM_DROP_APP', { appName, options: { successIfNotExist: false } });
const command = async (cluster: TestCluster, cmd: string, args: string[]) =>
  ask(cluster, 'RPC_CLI_CLI_CALL', { cmd, arguments: args });

describe('requests that meet', () => {
  test('given many tables are created at the same time, then each has an id of its own', async () => {
    const cluster = await TestCluster.start({ name: 'east', replicas: 1 });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => create(cluster, `t${i}`)));
    expect(answers.map(({ err }) => err)).toEqual(answers.map(() => 'ERR_OK'));
    expect(new Set(answers.map(({ appid }) => appid)).size).toBe(12);
  });

  // Defect: the look of a removal fell between the request to create its follower table and the table's appearance,
  // saw nothing to drop, and the table stayed behind for ever.
  test('given a table is being admitted, when the tables are listed, then the answer has it', async () => {
    const cluster = await TestCluster.start({ name: 'west', replicas: 1 });
    const held = gate();
    const nextNumber = MetaStore.prototype.nextNumber;
    const slow = vi.spyOn(MetaStore.prototype, 'nextNumber').mockImplementation(async function (
      this: MetaStore,
      ...args
    ) {
      await held.opened;
      return nextNumber.apply(this, args);
    });
    open.push(() => slow.mockRestore());
    const creating = create(cluster, 'users');
    await until('its admission', () => slow.mock.calls.length > 0);
    const listing = ask(cluster, 'RPC_CM_LIST_APPS', { status: AppStatus.INVALID });
    setTimeout(held.release, 50);
    expect((await listing).infos.map(({ appName }) => appName)).toEqual(['users']);
    expect(await creating).toMatchObject({ err: 'ERR_OK' });
  });

  test('given the table is dropped while an addition looks at the follower, then nothing is added', async () => {
    const { held, follower } = await followerHeldAtLooks();
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    const adding = add(cluster, 'users');
    await until('the look', () => follower.asked.length > 0);
    expect(await drop(cluster, 'users')).toMatchObject({ err: 'ERR_OK' });
    held.release();
    expect(await adding).toMatchObject({ err: 'ERR_APP_NOT_EXIST', dupid: 0 });
    expect(cluster.meta.duplications.all()).toEqual([]);
  });

  test('given two tables are added onto one remote table at the same time, then one of them is refused', async () => {
    const { held, follower } = await followerHeldAtLooks();
    const cluster = await sourceOf(follower);
    await create(cluster, 'a');
    await create(cluster, 'b');
    const both = ['a', 'b'].map((name) => add(cluster, name, { remoteAppName: 'shared' }));
    await until('both looks', () => follower.asked.length >= 2);
    held.release();
    const errors = (await Promise.all(both)).map(({ err }) => err).sort();
    expect(errors).toEqual(['ERR_INVALID_PARAMETERS', 'ERR_OK']);
    expect(cluster.meta.duplications.all()).toHaveLength(1);
  });

  test('given a second addition of the same table meanwhile, then it is told so', async () => {
    const { held, follower } = await followerHeldAtLooks();
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    const first = add(cluster, 'users');
    await until('the look', () => follower.asked.length > 0);
    expect(await add(cluster, 'users')).toMatchObject({ err: 'ERR_BUSY' });
    held.release();
    expect(await first).toMatchObject({ err: 'ERR_OK' });
    expect(await add(cluster, 'users')).toMatchObject({ err: 'ERR_DUP_EXIST', dupid: (await first).dupid });
    expect(await drop(cluster, 'users')).toMatchObject({ err: 'ERR_OPERATION_DISABLED' });
  });

  test('given the server stops while an addition waits, then no duplication begins to live', async () => {
    const { held, follower } = await followerHeldAtLooks();
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    const { meta } = cluster;
    const adding = meta.duplications.add({
      appName: 'users',
      remoteCluster: 'west',
      remoteTable: undefined,
      remoteReplicaCount: undefined,
      full: true,
      policy: undefined,
      dropFollowerOnRemove: false,
    });
    await until('the look', () => follower.asked.length > 0);
    await cluster.stopMeta();
    held.release();
    expect(await adding).toMatchObject({ error: 'ERR_SERVICE_NOT_ACTIVE' });
    expect(meta.duplications.all()).toEqual([]);
    await cluster.startMeta();
    expect(cluster.meta.duplications.all()).toEqual([]);
  });

  test('given two changes of policy at the same time, then every node ends with the one in force', async () => {
    const cluster = await TestCluster.start({ name: 'east', replicas: 2 });
    const rules = ['RPC_NFS_*', 'RPC_CM_*'].map((operation) =>
      JSON.stringify([{ effect: 'deny', peer: '10.0.0.1:1', operation }]),
    );
    const set = (await Promise.all(rules.map((rule) => command(cluster, 'bridle.set-policy', [rule])))).map(
      (text) => JSON.parse(text) as { version: number },
    );
    expect(new Set(set.map(({ version }) => version)).size).toBe(2);
    const last = Math.max(...set.map(({ version }) => version));
    expect(cluster.meta.gate.policy.version).toBe(last);
    await until('all nodes', () =>
      cluster.meta.nodes.all().every(({ report }) => report.policyVersion === last),
    );
  });

  test('given the port is taken, then starting fails and leaves the storage free', async () => {
    const cluster = await TestCluster.start({ name: 'east', replicas: 1 });
    const config = { ...cluster.configOf('meta'), directory: await directory() };
    await expect(MetaServer.start({ config, log: silentLog })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_ALREADY_USED',
    });
    const moved = { ...config, listen: { host: '127.0.0.1', port: await freePort() } };
    const second = await MetaServer.start({ config: moved, log: silentLog });
    await second.close();
  });
});

describe('remote clusters', () => {
  test('given the remote’s address is corrected, then a duplication that waits goes on there', async () => {
    const cluster = await TestCluster.start({
      name: 'east',
      replicas: 1,
      remotes: { west: [`127.0.0.1:${await freePort()}`] },
    });
    await create(cluster, 'users');
    const added = await add(cluster, 'users');
    expect(added).toMatchObject({ err: 'ERR_OK', hint: expect.stringContaining('could not look at west') });
    const follower = await scriptedFollower({ RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }) });
    await command(cluster, 'bridle.set-remote', ['west', follower.name]);
    await until('a creation', () => follower.asked.includes('RPC_CM_CREATE_APP'));
    const explanation = await until('the refusal', () => {
      const [hosted] = cluster.meta.duplications.all();
      const told = hosted && cluster.meta.explain(hosted);
      return told?.blocked === true && told;
    });
    expect(explanation.waiting.at(-1)).toMatchObject({
      actor: 'followerTable',
      trouble: { error: 'ERR_ACL_DENY', operation: 'RPC_CM_CREATE_APP', peer: follower.name },
    });
  });

  test('given the follower refuses with words, then the explanation has them', async () => {
    const hint = 'replica count 3: 1 to the number of live replica servers, 2';
    const follower = await scriptedFollower({
      RPC_CM_CREATE_APP: () => ({ err: 'ERR_INVALID_PARAMETERS', appid: 0, hint }),
    });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    await add(cluster, 'users');
    await until('the refusal in words', () => {
      const [hosted] = cluster.meta.duplications.all();
      return hosted && cluster.meta.explain(hosted).line.includes(hint);
    });
  });
});

describe('refusals on the wire', () => {
  test('given requests that cannot be met, then each says why and changes nothing', async () => {
    const follower = await scriptedFollower({
      RPC_CM_LIST_APPS: () => ({ err: 'ERR_OK', infos: [appInfo('theirs', 'north/orders/17')] }),
    });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    const cases: [Promise<{ err: string; hint?: string | undefined }>, string, string][] = [
      [create(cluster, 'bad name'), 'ERR_INVALID_PARAMETERS', 'table name'],
      [create(cluster, 'x', { partitionCount: 0 }), 'ERR_INVALID_PARAMETERS', '0 partitions'],
      [create(cluster, 'x', { partitionCount: 65_536 }), 'ERR_INVALID_PARAMETERS', '65536 partitions'],
      [create(cluster, 'x', { replicaCount: 3 }), 'ERR_INVALID_PARAMETERS', 'live replica servers, 1'],
      [create(cluster, 'x', { appType: 'mysql' }), 'ERR_INVALID_PARAMETERS', 'mysql'],
      [add(cluster, 'users', { remoteClusterName: 'east' }), 'ERR_INVALID_PARAMETERS', 'own follower'],
      [add(cluster, 'users', { remoteClusterName: 'south' }), 'ERR_INVALID_PARAMETERS', 'known: west'],
      [add(cluster, 'users', { remoteAppName: 'no/slash' }), 'ERR_INVALID_PARAMETERS', 'not legal'],
      [add(cluster, 'users', { remoteReplicaCount: -1 }), 'ERR_INVALID_PARAMETERS', 'negative'],
      [add(cluster, 'users', { isDuplicatingCheckpoint: false }), 'ERR_INVALID_PARAMETERS', 'full'],
      [add(cluster, 'users', { existingTablePolicy: 'steal' }), 'ERR_INVALID_PARAMETERS', 'adopt'],
      [add(cluster, 'nobody'), 'ERR_APP_NOT_EXIST', 'nobody'],
      [add(cluster, 'users', { remoteAppName: 'theirs' }), 'ERR_APP_EXIST', 'north/orders/17'],
    ];
    for (const [answer, err, words] of cases) {
      const given = await answer;
      expect(given).toMatchObject({ err });
      expect(given.hint).toContain(words);
    }
    expect(cluster.meta.duplications.all()).toEqual([]);
    expect(cluster.meta.tables.list().map(({ name }) => name)).toEqual(['users']);
  });

  test('given changes of a duplication that are not legal, then each says what is', async () => {
    const follower = await scriptedFollower({ RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }) });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    const { dupid } = await add(cluster, 'users');
    const modify = (change: object, id = dupid, appName = 'users') =>
      ask(cluster, 'RPC_CM_MODIFY_DUPLICATION', { appName, dupid: id, ...change });
    expect(await modify({ status: 3 })).toMatchObject({ err: 'ERR_INVALID_PARAMETERS' });
    expect((await modify({ status: 4 })).hint).toContain('legal in DS_PREPARE: remove');
    expect(await modify({ status: 17 })).toMatchObject({ err: 'ERR_INVALID_PARAMETERS' });
    expect(await modify({ failMode: 9 })).toMatchObject({ err: 'ERR_INVALID_PARAMETERS' });
    expect((await modify({ failMode: 2 })).hint).toContain('FAIL_FAST');
    expect(await modify({ status: 5, followerTablePolicy: 'burn' })).toMatchObject({
      err: 'ERR_INVALID_PARAMETERS',
    });
    expect(await modify({ retryNow: true }, dupid + 1)).toMatchObject({ err: 'ERR_OBJECT_NOT_FOUND' });
    expect(await modify({ status: 5 }, dupid + 1)).toMatchObject({ err: 'ERR_OBJECT_NOT_FOUND' });
    expect(await modify({ status: 5 }, dupid, 'nobody')).toMatchObject({ err: 'ERR_APP_NOT_EXIST' });
    expect(await modify({ retryNow: true })).toMatchObject({ err: 'ERR_OK' });
    expect(await modify({ failMode: 1 })).toMatchObject({ err: 'ERR_OK' });
    expect(cluster.meta.duplications.all()[0]?.context).toMatchObject({
      status: 'DS_PREPARE',
      failMode: 'FAIL_SKIP',
    });
  });

  test('given environment variables of the handshake, then an operator can neither set nor clear them', async () => {
    const cluster = await TestCluster.start({ name: 'east', replicas: 1 });
    const owner = ['duplication.owner', 'north/orders/17'] as const;
    await create(cluster, 'users', { envs: new Map([owner, ['a.x', '1'], ['b.y', '2']]) });
    const update = (request: Partial<Request<'RPC_CM_UPDATE_APP_ENV'>>) =>
      ask(cluster, 'RPC_CM_UPDATE_APP_ENV', { appName: 'users', op: 1, ...request });
    expect(await update({ op: 1, keys: [owner[0]], values: ['me'] })).toMatchObject({
      err: 'ERR_INVALID_PARAMETERS',
    });
    expect(await update({ op: 2, keys: [owner[0]] })).toMatchObject({ err: 'ERR_INVALID_PARAMETERS' });
    expect(await update({ op: 1, keys: ['a'], values: [] })).toMatchObject({ err: 'ERR_INVALID_PARAMETERS' });
    expect(await update({ op: 9, keys: ['a'], values: ['b'] })).toMatchObject({
      err: 'ERR_INVALID_PARAMETERS',
    });
    expect(await update({ op: 3, clearPrefix: 'a.' })).toMatchObject({ err: 'ERR_OK' });
    expect(cluster.meta.tables.available('users')?.envs).toEqual({ [owner[0]]: owner[1], 'b.y': '2' });
    expect(await update({ op: 3, clearPrefix: '' })).toMatchObject({ err: 'ERR_OK' });
    expect(cluster.meta.tables.available('users')?.envs).toEqual({ [owner[0]]: owner[1] });
    expect(await update({ appName: 'nobody', op: 3 })).toMatchObject({ err: 'ERR_APP_NOT_EXIST' });
  });

  test('given a replacement of a table without an owner, then a table that has one by then is kept', async () => {
    const cluster = await TestCluster.start({ name: 'west', replicas: 1 });
    await create(cluster, 'plain');
    await create(cluster, 'owned', { envs: new Map([['duplication.owner', 'north/orders/17']]) });
    const dropIf = (appName: string, expectedOwner: string) =>
      ask(cluster, 'RPC_CM_DROP_APP', { appName, options: { successIfNotExist: true }, expectedOwner });
    expect(await dropIf('owned', '')).toMatchObject({ err: 'ERR_INVALID_STATE' });
    expect(await dropIf('plain', 'north/orders/17')).toMatchObject({ err: 'ERR_INVALID_STATE' });
    expect(await dropIf('plain', '')).toMatchObject({ err: 'ERR_OK' });
    expect(await dropIf('plain', '')).toMatchObject({ err: 'ERR_OK' });
    const left = await ask(cluster, 'RPC_CM_LIST_APPS', { status: AppStatus.AVAILABLE });
    expect(left.infos.map(({ appName }) => appName)).toEqual(['owned']);
  });
});

describe('what is explained', () => {
  test('given a replica server of the source falls silent, then its partitions are named, and since when', async () => {
    const follower = await scriptedFollower({
      RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }),
    });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    await add(cluster, 'users');
    await cluster.stopReplica(0);
    const told = await until('the silence', () => {
      const [hosted] = cluster.meta.duplications.all();
      const waits = hosted === undefined ? [] : cluster.meta.explain(hosted).waiting;
      return waits.some(({ state }) => state === 'unreachable') && waits;
    });
    const node = formatAddress(cluster.configOf(0).listen);
    const silent = told.filter(({ state }) => state === 'unreachable');
    expect(silent.map(({ actor }) => actor)).toEqual(['source partition 0', 'source partition 1']);
    expect(silent[0]).toMatchObject({ from: node, trouble: { error: 'ERR_NETWORK_FAILURE', peer: node } });
    expect(silent[0]?.trouble?.hint).toContain('silent since');

    await cluster.stopMeta();
    await cluster.startMeta();
    const [hosted] = cluster.meta.duplications.all();
    const again = hosted && cluster.meta.explain(hosted).waiting.at(-1)?.trouble?.hint;
    expect(again).toContain('has not reported since the meta server started');
  });

  test('given the follower table blocks, then one line of the log says so, however often it is looked at', async () => {
    const follower = await scriptedFollower({
      RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }),
    });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    await add(cluster, 'users');
    const creations = () => follower.asked.filter((code) => code === 'RPC_CM_CREATE_APP').length;
    await until('several rechecks', () => creations() >= 4);
    const blocked = cluster.lines.filter(({ message }) => message === 'duplication is blocked');
    expect(blocked).toHaveLength(1);
    expect(blocked[0]?.facts).toMatchObject({ table: 'users', trouble: { error: 'ERR_ACL_DENY' } });
  });

  test('given storage refuses a change, then that is a wait of its own beside the status', async () => {
    const follower = await scriptedFollower({
      RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }),
    });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users');
    await add(cluster, 'users');
    const hosted = await until('the creation to block', () => {
      const [one] = cluster.meta.duplications.all();
      return one?.context.blocked === true && one;
    });
    const put = vi
      .spyOn(MetaStore.prototype, 'put')
      .mockRejectedValue(new StoreError('ERR_DISK_INSUFFICIENT', { operation: 'commit' }));
    try {
      const { dupid } = { dupid: hosted.record.duplicationId };
      const refused = await ask(cluster, 'RPC_CM_MODIFY_DUPLICATION', {
        appName: 'users',
        dupid,
        failMode: 1,
      });
      expect(refused).toMatchObject({ err: 'ERR_DISK_INSUFFICIENT' });
      const { waiting, line } = cluster.meta.explain(hosted);
      // Both are told; storage's comes last, and so makes the headline.
      expect(waiting.map(({ actor }) => actor)).toEqual(['duplication', 'followerTable', 'storage']);
      expect(waiting[0]?.waitingFor).toContain('the follower table to exist');
      expect(waiting[1]).toMatchObject({ trouble: { error: 'ERR_ACL_DENY' } });
      expect(waiting[2]).toMatchObject({ trouble: { error: 'ERR_DISK_INSUFFICIENT' } });
      expect(line).toContain('ERR_DISK_INSUFFICIENT');
      expect(waiting[2]?.sinceMs).toBeGreaterThan(waiting[0]?.sinceMs ?? Number.POSITIVE_INFINITY);
    } finally {
      put.mockRestore();
    }
    await until('the change', () => hosted.context.failMode === 'FAIL_SKIP');
    expect(cluster.meta.explain(hosted).waiting.map(({ actor }) => actor)).toEqual([
      'duplication',
      'followerTable',
    ]);
  });
});

describe('over HTTP', () => {
  test('given a duplication that waits, then every page is JSON or says what is wrong with the question', async () => {
    const follower = await scriptedFollower({ RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }) });
    const cluster = await sourceOf(follower);
    await create(cluster, 'users', { envs: new Map([['note', '"quoted" ünïcödé\n']]) });
    await create(cluster, 'plain');
    await add(cluster, 'users');
    const get = (path: string) => fetch(`http://${cluster.metaName}${path}`);
    const pages = [
      '/meta/cluster',
      '/meta/apps',
      '/meta/nodes',
      '/stats',
      ...['/meta/app', '/meta/app_envs', '/meta/app/duplication', '/meta/app/duplication/explain'].flatMap(
        (path) => [`${path}?name=users`, `${path}?name=plain`],
      ),
    ];
    for (const page of pages) {
      const answer = await get(page);
      expect(answer.status, page).toBe(200);
      expect(answer.headers.get('content-type'), page).toContain('application/json');
      JSON.parse(await answer.text());
    }
    expect(await (await get('/meta/app_envs?name=users')).json()).toEqual({ note: '"quoted" ünïcödé\n' });
    expect((await get('/meta/app')).status).toBe(400);
    expect((await get('/meta/app?name=nobody')).status).toBe(404);
    expect((await get('/constructor')).status).toBe(404);
  });
});

describe('many partitions', () => {
  test('given a thousand partitions that report, then each is told once, in few bytes', async () => {
    const follower = await scriptedFollower({ RPC_CM_CREATE_APP: () => ({ err: 'ERR_ACL_DENY', appid: 0 }) });
    const cluster = await sourceOf(follower);
    // A node of the test's own, so that nothing but the meta server works.
    const node = '127.0.0.1:9';
    await cluster.stopReplica(0);
    const sync = async (partitions: object[]) => {
      const json = JSON.stringify({ node, pid: 1, policyVersion: 0, partitions });
      const answer = await ask(cluster, 'RPC_BRIDLE_NODE_SYNC', { json });
      return nodeOrdersSchema.parse(JSON.parse(answer.json));
    };
    // It goes on reporting meanwhile: else it would be dead itself a moment later.
    await until('the other node to be dead', async () => {
      await sync([]);
      return cluster.meta.nodes.alive().length === 1;
    });
    const { appid } = await create(cluster, 'wide', { partitionCount: 1_000 });
    await add(cluster, 'wide');
    const reports = (decree: number) =>
      Array.from({ length: 1_000 }, (_, partitionIndex) => ({
        ...{ appId: appid, partitionIndex, state: 'serving', lastCommitted: decree, firstLogDecree: 1 },
        ...{ logBytes: 0, trouble: null, transfer: null },
        duplications: cluster.meta.duplications.all().map(({ record }) => ({
          ...{
            duplicationId: record.duplicationId,
            state: 'prepared',
            decree,
            followerHolds: true,
            prepared: true,
          },
          ...{ skippedMutations: 0, trouble: null },
        })),
      }));
    await until('all to be confirmed', async () => {
      const { partitions } = await sync(reports(5));
      return (
        partitions.length === 1_000 && partitions.every(({ duplications: [d] }) => d?.confirmedDecree === 5)
      );
    });
    // Several times a second, so what is said must not grow with anything but the number of partitions.
    const orders = await sync(reports(5));
    expect(new Set(orders.partitions.map(({ partitionIndex }) => partitionIndex)).size).toBe(1_000);
    expect(JSON.stringify(orders).length / 1_000).toBeLessThan(500);
  });
});

function appInfo(appName: string, owner: string): AppInfo {
  return {
    status: AppStatus.AVAILABLE,
    appType: 'pegasus',
    appName,
    appId: 1,
    partitionCount: 2,
    envs: new Map([['duplication.owner', owner]]),
    isStateful: true,
    maxReplicaCount: 1,
    expireSecond: 0,
    createSecond: 0,
    dropSecond: 0,
    duplicating: false,
    initPartitionCount: 2,
    isBulkLoading: false,
    atomicIdempotent: false,
  };
}
