/**
 * One duplication under load, from nothing to DS_LOG, paused, started and drained, while one strike happens:
 * what an operator is promised holds all the same.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster, Table } from '../../../runtime/index.js';
import { drained, duplicateTo, fill, LedgerWriter, pause, QUICK, startPair } from '../support.js';
import { type Armed, arm, type Strike } from './plan.js';

const PARTITIONS = 2;
const ROWS = 120;
/** A log that asks for checkpoints, and so for collection, within the scenario. */
const LIMITS = { logBytes: 64 * 1024, copyBlockBytes: 64 * 1024 };

const { duplication, ...rest } = QUICK;
/** A server that is away for longer than the retries last must not cost a minute of looking away. */
const TIMES = {
  ...rest,
  duplication: { ...duplication, followerTable: { ...duplication?.followerTable, blockedRecheckMs: 1_000 } },
  partition: { ...rest.partition, blockedRecheckMs: 1_000 },
  transfer: { ...rest.transfer, blockedRecheckMs: 1_000 },
};

export interface Outcome {
  /** Whether the scenario came to the step that was to be struck. */
  readonly struck: boolean;
  readonly acknowledged: number;
  /** Rows of which a side does not show the last acknowledged write. */
  readonly lost: readonly string[];
  /** Rows whose version at the follower went back while somebody read them. */
  readonly outOfOrder: readonly string[];
  /** Missing, extra or differing rows at the follower. */
  readonly unequal: number;
  readonly steps: Awaited<ReturnType<Armed['steps']>>;
}

/** @param strike null: nothing strikes, and durable steps are counted */
export async function runScenario(strike: Strike | null): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-strike-'));
  const armed = await arm(directory, strike);
  try {
    const startBoth = () => startPair({ replicas: 1, times: TIMES, limits: LIMITS });
    // A cluster whose server dies before it was ready says so, and is nobody's yet.
    await using pair = await startBoth().catch(startBoth);
    const create = () => pair.source.client.createTable('users', { partitionCount: PARTITIONS });
    // The answer may have died with the server; then the table is there.
    await answered(() => create().catch(tableIsThere));
    const table = await pair.source.client.table('users');
    await fill(table, ROWS);
    const writer = new LedgerWriter(table, { rows: 60, lanes: 3 }).start();
    await using handle = await answered(() =>
      duplicateTo(pair, 'users', pair.follower, { timeoutMs: 30_000 }),
    );
    const order = new OrderWatch(pair.follower.client).start();
    await handle.waitFor('DS_LOG', { timeoutMs: 90_000 });
    await pause(600);
    await answered(() => handle.pause());
    await handle.waitFor('DS_PAUSE', { timeoutMs: 60_000 });
    await answered(() => handle.start());
    await handle.waitFor('DS_LOG', { timeoutMs: 60_000 });
    await pause(600);
    await writer.stop();
    await order.stop();
    await drained(handle, 90_000);
    const report = await handle.verify({ target: pair.follower.client });
    const lost = await Promise.all(
      [pair.source, pair.follower].map(async ({ client }) => writer.lostIn(await client.table('users'))),
    );
    return {
      struck: armed.struck(),
      acknowledged: writer.acknowledged,
      lost: lost.flat(),
      outOfOrder: order.violations,
      unequal: report.missing + report.extra + report.differing + report.unsettled,
      steps: await armed.steps(),
    };
  } finally {
    armed.disarm();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function tableIsThere(error: unknown): Promise<void> {
  if ((error as { code?: string }).code !== 'ERR_APP_EXIST') throw error;
}

/** A request may die with the server that had it: it is asked again until it is answered. */
async function answered<T>(request: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + 60_000;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await pause(100);
    }
  }
}

/** Reads the rows of the ledger at the follower, over and over, and notes every version that goes back. */
class OrderWatch {
  readonly violations: string[] = [];
  readonly #follower: Cluster;
  readonly #versions = new Map<string, number>();
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(follower: Cluster) {
    this.#follower = follower;
  }

  start(): this {
    this.#running = this.#run();
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // While the table is not there yet, or a server is away, nothing can be read.
      const table = await this.#follower.table('users').catch(() => null);
      if (table !== null) await this.#round(table);
      await pause(40);
    }
  }

  async #round(table: Table): Promise<void> {
    for (let index = 0; index < 60 && !this.#stopped; index += 7) {
      const key = `key-${index}`;
      const value = await table.get(key, '', { timeoutMs: 1_000 }).catch(() => undefined);
      if (value === undefined) continue;
      const version = Number(value.toString().split('/')[1]);
      const before = this.#versions.get(key) ?? 0;
      if (version < before) this.violations.push(`${key}: ${version} after ${before}`);
      this.#versions.set(key, version);
    }
  }
}
