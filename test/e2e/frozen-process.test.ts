/** Processes that hang for longer than a node may be silent, and go on: nothing lost, nothing stuck. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  drained,
  duplicateTo,
  fill,
  LedgerWriter,
  type Pair,
  pause,
  QUICK,
  type Side,
  startPair,
} from './support.js';

/** Longer than a node may be silent. */
const FROZEN_MS = 1_500;

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ times: { ...QUICK, nodeDeadMs: 1_000 } });
});

afterAll(() => pair?.[Symbol.asyncDispose]());

async function freeze({ servers }: Side, role: 'meta' | 'replica'): Promise<void> {
  const pid = servers.servers().find((server) => server.role === role)?.pid;
  if (pid === undefined || pid === null) throw new Error(`no ${role} runs`);
  process.kill(pid, 'SIGSTOP');
  try {
    await pause(FROZEN_MS);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

test('given a writer that never stops, when each process hangs while it copies and while it ships, then every acknowledged write is on both sides', async () => {
  await pair.source.client.createTable('frost', { partitionCount: 4 });
  const table = await pair.source.client.table('frost');
  await fill(table, 500);
  const writer = new LedgerWriter(table).start();
  await using duplication = await duplicateTo(pair, 'frost', pair.follower, { timeoutMs: 20_000 });
  // The copy has begun by now, or begins while its receiver hangs.
  await freeze(pair.follower, 'replica');
  await freeze(pair.source, 'meta');
  await duplication.waitFor('DS_LOG', { timeoutMs: 40_000 });

  for (const side of [pair.source, pair.follower]) {
    await freeze(side, 'replica');
    await freeze(side, 'meta');
  }

  await writer.stop();
  await drained(duplication, 40_000);
  const report = await duplication.verify({ target: pair.follower.client });
  expect(report).toMatchObject({ equal: true, missing: 0, extra: 0, differing: 0 });
  for (const { client } of [pair.source, pair.follower]) {
    expect(await writer.lostIn(await client.table('frost'))).toEqual([]);
  }
  expect(writer.acknowledged).toBeGreaterThan(50);
}, 120_000);
