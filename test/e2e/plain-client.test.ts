/** Whoever reads wire.md and writes a THFT client can use a cluster: no line of ours is shared here. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addressOf,
  crc64,
  createApp,
  field,
  PlainClient,
  PlainConnection,
  type PlainPlace,
  put,
  rawKey,
  requestFrame,
  scanner,
} from './plain-client.js';
import { type Pair, pidsOf, startPair, until } from './support.js';

const PARTITIONS = 5;
const ROWS = 300;

let pair: Pair;
let client: PlainClient;
let place: PlainPlace;

beforeAll(async () => {
  pair = await startPair();
  client = new PlainClient(pair.source.servers.meta);
});

afterAll(async () => {
  client?.[Symbol.dispose]();
  await pair?.[Symbol.asyncDispose]();
});

const keyOf = (index: number) => [`hash-${index % 97}`, `sort-${index}`] as const;
const textOf = (index: number) => `${index} 源泉 ${'x'.repeat(index % 50)}`;

describe('given a client that knows only wire.md', () => {
  test('when it computes crc64, then it gets the values of section 8', () => {
    const known = {
      '': 0n,
      a: 0x8c2f8445b4cbfc3cn,
      pegasus: 0xce8709cfbd3973c4n,
      '123456789': 0xae8b14860a799888n,
    };
    for (const [text, crc] of Object.entries(known)) expect(crc64(text)).toBe(crc);
  });

  test('when it creates a table and asks for its configuration, then each partition has a primary', async () => {
    const created = await client.askMeta('RPC_CM_CREATE_APP', createApp('plain', { partitions: PARTITIONS }));
    expect(created).toMatchObject({ error: 'ERR_OK', body: { err: 'ERR_OK' } });

    place = await client.place('plain');

    expect(place.appId).toBe(created.body.appId);
    expect(place.primaries).toHaveLength(PARTITIONS);
    expect(new Set(place.primaries.map((primary) => primary?.port)).size).toBe(2);
  });

  test('when it puts rows, routed by crc64, then it gets each of them back', async () => {
    await Promise.all(
      Array.from({ length: ROWS }, async (_, index) => {
        const key = keyOf(index);
        const answer = await client.askRow(
          'RPC_RRDB_RRDB_PUT',
          put(rawKey(...key), textOf(index)),
          place,
          key,
        );
        expect(answer).toMatchObject({ error: 'ERR_OK', body: { error: 0, appId: place.appId } });
      }),
    );
    for (const index of [0, 1, 96, 97, 299]) {
      const key = keyOf(index);
      const { body } = await client.askRow('RPC_RRDB_RRDB_GET', field.blob(1, rawKey(...key)), place, key);
      expect([body.error, String(body.value)]).toEqual([0, textOf(index)]);
    }
    const nobody = ['nobody', ''] as const;
    const missing = await client.askRow('RPC_RRDB_RRDB_GET', field.blob(1, rawKey(...nobody)), place, nobody);
    expect(missing).toMatchObject({ error: 'ERR_OK', body: { error: 1 } });
  });

  test('when it scans every partition in batches, then it sees each row once, in key order, where its hash says', async () => {
    const seen = new Map<string, string>();
    let batches = 0;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      let answer = await client.askPartition('RPC_RRDB_RRDB_GET_SCANNER', scanner(13), place, partition);
      let last: Buffer = Buffer.alloc(0);
      for (;;) {
        expect(answer).toMatchObject({ error: 'ERR_OK', body: { error: 0 } });
        batches += 1;
        for (const { key, value } of answer.body.kvs as { key: Buffer; value: Buffer }[]) {
          expect(Buffer.compare(last, key)).toBeLessThan(0);
          last = key;
          const hashKey = key.subarray(2, 2 + key.readUInt16BE(0));
          expect(Number(crc64(hashKey) % BigInt(PARTITIONS))).toBe(partition);
          expect(seen.has(key.toString('hex'))).toBe(false);
          seen.set(key.toString('hex'), value.toString());
        }
        const contextId = answer.body.contextId as bigint;
        if (contextId < 0n) {
          expect(contextId).toBe(-1n);
          break;
        }
        const args = field.struct(1, field.i64(1, contextId));
        answer = await client.askPartition('RPC_RRDB_RRDB_SCAN', args, place, partition);
      }
    }
    const wanted = Array.from(
      { length: ROWS },
      (_, i) => [rawKey(...keyOf(i)).toString('hex'), textOf(i)] as const,
    );
    expect(seen).toEqual(new Map(wanted));
    expect(batches).toBeGreaterThan(PARTITIONS);
  });

  test('when it scans with a context that nobody knows, then it is told -2', async () => {
    const args = field.struct(1, field.i64(1, 123_456_789n));
    const answer = await client.askPartition('RPC_RRDB_RRDB_SCAN', args, place, 0);
    expect(answer).toMatchObject({ error: 'ERR_OK', body: { contextId: -2n } });
  });

  test('when it adds a duplication and queries it, then it follows it into DS_LOG with decrees by partition', async () => {
    await pair.source.client.command(pair.source.servers.meta, 'bridle.set-remote', [
      'west',
      pair.follower.servers.meta,
    ]);
    const added = await client.askMeta(
      'RPC_CM_ADD_DUPLICATION',
      field.struct(
        1,
        field.string(1, 'plain'),
        field.string(2, 'west'),
        field.bool(3, true),
        field.string(4, 'plain_copy'),
        field.i32(5, 1),
      ),
    );
    expect(added).toMatchObject({ error: 'ERR_OK', body: { err: 'ERR_OK', remoteAppName: 'plain_copy' } });

    const DS_LOG = 3;
    const entry = await until('DS_LOG and everything confirmed', async () => {
      const args = field.struct(1, field.string(1, 'plain'));
      const { body } = await client.askMeta('RPC_CM_QUERY_DUPLICATION', args);
      const [one] = body.entries as {
        status: number;
        partitionStates: Map<number, { confirmed: bigint; committed: bigint }>;
      }[];
      const states = [...(one?.partitionStates.values() ?? [])];
      const caughtUp = states.every(({ confirmed, committed }) => confirmed >= committed && committed > 0n);
      return one?.status === DS_LOG && caughtUp && one;
    });
    expect(entry).toMatchObject({
      dupid: added.body.dupid,
      remote: 'west',
      remoteAppName: 'plain_copy',
      failMode: 0,
    });
    expect([...entry.partitionStates.keys()].sort()).toEqual([0, 1, 2, 3, 4]);

    using follower = new PlainClient(pair.follower.servers.meta);
    const copy = await follower.place('plain_copy');
    const key = keyOf(42);
    const { body } = await follower.askRow('RPC_RRDB_RRDB_GET', field.blob(1, rawKey(...key)), copy, key);
    expect(String(body.value)).toBe(textOf(42));
  });
});

describe('given a request or a frame that makes no sense', () => {
  test('when the RPC is unknown, then the answer is ERR_HANDLER_NOT_FOUND and the connection goes on', async () => {
    for (const address of [client.meta, place.primaries[0]!]) {
      const connection = await client.to(address);
      expect(await connection.call('RPC_NO_SUCH_THING', field.struct(1))).toMatchObject({
        error: 'ERR_HANDLER_NOT_FOUND',
      });
    }
    // Each server knows its own part only.
    const wrong = await client.askMeta('RPC_RRDB_RRDB_GET', field.blob(1, rawKey('a', '')));
    expect(wrong.error).toBe('ERR_HANDLER_NOT_FOUND');
    expect((await client.place('plain')).appId).toBe(place.appId);
  });

  const good = requestFrame('RPC_CM_CLUSTER_INFO', 1, field.struct(1));
  const patched = (at: number, value: number) => {
    const frame = Buffer.from(good);
    frame.writeInt32BE(value, at);
    return frame;
  };
  test.each([
    ['an unknown magic', Buffer.from('NOPE and more of the same, until it is long enough for any header')],
    ['a header version of 7', patched(4, 7)],
    ['a header length of 47', patched(8, 47)],
    ['a body length of 2 GiB', patched(16, 0x7fff_ffff)],
    ['a negative body length', patched(16, -1)],
    ['a message type that is none', patched(48, 0x1234_5678)],
    ['a name that is longer than the frame', patched(52, 0x0fff_ffff)],
  ])('when a connection sends %s, then that connection ends and no other', async (_, bytes) => {
    const pids = pidsOf(pair.source.servers);
    for (const address of [client.meta, place.primaries[0]!]) {
      using bad = await PlainConnection.open(address);
      using bystander = await PlainConnection.open(address);
      bad.send(bytes);
      await Promise.race([
        bad.closed,
        new Promise((_, fail) => setTimeout(() => fail(new Error('still open after 5 s')), 5_000)),
      ]);
      const answer = await bystander.call('RPC_NO_SUCH_THING', field.struct(1));
      expect(answer.error).toBe('ERR_HANDLER_NOT_FOUND');
    }
    const meta = addressOf(pair.source.servers.meta);
    const stats = (await (await fetch(`http://${meta.host}:${meta.port}/stats`)).json()) as {
      malformed: number;
    };
    expect(stats.malformed).toBeGreaterThan(0);
    expect(pidsOf(pair.source.servers)).toEqual(pids);
  });
});
