/**
 * Requests that real servers accept and should not, and requests that killed real servers (lifecycle.md,
 * sections 5 to 7): each is answered with an error and changes nothing.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeError, MAX_ROW_BYTES, openCluster, type Table } from '../../runtime/index.js';
import {
  addressOf,
  crc64,
  createApp,
  field,
  hashOf,
  PlainClient,
  type PlainPlace,
  put,
  rawKey,
} from './plain-client.js';
import {
  duplicateTo,
  enforce,
  fill,
  type Pair,
  pidsOf,
  QUICK,
  refusalOf,
  settled,
  startCluster,
  startPair,
  until,
} from './support.js';

const PARTITIONS = 4;
const ROWS = 60;

let pair: Pair;
let client: PlainClient;
let place: PlainPlace;
let table: Table;
let pids: number[];

beforeAll(async () => {
  pair = await startPair();
  await pair.source.client.createTable('rows', { partitionCount: PARTITIONS });
  table = await pair.source.client.table('rows');
  await fill(table, ROWS);
  client = new PlainClient(pair.source.servers.meta);
  place = await client.place('rows');
  pids = [...pidsOf(pair.source.servers), ...pidsOf(pair.follower.servers)];
});

afterAll(async () => {
  client?.[Symbol.dispose]();
  await pair?.[Symbol.asyncDispose]();
});

/** All there is: tables, duplications and every row. */
async function everything() {
  const { source, follower } = pair;
  const rows: string[] = [];
  for await (const { rawKey: key, value } of table.scan()) rows.push(`${key.toString('hex')}=${value}`);
  return {
    tables: (await source.client.listTables()).map(({ name, partitionCount, envs }) => [
      name,
      partitionCount,
      envs,
    ]),
    followerTables: (await follower.client.listTables()).map(({ name }) => name),
    duplications: (await source.client.listDuplications()).map(({ dupid, status }) => [dupid, status]),
    rows,
  };
}

/** No process has ended or been started again, and every partition takes writes. */
async function stillServing() {
  expect([...pidsOf(pair.source.servers), ...pidsOf(pair.follower.servers)]).toEqual(pids);
  for (const { restarts } of [...pair.source.servers.servers(), ...pair.follower.servers.servers()]) {
    expect(restarts).toBe(0);
  }
  const stamp = String(Date.now());
  await Promise.all(Array.from({ length: 8 }, (_, i) => table.put(`alive-${i}`, '', stamp)));
  for (let i = 0; i < 8; i++) expect(String(await table.get(`alive-${i}`, ''))).toBe(stamp);
  for (let i = 0; i < 8; i++) await table.remove(`alive-${i}`, '');
}

afterEach(stillServing);

describe('given a table that cannot be', () => {
  test.each([
    ['an empty name', { name: '', partitions: 4 }],
    ['blanks in its name', { name: 'a b!', partitions: 4 }],
    ['a path as its name', { name: '../etc', partitions: 4 }],
    ['a name of 129 characters', { name: 'n'.repeat(129), partitions: 4 }],
    ['no partitions', { name: 'none', partitions: 0 }],
    ['a negative number of partitions', { name: 'minus', partitions: -1 }],
    ['65,536 partitions', { name: 'many', partitions: 65_536 }],
    ['a type nobody knows', { name: 'typed', partitions: 4, appType: 'rabbit' }],
    ['no replicas', { name: 'zero', partitions: 4, replicas: 0 }],
    ['more replicas than servers are alive', { name: 'three', partitions: 4, replicas: 3 }],
    [
      'the name of another and another number of partitions',
      { name: 'rows', partitions: 8, successIfExist: true },
    ],
  ])(
    'when it has %s, then the meta answers ERR_INVALID_PARAMETERS and creates nothing',
    async (_, options) => {
      const before = await everything();
      const answer = await client.askMeta('RPC_CM_CREATE_APP', createApp(options.name, options));
      expect(answer).toMatchObject({ error: 'ERR_OK', body: { err: 'ERR_INVALID_PARAMETERS', appId: 0 } });
      expect(await everything()).toEqual(before);
    },
  );

  test('when it has the name of another, then it is refused, unless that is said to be a success', async () => {
    const { body } = await client.askMeta('RPC_CM_CREATE_APP', createApp('rows', { partitions: PARTITIONS }));
    expect(body.err).toBe('ERR_APP_EXIST');
    const same = createApp('rows', { partitions: PARTITIONS, successIfExist: true });
    expect((await client.askMeta('RPC_CM_CREATE_APP', same)).body).toEqual({
      err: 'ERR_OK',
      appId: place.appId,
    });
  });

  test('when the library is asked for it, then the error tells what is legal', async () => {
    const create = (name: string, partitionCount: number, replicaCount = 1) =>
      refusalOf(pair.source.client.createTable(name, { partitionCount, replicaCount }));
    expect(await create('', 4)).toMatchObject({ code: 'BRIDLE_BAD_NAME' });
    expect(await create('a b', 4)).toMatchObject({ code: 'BRIDLE_BAD_NAME' });
    expect(await create('none', 0)).toMatchObject({ code: 'ERR_INVALID_PARAMETERS' });
    expect((await create('many', 65_536)).hint).toContain('1024');
    expect((await create('three', 4, 3)).hint).toContain('2 are alive');
    expect(await create('rows', 4)).toMatchObject({ code: 'ERR_APP_EXIST' });
  });
});

describe('given something unknown', () => {
  test('when the table is unknown, then every way to it says ERR_APP_NOT_EXIST', async () => {
    const { source } = pair;
    for (const attempt of [
      () => source.client.table('nowhere'),
      () => source.client.dropTable('nowhere'),
      () => source.client.queryDuplication('nowhere'),
      () => duplicateTo(pair, 'nowhere', pair.follower),
    ]) {
      const error = await refusalOf(attempt());
      expect(error.code).toBe('ERR_APP_NOT_EXIST');
      expect(error.hint).toContain('nowhere');
    }
  });

  test('when the cluster is unknown, or is the source itself, then the addition is refused with what is known', async () => {
    const before = await everything();
    const unknown = await refusalOf(
      pair.source.client.addDuplication({ table: 'rows', remoteCluster: 'atlantis' }),
    );
    expect(unknown.code).toBe('ERR_INVALID_PARAMETERS');
    expect(unknown.hint).toContain('atlantis');
    const itself = await refusalOf(
      pair.source.client.addDuplication({ table: 'rows', remoteCluster: 'east' }),
    );
    expect(itself.code).toBe('ERR_INVALID_PARAMETERS');
    expect(await everything()).toEqual(before);
  });

  test('when nothing listens at the address, then opening a cluster says so', async () => {
    const error = await refusalOf(openCluster({ meta: '127.0.0.1:1', timeoutMs: 2_000 }));
    expect(error.code).toBe('BRIDLE_NOT_RUNNING');
  });
});

describe('given a row request that ends a real server', () => {
  const key = ['row-7', 's1'] as const;
  const home = () => Number(hashOf(...key) % BigInt(PARTITIONS));

  const cases: readonly (readonly [string, () => { code: string; args: Buffer; header?: object }])[] = [
    [
      'PUT with its key of type STRING',
      () => ({
        code: 'RPC_RRDB_RRDB_PUT',
        args: field.struct(1, field.string(1, 'plain'), field.blob(2, 'value'), field.i32(3, 0)),
        header: { partitionHash: 0n },
      }),
    ],
    [
      'PUT with its value of type STRING',
      () => ({
        code: 'RPC_RRDB_RRDB_PUT',
        args: field.struct(1, field.blob(1, rawKey(...key)), field.string(2, 'value'), field.i32(3, 0)),
      }),
    ],
    [
      'GET of a struct',
      () => ({ code: 'RPC_RRDB_RRDB_GET', args: field.struct(1, field.blob(1, rawKey(...key))) }),
    ],
    [
      'PUT with a raw key of one byte',
      () => ({ code: 'RPC_RRDB_RRDB_PUT', args: put(Buffer.from([0]), 'v'), header: { partitionHash: 0n } }),
    ],
    [
      'PUT with an empty raw key',
      () => ({ code: 'RPC_RRDB_RRDB_PUT', args: put(Buffer.alloc(0), 'v'), header: { partitionHash: 0n } }),
    ],
    [
      'PUT with a raw key shorter than its prefix',
      () => ({
        code: 'RPC_RRDB_RRDB_PUT',
        args: put(Buffer.from('\u0000\u0009abc'), 'v'),
        header: { partitionHash: 0n },
      }),
    ],
    [
      'REMOVE with a raw key shorter than its prefix',
      () => ({
        code: 'RPC_RRDB_RRDB_REMOVE',
        args: field.blob(1, Buffer.from([0xff, 0xfe])),
        header: { partitionHash: 0n },
      }),
    ],
    [
      'GET with a raw key shorter than its prefix',
      () => ({
        code: 'RPC_RRDB_RRDB_GET',
        args: field.blob(1, Buffer.from([0, 9, 1])),
        header: { partitionHash: 0n },
      }),
    ],
    [
      'PUT with the partition hash of another key',
      () => ({
        code: 'RPC_RRDB_RRDB_PUT',
        args: put(rawKey(...key), 'v'),
        header: { partitionHash: crc64('other') },
      }),
    ],
    [
      'PUT with the thread hash of another partition',
      () => ({ code: 'RPC_RRDB_RRDB_PUT', args: put(rawKey(...key), 'v'), header: { threadHash: 1 } }),
    ],
    [
      'PUT with a body cut off in the middle',
      () => ({ code: 'RPC_RRDB_RRDB_PUT', args: put(rawKey(...key), 'v').subarray(0, 9) }),
    ],
    [
      'PUT of a value of 1 MiB',
      () => ({ code: 'RPC_RRDB_RRDB_PUT', args: put(rawKey(...key), Buffer.alloc(1024 * 1024, 'x')) }),
    ],
    [
      'GET_SCANNER with a list where a blob belongs',
      () => ({ code: 'RPC_RRDB_RRDB_GET_SCANNER', args: field.struct(1, field.structs(1, [])) }),
    ],
  ];

  test.each(cases)(
    'when it is %s, then it is answered with an error and nothing changes',
    async (_, make) => {
      const before = await everything();
      const { code, args, header } = make();
      const answer = await client.askPartition(code, args, place, home(), {
        partitionHash: hashOf(...key),
        ...header,
      });
      const failed = answer.error !== 'ERR_OK' || answer.body.error !== 0;
      expect(failed, JSON.stringify(answer.body)).toBe(true);
      if (answer.error !== 'ERR_OK') expect(describeError(answer.error).kind).not.toBe('success');
      expect(await everything()).toEqual(before);
    },
  );

  test('when a key goes to a partition that does not hold it, then it is refused there', async () => {
    const before = await everything();
    const wrong = (home() + 1) % PARTITIONS;
    const answer = await client.askPartition('RPC_RRDB_RRDB_PUT', put(rawKey(...key), 'v'), place, wrong, {
      partitionHash: hashOf(...key),
    });
    expect(answer.error).toBe('ERR_INVALID_PARAMETERS');
    const nobody = { ...place, appId: 999 };
    const unknown = await client.askPartition('RPC_RRDB_RRDB_PUT', put(rawKey(...key), 'v'), nobody, home());
    expect(unknown.error).toBe('ERR_OBJECT_NOT_FOUND');
    expect(await everything()).toEqual(before);
  });

  const duplicateEntry = (raw: Buffer, clusterId: number, timestamp = 1n) => [
    field.i64(1, timestamp),
    field.taskCode(2, 'RPC_RRDB_RRDB_PUT'),
    field.blob(3, raw),
    field.byte(4, clusterId),
    field.bool(5, true),
  ];

  test.each([
    ['an empty raw_message', () => duplicateEntry(Buffer.alloc(0), 9)],
    ['a raw_message that is no request', () => duplicateEntry(Buffer.from('what?'), 9)],
    [
      'the server’s own cluster id',
      () => duplicateEntry(Buffer.concat([put(rawKey(...key), 'v'), Buffer.alloc(1)]), 1),
    ],
    ['no fields at all', () => []],
  ])('when a DUPLICATE has an entry with %s, then it is refused as a whole', async (_, make) => {
    const before = await everything();
    const good = duplicateEntry(Buffer.concat([put(rawKey(...key), 'v'), Buffer.alloc(1)]), 9);
    const args = field.struct(1, field.structs(1, [good, make()]));
    const answer = await client.askPartition('RPC_RRDB_RRDB_DUPLICATE', args, place, home());
    expect(answer.error !== 'ERR_OK' || answer.body.error !== 0).toBe(true);
    expect(await everything()).toEqual(before);
  });

  test('when an address is of kind 2, then every server that reads addresses refuses it and lives', async () => {
    const before = await everything();
    const learner = field.struct(
      1,
      field.gpid(1, place.appId, 0),
      field.address(2, '127.0.0.1', 34_801, 2),
      field.i64(3, 0n),
      field.i64(4, 0n),
      field.i64(5, 0n),
      field.blob(6, ''),
    );
    const file = field.struct(
      1,
      field.address(1, '127.0.0.1', 34_801, 2),
      field.string(2, '/etc'),
      field.string(3, '/tmp'),
      field.string(4, 'passwd'),
      field.i64(5, 0n),
      field.i32(6, 100),
      field.bool(7, true),
      field.bool(8, false),
    );
    const learned = await client.askPartition('RPC_QUERY_LAST_CHECKPOINT_INFO', learner, place, 0);
    expect(learned.error).toBe('ERR_INVALID_PARAMETERS');
    const copied = await client.askPartition('RPC_NFS_COPY', file, place, 0);
    expect(copied.error).toBe('ERR_INVALID_PARAMETERS');
    expect(await everything()).toEqual(before);
  });
});

describe('given keys and values at the edge', () => {
  test('when a row is too large, then the library says BRIDLE_VALUE_TOO_LARGE before sending it', async () => {
    const error = await refusalOf(table.put('big', '', 'x'.repeat(1024 * 1024)));
    expect(error.code).toBe('BRIDLE_VALUE_TOO_LARGE');
    expect(await table.get('big', '')).toBeUndefined();
  });

  test('when keys are empty or a row is as large as it may be, then they are duplicated like any other', async () => {
    await pair.source.client.createTable('edges', { partitionCount: PARTITIONS });
    const edges = await pair.source.client.table('edges');
    const rows: [string, string, string][] = [
      ['', '', 'both empty'],
      ['', 'sort only', 'no hash key'],
      ['hash only', '', 'no sort key'],
      ['empty', 'value', ''],
      ['large', 'est', 'x'.repeat(MAX_ROW_BYTES - 2 - 'largeest'.length)],
    ];
    for (const [hashKey, sortKey, value] of rows) await edges.put(hashKey, sortKey, value);
    await using duplication = await duplicateTo(pair, 'edges', pair.follower);
    await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
    for (const [hashKey, sortKey, value] of rows.slice(0, 4))
      await edges.put(`${hashKey}`, sortKey, `${value}!`);
    await edges.put('large', 'est', 'y'.repeat(MAX_ROW_BYTES - 2 - 'largeest'.length));

    expect(await settled(duplication, pair.follower.client)).toMatchObject({
      equal: true,
      follower: rows.length,
    });
    expect(await refusalOf(edges.multiGet(''))).toMatchObject({ code: 'ERR_INVALID_PARAMETERS' });
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
    await pair.source.client.dropTable('edges');
  });
});

describe('given a duplication', () => {
  test('when it is asked for what its status does not allow, then the refusal tells the status and what is legal', async () => {
    const replicas = pair.follower.servers.servers().filter(({ role }) => role === 'replica');
    await enforce(pair.source, [
      { effect: 'drop', peer: pair.follower.servers.meta, operation: 'RPC_CM_LIST_APPS_ACK' },
      ...replicas.map(({ address }) => ({ effect: 'drop' as const, peer: address, operation: '*' })),
    ]);
    await using duplication = await duplicateTo(pair, 'rows', pair.follower);

    await until('DS_PREPARE', async () => (await duplication.explain()).status === 'DS_PREPARE');
    const pause = await refusalOf(duplication.pause());
    expect(pause.code).toBe('ERR_INVALID_PARAMETERS');
    expect(pause.hint).toContain('DS_PREPARE');
    expect(pause.hint).toContain('remove');

    // The follower’s meta answers again; its nodes still cannot reach the source.
    await enforce(
      pair.source,
      replicas.map(({ address }) => ({ effect: 'drop' as const, peer: address, operation: '*' })),
    );
    await duplication.retry();
    await duplication.waitFor('DS_APP', { timeoutMs: 20_000 });
    const start = await refusalOf(duplication.start());
    expect(start.code).toBe('ERR_INVALID_PARAMETERS');
    expect(start.hint).toContain('DS_APP');
    expect(start.hint).toContain('remove');
    expect((await duplication.explain()).status).toBe('DS_APP');

    const again = await client.askMeta(
      'RPC_CM_ADD_DUPLICATION',
      field.struct(1, field.string(1, 'rows'), field.string(2, 'west'), field.bool(3, true)),
    );
    expect(again.body).toMatchObject({ err: 'ERR_DUP_EXIST', appId: place.appId, dupid: duplication.id });
    await using same = await duplicateTo(pair, 'rows', pair.follower);
    expect([same.id, same.existed]).toEqual([duplication.id, true]);
    const elsewhere = await refusalOf(duplicateTo(pair, 'rows', pair.follower, { remoteTable: 'other' }));
    expect(elsewhere.hint).toContain('rows');

    const drop = await refusalOf(pair.source.client.dropTable('rows'));
    expect(drop.code).toBe('ERR_OPERATION_DISABLED');
    expect(drop.hint).toContain('remove the duplication first');

    const wrongId = await refusalOf(
      pair.source.client.modifyDuplication('rows', duplication.id + 1, { failMode: 'FAIL_SKIP' }),
    );
    expect(wrongId.code).toBe('ERR_OBJECT_NOT_FOUND');

    await enforce(pair.source, []);
    await duplication.waitFor('DS_LOG', { timeoutMs: 20_000 });
    expect(await settled(duplication, pair.follower.client)).toMatchObject({ equal: true, follower: ROWS });
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 10_000 });
  });
});

describe('given a place that is taken', () => {
  const codeOf = (promise: Promise<AsyncDisposable>) =>
    promise.then(
      async (cluster) => {
        await cluster[Symbol.asyncDispose]();
        return 'started';
      },
      (error: { code?: string }) => error.code,
    );

  test('when the meta’s port is in use, then starting a cluster says ERR_ADDRESS_ALREADY_USED', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bridle-e2e-'));
    const squatter = createServer();
    const port = await new Promise<number>((done) => {
      squatter.listen(0, '127.0.0.1', () => done((squatter.address() as { port: number }).port));
    });
    try {
      const code = await codeOf(startCluster({ name: 'south', directory, metaPort: port, replicas: 1 }));
      expect(code).toBe('ERR_ADDRESS_ALREADY_USED');
      expect(describeError('ERR_ADDRESS_ALREADY_USED').next).not.toBe('');
    } finally {
      await new Promise((done) => squatter.close(done));
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('when the directory is in use, then starting a second cluster there is refused and the first goes on', async () => {
    const { directory, meta } = pair.source.servers;
    const code = await codeOf(startCluster({ name: 'east', id: 1, directory, times: QUICK }));
    expect(['ERR_ADDRESS_ALREADY_USED', 'ERR_LOCK_ALREADY_EXIST']).toContain(code);
    expect(describeError(code ?? '').next).not.toBe('');
    expect(addressOf(meta).port).toBeGreaterThan(0);
  });

  test('when the directory is in use and the ports are others, then the lock says so', async () => {
    const { directory } = pair.source.servers;
    const busy = createServer();
    const port = await new Promise<number>((done) => {
      busy.listen(0, '127.0.0.1', () => done((busy.address() as { port: number }).port));
    });
    await new Promise((done) => busy.close(done));
    // The layout of the cluster that runs must survive the attempt.
    const before = pair.source.servers.meta;
    const code = await codeOf(startCluster({ name: 'east', id: 1, directory, metaPort: port, times: QUICK }));
    expect(['ERR_ADDRESS_ALREADY_USED', 'ERR_LOCK_ALREADY_EXIST']).toContain(code);
    const layout = JSON.parse(await readFile(join(directory, 'cluster.json'), 'utf8')) as {
      metaPort: number;
    };
    expect(`127.0.0.1:${layout.metaPort}`).toBe(before);
  });
});
