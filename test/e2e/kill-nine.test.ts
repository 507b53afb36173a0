/** kill -9 of any server process of either cluster at any moment: nothing lost, nothing stuck. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Duplication, DuplicationStatus } from '../../runtime/index.js';
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

const KILLS = 10;
const REACHED: readonly DuplicationStatus[] = ['DS_INIT', 'DS_PREPARE', 'DS_APP', 'DS_LOG'];

interface Victim {
  readonly side: Side;
  readonly role: 'meta' | 'replica';
  readonly index: number;
}

let pair: Pair;

/** A server that is away for longer than the retries last must not cost a minute of looking away. */
const { duplication, ...rest } = QUICK;
const times = {
  ...rest,
  duplication: { ...duplication, followerTable: { ...duplication?.followerTable, blockedRecheckMs: 1_000 } },
  partition: { ...rest.partition, blockedRecheckMs: 1_000 },
  transfer: { ...rest.transfer, blockedRecheckMs: 1_000 },
};

beforeAll(async () => {
  pair = await startPair({ times });
});

afterAll(() => pair?.[Symbol.asyncDispose]());

const victims = (): Victim[] =>
  [pair.source, pair.follower].flatMap((side) =>
    side.servers.servers().map(({ role, index }) => ({ side, role, index })),
  );

const nameOf = ({ side, role, index }: Victim) => `${side.servers.name} ${role} ${index}`;

const pidOf = ({ side, role, index }: Victim) =>
  side.servers.servers().find((server) => server.role === role && server.index === index)?.pid ?? null;

async function killNine(victim: Victim): Promise<void> {
  const pid = pidOf(victim);
  await victim.side.servers.kill(victim.role, victim.index, 'SIGKILL');
  await until(`${nameOf(victim)} to be started again`, () => {
    const now = pidOf(victim);
    return now !== null && now !== pid;
  });
}

/** Every acknowledged write is on both sides, and every row is equal. */
async function proveNothingLost(duplication: Duplication, writer: LedgerWriter, table: string) {
  await writer.stop();
  await drained(duplication, 60_000);
  const report = await duplication.verify({ target: pair.follower.client });
  expect(report).toMatchObject({ equal: true, missing: 0, extra: 0, differing: 0 });
  for (const { client } of [pair.source, pair.follower]) {
    expect(await writer.lostIn(await client.table(table))).toEqual([]);
  }
  expect(writer.acknowledged).toBeGreaterThan(50);
}

describe('given a writer that never stops', () => {
  test(`when any process is killed at random, ${KILLS} times over one run, then DS_LOG is reached and every acknowledged write is on both sides`, async () => {
    const random = seededRandom(seedOf('kill -9 at random'));
    await pair.source.client.createTable('storm', { partitionCount: 6 });
    const table = await pair.source.client.table('storm');
    await fill(table, 500);
    const writer = new LedgerWriter(table).start();
    const all = victims();
    // Half of them before DS_LOG can be reached, the others spread over what follows.
    const plan = Array.from({ length: KILLS }, (_, i) => ({
      victim: all[Math.floor(random() * all.length)]!,
      afterMs: Math.floor(random() * (i < KILLS / 2 ? 350 : 900)),
    }));
    console.log(plan.map(({ victim, afterMs }) => `+${afterMs} ms ${nameOf(victim)}`).join(', '));

    await using duplication = await duplicateTo(pair, 'storm', pair.follower, { timeoutMs: 20_000 });
    for (const { victim, afterMs } of plan) {
      await pause(afterMs);
      await killNine(victim);
    }

    await duplication.waitFor('DS_LOG', { timeoutMs: 60_000 });
    await proveNothingLost(duplication, writer, 'storm');
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 20_000 });
  }, 120_000);

  test('when each process is killed once right after a status has changed, then the change is kept and nothing is lost', async () => {
    const random = seededRandom(seedOf('kill -9 at changes'));
    await pair.source.client.createTable('turns', { partitionCount: 4 });
    const table = await pair.source.client.table('turns');
    await fill(table, 300);
    const writer = new LedgerWriter(table).start();
    const left = victims().sort(() => random() - 0.5);
    const statuses: DuplicationStatus[] = [];

    await using duplication = await duplicateTo(pair, 'turns', pair.follower);
    for (const status of ['DS_PREPARE', 'DS_APP', 'DS_LOG'] as const) {
      // DS_APP may be too short to be seen: then what follows it counts.
      const wanted = REACHED.indexOf(status);
      const seen = await duplication.waitFor((now) => REACHED.indexOf(now.status) >= wanted, {
        timeoutMs: 30_000,
      });
      statuses.push(seen.status);
      await Promise.all(left.splice(0, 2).map(killNine));
    }
    expect(left).toEqual([]);
    expect(statuses.map((status) => REACHED.indexOf(status))).toEqual(
      statuses.map((status) => REACHED.indexOf(status)).sort(),
    );

    await duplication.waitFor('DS_LOG', { timeoutMs: 60_000 });
    await proveNothingLost(duplication, writer, 'turns');
    await duplication.remove({ wait: true, follower: 'drop', timeoutMs: 20_000 });
  }, 120_000);

  test('when every server of the source is killed during loading, then what was acknowledged is there and duplicates', async () => {
    await pair.source.client.createTable('loading', { partitionCount: 4 });
    const table = await pair.source.client.table('loading');
    const writer = new LedgerWriter(table, { rows: 600, lanes: 12, pauseMs: 0 }).start();
    for (const { role, index } of pair.source.servers.servers()) {
      const before = writer.acknowledged;
      await until('the load to move', () => writer.acknowledged > before + 50);
      await killNine({ side: pair.source, role, index });
    }
    const before = writer.acknowledged;
    await until('the load to move again', () => writer.acknowledged > before + 50);

    await using duplication = await duplicateTo(pair, 'loading', pair.follower);
    await duplication.waitFor('DS_LOG', { timeoutMs: 60_000 });
    await proveNothingLost(duplication, writer, 'loading');
  }, 120_000);
});
