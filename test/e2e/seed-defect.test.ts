/**
 * The path of the seed's defect (apache/incubator-pegasus#2146): the follower creates the table, its answer
 * is lost, the retry is told ERR_APP_EXIST. Upstream stays in DS_PREPARE for ever and says nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCluster } from '../../runtime/index.js';
import { type Handlers, parseAddress, RpcClient, RpcServer } from '../../runtime/pegasus/index.js';
import {
  countRows,
  duplicateTo,
  enforce,
  fill,
  type Pair,
  refusalOf,
  settled,
  startPair,
  until,
} from './support.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});

afterAll(() => pair?.[Symbol.asyncDispose]());

async function sourceTable(name: string, rows = 200): Promise<void> {
  await pair.source.client.createTable(name, { partitionCount: 4 });
  await fill(await pair.source.client.table(name), rows);
}

describe('given a follower as upstream was before its fix', () => {
  /**
   * Stands before the follower's meta server. The first answer to CREATE_APP is lost; whoever asks again is
   * told ERR_APP_EXIST, whoever they are; and nobody is shown whose the table is.
   */
  async function startUpstreamBefore() {
    const client = new RpcClient({ protocol: 'rdsn' });
    const meta = parseAddress(pair.follower.servers.meta);
    const asked = new Set<string>();
    const creations = { applied: 0, refused: 0 };
    const lost = new Promise<never>(() => {});
    const timeoutMs = 5_000;
    const handlers: Handlers = {
      RPC_CM_CLUSTER_INFO: (request) => client.call(meta, 'RPC_CM_CLUSTER_INFO', request, { timeoutMs }),
      RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX: (request) =>
        client.call(meta, 'RPC_CM_QUERY_PARTITION_CONFIG_BY_INDEX', request, { timeoutMs }),
      RPC_CM_LIST_APPS: async (request) => {
        const answer = await client.call(meta, 'RPC_CM_LIST_APPS', request, { timeoutMs });
        const infos = answer.infos.map((info) => ({
          ...info,
          envs: new Map([...info.envs].filter(([key]) => key !== 'duplication.owner')),
        }));
        return { ...answer, infos };
      },
      RPC_CM_CREATE_APP: async (request) => {
        if (asked.has(request.appName)) {
          creations.refused += 1;
          return { err: 'ERR_APP_EXIST', appid: 0 };
        }
        asked.add(request.appName);
        await client.call(meta, 'RPC_CM_CREATE_APP', request, { timeoutMs });
        creations.applied += 1;
        return lost;
      },
    };
    const server = new RpcServer({ handlers });
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const target = await openCluster({ meta: `${address.host}:${address.port}` });
    return {
      target,
      creations,
      async [Symbol.asyncDispose]() {
        await target.close();
        await server.close();
        await client.close();
      },
    };
  }

  test('when the answer to the creation is lost, then it ends blocked and says why, and is never silent', async () => {
    await using upstream = await startUpstreamBefore();
    await sourceTable('before');

    await using duplication = await duplicateTo(pair, 'before', { client: upstream.target });
    const error = await refusalOf(
      duplication.waitFor('DS_LOG', { timeoutMs: 20_000, failWhenBlocked: true }),
    );

    expect(upstream.creations.applied).toBe(1);
    const explanation = await duplication.explain();
    expect(explanation).toMatchObject({ table: 'before', status: 'DS_PREPARE', blocked: true });
    expect(explanation.line).toContain('BLOCKED');
    expect(explanation.line).toContain('table before belongs to');
    expect(explanation.line).toContain('cluster east');
    const trouble = explanation.waiting.map((wait) => wait.trouble).find((one) => one !== null);
    expect(trouble?.error).toBe('BRIDLE_FOREIGN_TABLE');
    expect(trouble?.causes.length).toBeGreaterThan(0);
    expect(explanation.operatorCan).toEqual(expect.arrayContaining(['retry', 'remove']));
    expect(explanation.next).toContain('bridle ');
    expect(error).toMatchObject({ code: 'BRIDLE_FOREIGN_TABLE' });
    expect(error.next).toContain('bridle ');

    // Remote command, as `bridle explain` and an alert would read it.
    const told = await pair.source.client.command(pair.source.servers.meta, 'bridle.explain', ['before']);
    expect(JSON.parse(told)).toMatchObject([{ table: 'before', status: 'DS_PREPARE', blocked: true }]);

    await duplication.remove({ wait: true, timeoutMs: 10_000 });
  });
});

describe('given the handshake with an owner', () => {
  test('when every answer to a creation is lost, then the table is adopted, DS_LOG is reached and the rows are equal', async () => {
    await sourceTable('adopted');
    await enforce(pair.source, [
      { effect: 'drop', peer: pair.follower.servers.meta, operation: 'RPC_CM_CREATE_APP_ACK' },
    ]);
    await using duplication = await duplicateTo(pair, 'adopted', pair.follower);
    const troubles = new Set<string>();
    duplication.events$.subscribe((event) => {
      if (event.type === 'trouble') troubles.add(event.trouble.error);
    });

    // Nobody opens the policy: looking at the owner is enough to go on.
    await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });

    await fill(await pair.source.client.table('adopted'), 100, 1);
    const report = await settled(duplication, pair.follower.client);
    expect(report).toMatchObject({ equal: true, source: 200, follower: 200 });
    await enforce(pair.source, []);
    const [copy] = (await pair.follower.client.listTables()).filter(({ name }) => name === 'adopted');
    expect(copy?.envs).toMatchObject({
      'duplication.owner': `east/adopted/${duplication.id}`,
      'duplication.follower_app_status': 'created',
    });
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });

  test('when the follower’s nodes cannot reach the source either, then it says who cannot reach whom, and goes on once they can', async () => {
    await sourceTable('walled');
    const nodes = pair.follower.servers.servers().filter(({ role }) => role === 'replica');
    await enforce(pair.source, [
      { effect: 'drop', peer: pair.follower.servers.meta, operation: 'RPC_CM_CREATE_APP_ACK' },
      ...nodes.map(({ address }) => ({ effect: 'drop' as const, peer: address, operation: '*' })),
    ]);
    await using duplication = await duplicateTo(pair, 'walled', pair.follower);

    const hint = await until('an account of who cannot reach whom', async () => {
      const { waiting, status } = await duplication.explain();
      const hints = waiting.map(({ trouble }) => trouble?.hint ?? '');
      return status === 'DS_APP' && hints.find((text) => text.includes('cannot reach'));
    });
    expect(nodes.some(({ address }) => hint.includes(address))).toBe(true);

    await enforce(pair.source, []);
    await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: 200 });
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });
});

describe('given a table of somebody else at the follower', () => {
  const foreign = {
    'duplication.master_cluster': 'north',
    'duplication.owner': 'north/orders/17',
    'duplication.follower_app_status': 'created',
  };

  test('when it is there at add time, then the addition is refused with the owner, and nothing is left behind', async () => {
    await sourceTable('taken', 10);
    await pair.follower.client.createTable('taken', { partitionCount: 4, envs: foreign });
    await (await pair.follower.client.table('taken')).put('theirs', '', 'untouched');

    const error = await refusalOf(duplicateTo(pair, 'taken', pair.follower));

    expect(error.code).toBe('ERR_APP_EXIST');
    expect(error.hint).toContain('north/orders/17');
    expect(error.next).not.toBe('');
    expect(await pair.source.client.listDuplications('taken')).toEqual([]);
    const table = (await pair.source.client.listTables()).find(({ name }) => name === 'taken');
    expect(table?.duplicating).toBe(false);
    const theirs = await pair.follower.client.table('taken');
    expect((await theirs.get('theirs', ''))?.toString()).toBe('untouched');
    expect(await countRows(theirs)).toBe(1);
  });

  test('when a plain table is there at add time, then the refusal says that it belongs to no duplication', async () => {
    await sourceTable('plain', 10);
    await pair.follower.client.createTable('plain', { partitionCount: 2 });

    const error = await refusalOf(duplicateTo(pair, 'plain', pair.follower));

    expect(error.code).toBe('ERR_APP_EXIST');
    expect(error.hint).toContain('a table of its own');
    expect(await pair.source.client.listDuplications('plain')).toEqual([]);
  });

  test('when it appears between addition and creation, then it blocks with the owner named, and after the drop a retry reaches DS_LOG', async () => {
    await sourceTable('late');
    // Looking fails, so the addition cannot see what is there.
    await enforce(pair.source, [
      { effect: 'drop', peer: pair.follower.servers.meta, operation: 'RPC_CM_LIST_APPS_ACK' },
    ]);
    await using duplication = await duplicateTo(pair, 'late', pair.follower);
    await pair.follower.client.createTable('late', { partitionCount: 4, envs: foreign });
    await enforce(pair.source, []);
    // It may have used up its attempts while it could not look.
    await duplication.retry();

    const blocked = await until('the foreign table to block it', async () => {
      const explanation = await duplication.explain();
      return explanation.blocked && explanation.line.includes('north/orders/17') && explanation;
    });
    expect(blocked).toMatchObject({ status: 'DS_PREPARE', table: 'late' });
    const [there] = (await pair.follower.client.listTables()).filter(({ name }) => name === 'late');
    expect([there?.envs['duplication.owner'], there?.status]).toEqual(['north/orders/17', 'AVAILABLE']);

    await pair.follower.client.dropTable('late');
    await duplication.retry();

    await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: 200 });
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });
});
