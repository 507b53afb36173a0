import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BridleError, type Cluster, formatError, openCluster } from '../../runtime/client/index.js';
import { FakeCluster } from './fake-cluster.js';

/** The BridleError a call ends with. */
async function failure(call: Promise<unknown>): Promise<BridleError> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(BridleError);
  return error as BridleError;
}

describe('openCluster', () => {
  it('says that nothing runs at an address that refuses', async () => {
    const fake = await FakeCluster.start();
    await fake[Symbol.asyncDispose]();
    const error = await failure(openCluster({ meta: fake.metaList, timeoutMs: 2000 }));
    expect(error.code).toBe('BRIDLE_NOT_RUNNING');
    expect(error.next).toContain(`--meta-port ${fake.metas[0]?.port}`);
    expect(formatError(error).split('\n')[0]).toBe('error        BRIDLE_NOT_RUNNING (terminal)');
  });

  it('refuses an address that is none', async () => {
    expect((await failure(openCluster({ meta: 'nowhere:port' }))).code).toBe('BRIDLE_USAGE');
    expect((await failure(openCluster({ meta: [] }))).code).toBe('BRIDLE_USAGE');
  });

  it('tells a replica server from a meta server', async () => {
    await using fake = await FakeCluster.start();
    const error = await failure(openCluster({ meta: `127.0.0.1:${fake.replicas[0]?.port}` }));
    expect(error.code).toBe('ERR_HANDLER_NOT_FOUND');
    expect(error.hint).toContain('not a meta server');
  });

  it('can be canceled', async () => {
    const error = await failure(openCluster({ meta: '127.0.0.1:1', signal: AbortSignal.abort() }));
    expect(error.code).toBe('ERR_THREAD_INTERRUPTED');
  });
});

describe('several meta servers', () => {
  it('finds the leader through any of them, follows it when it moves, survives the death of the first', async () => {
    await using fake = await FakeCluster.start({ metas: 3 });
    fake.leader = 2;
    await using cluster = await openCluster({ meta: fake.metaList });
    expect(cluster.name).toBe('fake');
    fake.leader = 1;
    expect(await cluster.listTables()).toEqual([]);
    await fake.killMeta(0);
    fake.leader = 2;
    await fake.killMeta(1);
    expect((await cluster.listNodes()).map((node) => node.alive)).toEqual([true, true]);
  });

  it('learns of a leader that is not on its list', async () => {
    await using fake = await FakeCluster.start({ metas: 2 });
    fake.leader = 1;
    await using cluster = await openCluster({ meta: fake.metaList[0] as string });
    expect(await cluster.listTables()).toEqual([]);
  });

  it('waits for a leader that is not active yet, and names that reason when it gives up', async () => {
    await using fake = await FakeCluster.start();
    await using cluster = await openCluster({ meta: fake.metaList });
    fake.answerWith.set('RPC_CM_LIST_APPS', ['ERR_SERVICE_NOT_ACTIVE', 'ERR_SERVICE_NOT_ACTIVE']);
    expect(await cluster.listTables()).toEqual([]);
    fake.answerWith.set('RPC_CM_LIST_APPS', new Array(100).fill('ERR_SERVICE_NOT_ACTIVE'));
    expect((await failure(cluster.listTables({ timeoutMs: 200 }))).code).toBe('ERR_SERVICE_NOT_ACTIVE');
  });
});

describe('tables and duplications', () => {
  let fake: FakeCluster;
  let cluster: Cluster;
  beforeEach(async () => {
    fake = await FakeCluster.start();
    cluster = await openCluster({ meta: fake.metaList, timeoutMs: 4000 });
  });
  afterEach(async () => {
    await cluster.close();
    await fake[Symbol.asyncDispose]();
  });

  it('creates, lists and drops', async () => {
    const table = await cluster.createTable('users', { partitionCount: 4 });
    expect(table).toMatchObject({ name: 'users', partitionCount: 4, status: 'AVAILABLE' });
    expect((await cluster.listTables()).map((one) => one.name)).toEqual(['users']);
    expect((await failure(cluster.createTable('users', { partitionCount: 4 }))).code).toBe('ERR_APP_EXIST');
    await cluster.dropTable('users');
    expect((await failure(cluster.dropTable('users'))).code).toBe('ERR_APP_NOT_EXIST');
    expect((await failure(cluster.table('users'))).code).toBe('ERR_APP_NOT_EXIST');
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(129), '../etc'])('refuses the name %j without asking', async (name) => {
    const before = fake.calls.length;
    expect((await failure(cluster.createTable(name, { partitionCount: 1 }))).code).toBe('BRIDLE_BAD_NAME');
    expect(fake.calls.length).toBe(before);
  });

  it.each([0, -1, 1.5, 1025, 65_536, Number.NaN])(
    'refuses %d partitions and names the range',
    async (count) => {
      const error = await failure(cluster.createTable('t', { partitionCount: count }));
      expect(error.code).toBe('ERR_INVALID_PARAMETERS');
      expect(error.hint).toContain('1 to 1024');
    },
  );

  it('explains a refusal for want of servers', async () => {
    const error = await failure(cluster.createTable('t', { partitionCount: 1, replicaCount: 3 }));
    expect(error.hint).toContain('2 are alive');
  });

  it('looks up a creation whose answer was lost, and repeats one whose request was lost', async () => {
    fake.loseAnswers.set('RPC_CM_CREATE_APP', 1);
    await cluster.createTable('a', { partitionCount: 2, timeoutMs: 2000 });
    expect(fake.count('RPC_CM_CREATE_APP')).toBe(1);
    fake.loseRequests.set('RPC_CM_CREATE_APP', 1);
    await cluster.createTable('b', { partitionCount: 2, timeoutMs: 2000 });
    expect(fake.count('RPC_CM_CREATE_APP')).toBe(3);
  });

  it('drops although the answer was lost', async () => {
    fake.addTable('t', 1);
    fake.loseAnswers.set('RPC_CM_DROP_APP', 1);
    await cluster.dropTable('t', { timeoutMs: 2000 });
    expect(fake.tables.has('t')).toBe(false);
  });

  it('adds a duplication once, whatever is lost', async () => {
    fake.addTable('t', 1);
    fake.loseAnswers.set('RPC_CM_ADD_DUPLICATION', 1);
    const added = await cluster.addDuplication({ table: 't', remoteCluster: 'c2', timeoutMs: 2000 });
    expect(added).toMatchObject({ dupid: 100, existed: false, remoteTable: 't' });
    expect(fake.count('RPC_CM_ADD_DUPLICATION')).toBe(1);
    const again = await cluster.addDuplication({ table: 't', remoteCluster: 'c2' });
    expect(again).toMatchObject({ dupid: 100, existed: true });
    const other = cluster.addDuplication({ table: 't', remoteCluster: 'c2', remoteTable: 'x' });
    expect((await failure(other)).hint).toContain('already duplicated to cluster c2 as "t"');
  });

  it('lists duplications, also from a server that cannot list', async () => {
    fake.addTable('t', 1);
    await cluster.addDuplication({ table: 't', remoteCluster: 'c2' });
    const listed = await cluster.listDuplications();
    expect(listed).toMatchObject([{ table: 't', dupid: 100, status: 'DS_PREPARE', failMode: 'FAIL_SLOW' }]);
    expect(listed[0]?.partitions).toEqual([{ index: 0, confirmedDecree: 7, lastCommittedDecree: 9 }]);
    fake.unknownCodes.add('RPC_CM_LIST_DUPLICATION');
    expect(await cluster.listDuplications()).toEqual(listed);
    expect(await cluster.listDuplications('t')).toEqual(listed);
  });

  it('modifies although the answer was lost, and passes on why it was refused', async () => {
    fake.addTable('t', 1);
    await cluster.addDuplication({ table: 't', remoteCluster: 'c2' });
    fake.loseAnswers.set('RPC_CM_MODIFY_DUPLICATION', 1);
    await cluster.modifyDuplication('t', 100, { status: 'DS_PAUSE', timeoutMs: 2000 });
    expect((await cluster.queryDuplication('t'))[0]?.status).toBe('DS_PAUSE');
    fake.answerWith.set('RPC_CM_MODIFY_DUPLICATION', ['ERR_INVALID_PARAMETERS']);
    const refused = await failure(cluster.modifyDuplication('t', 100, { status: 'DS_LOG' }));
    expect(refused).toMatchObject({ code: 'ERR_INVALID_PARAMETERS', hint: 'not from here' });
    fake.loseAnswers.set('RPC_CM_MODIFY_DUPLICATION', 1);
    await cluster.modifyDuplication('t', 100, { status: 'DS_REMOVED', timeoutMs: 2000 });
    const gone = await failure(cluster.modifyDuplication('t', 100, { status: 'DS_REMOVED' }));
    expect(gone.hint).toBe('table t has no duplication 100');
  });

  it('sends remote commands', async () => {
    expect(await cluster.command(fake.metaList[0] as string, 'show', ['a', 'b'])).toBe('show a,b');
  });
});
