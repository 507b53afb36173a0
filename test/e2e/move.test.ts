/** Partitions move between server processes while clients write and a duplication runs, and processes are killed (SPEC S-MOVE-1). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BridleError } from '../../runtime/index.js';
import { seededRandom } from '../../runtime/simulation/random.js';
import {
  drained,
  duplicateTo,
  fill,
  LedgerWriter,
  type Pair,
  pause,
  QUICK,
  type Side,
  seedOf,
  startPair,
  until,
} from './support.js';

const TABLE = 'movers';
const PARTITIONS = 3;
let pair: Pair;

const { duplication, ...rest } = QUICK;
const times = {
  ...rest,
  duplication: { ...duplication, followerTable: { ...duplication?.followerTable, blockedRecheckMs: 1_000 } },
  partition: { ...rest.partition, blockedRecheckMs: 1_000 },
  transfer: { ...rest.transfer, blockedRecheckMs: 1_000 },
};

beforeAll(async () => {
  // Little log, so that it is collected all the time: what a move loses of it would be missed.
  pair = await startPair({ times, limits: { logBytes: 64 * 1024 } });
});

afterAll(() => pair?.[Symbol.asyncDispose]());

const nodesOf = async (side: Side) => (await side.client.listNodes()).map(({ address }) => address);

async function placeOf(side: Side, partition: number) {
  const places = await side.client.listPlaces(TABLE, { timeoutMs: 20_000 });
  return places.find((place) => place.partition === partition);
}

async function otherNode(side: Side, partition: number) {
  const place = await placeOf(side, partition);
  return (await nodesOf(side)).find((node) => node !== place?.node) ?? '';
}

/** Moves, and says how it went; what cannot be moved now is not lost. */
async function move(side: Side, partition: number): Promise<string> {
  try {
    const to = await otherNode(side, partition);
    await side.client.movePartition(TABLE, partition, { to, timeoutMs: 60_000 });
    return 'moved';
  } catch (error) {
    if (error instanceof BridleError) return error.code;
    throw error;
  }
}

const pidOf = (side: Side, role: 'meta' | 'replica', index: number) =>
  side.servers.servers().find((server) => server.role === role && server.index === index)?.pid ?? null;

async function killNine(side: Side, role: 'meta' | 'replica', index: number) {
  const pid = pidOf(side, role, index);
  await side.servers.kill(role, index, 'SIGKILL');
  await until('the process to be started again', () => {
    const now = pidOf(side, role, index);
    return now !== null && now !== pid;
  });
}

/** A dead node cannot take a partition: both have to report. */
const bothAlive = (side: Side) =>
  until('both nodes to report', async () => {
    const nodes = await side.client.listNodes({ timeoutMs: 5_000 }).catch(() => []);
    return nodes.length === 2 && nodes.every(({ alive }) => alive);
  });

describe('given a duplication and a writer that never stops', () => {
  test('when partitions move while old node, new node and meta server are killed, then every acknowledged write is on both sides', async () => {
    const random = seededRandom(seedOf('moves and kill -9'));
    await pair.source.client.createTable(TABLE, { partitionCount: PARTITIONS });
    const table = await pair.source.client.table(TABLE);
    await fill(table, 300);
    const writer = new LedgerWriter(table).start();
    await using running = await duplicateTo(pair, TABLE, pair.follower, { timeoutMs: 20_000 });
    const outcomes: string[] = [];

    // While the table is created and copied, then while its log is shipped.
    for (const side of [pair.source, pair.source]) outcomes.push(await move(side, 0));
    await running.waitFor('DS_LOG', { timeoutMs: 60_000 });
    for (const side of [pair.source, pair.follower]) {
      for (const [role, index] of [
        ['meta', 0],
        ['replica', 0],
        ['replica', 1],
      ] as const) {
        await bothAlive(side);
        const moving = move(side, Math.floor(random() * PARTITIONS));
        await pause(Math.floor(random() * 400));
        await killNine(side, role, index);
        outcomes.push(await moving);
      }
      await bothAlive(side);
      outcomes.push(await move(side, 1));
    }

    console.log(outcomes.join(', '));
    expect(outcomes.filter((outcome) => outcome === 'moved').length).toBeGreaterThan(3);
    await writer.stop();
    await drained(running, 60_000);
    const report = await running.verify({ target: pair.follower.client });
    expect(report).toMatchObject({ equal: true, missing: 0, extra: 0, differing: 0 });
    for (const { client } of [pair.source, pair.follower]) {
      expect(await writer.lostIn(await client.table(TABLE))).toEqual([]);
    }
    expect(writer.acknowledged).toBeGreaterThan(50);
    // No copy stays behind, and nothing is under way.
    for (const side of [pair.source, pair.follower]) {
      for (let p = 0; p < PARTITIONS; p++) expect(await placeOf(side, p)).toMatchObject({ moving: null });
    }
  }, 180_000);
});
