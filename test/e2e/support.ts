/**
 * Two real clusters for a test: server processes run from `dist` (as `npm test` has built it), clients from
 * the source. Everything is temporary, ports are free ones, and disposing of a pair proves that no process
 * is left.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PolicyRule } from '../../runtime/cluster/policy.js';
import {
  BridleError,
  type Cluster,
  type Duplication,
  duplicate,
  type EmbeddedCluster,
  openCluster,
  type StartClusterOptions,
  type Table,
  type VerifyReport,
} from '../../runtime/index.js';
import { fetchPolicy, setPolicy } from '../../runtime/live/remote-commands.js';

const dist = resolve(process.env.BRIDLE_DIST ?? join(import.meta.dirname, '../../dist'));
const built = (await import(
  pathToFileURL(join(dist, 'runtime/cluster/embedded.js')).href
)) as typeof import('../../runtime/cluster/embedded.js');

/** As the public one, with servers that start in plain node. */
export const startCluster: (options: StartClusterOptions) => Promise<EmbeddedCluster> = built.startCluster;

/** Quick to notice and to try again, so that a test of a wait does not take as long as the wait. */
export const QUICK: NonNullable<StartClusterOptions['times']> = {
  nodeSyncMs: 60,
  nodeDeadMs: 1_500,
  rpcTimeoutMs: 1_000,
  maintenanceMs: 200,
  duplication: {
    storageRetryMs: 200,
    followerTable: {
      requestDeadlineMs: 600,
      readinessPollMs: 100,
      blockedRecheckMs: 60_000,
      retry: { floorMs: 30, ceilingMs: 200, limitAttempts: 6 },
    },
  },
  partition: { requestDeadlineMs: 2_000, idlePollMs: 200, retry: { floorMs: 30, ceilingMs: 500 } },
  transfer: { requestDeadlineMs: 800, retry: { floorMs: 30, ceilingMs: 500 } },
  move: { storageRetryMs: 200 },
};

export interface Side extends AsyncDisposable {
  readonly servers: EmbeddedCluster;
  readonly client: Cluster;
}

export interface Pair extends AsyncDisposable {
  readonly directory: string;
  readonly source: Side;
  readonly follower: Side;
  /** A further cluster beside the two. */
  startAnother(options: Omit<StartClusterOptions, 'directory'>): Promise<Side>;
}

export interface PairOptions {
  /** Replica servers of each side. Default 2. */
  readonly replicas?: number;
  readonly times?: StartClusterOptions['times'];
  readonly limits?: StartClusterOptions['limits'];
}

/**
 * @example
 * await using pair = await startPair();
 * await pair.source.client.createTable('t', { partitionCount: 4 });
 */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const directory = await mkdtemp(join(tmpdir(), 'bridle-e2e-'));
  const { replicas = 2, times = QUICK, limits = {} } = options;
  const sides: Side[] = [];
  const start = async (more: Omit<StartClusterOptions, 'directory'>): Promise<Side> => {
    const side = await startSide({ replicas, times, limits, ...more, directory: join(directory, more.name) });
    sides.push(side);
    return side;
  };
  const dispose = async () => {
    await Promise.all(sides.map((side) => side[Symbol.asyncDispose]()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const starting = [start({ name: 'east', id: 1 }), start({ name: 'west', id: 2 })] as const;
    // If one fails, the other has to be there before it can be taken away.
    await Promise.allSettled(starting);
    const [source, follower] = await Promise.all(starting);
    return { directory, source, follower, startAnother: start, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function startSide(options: StartClusterOptions): Promise<Side> {
  const servers = await startCluster(options);
  const pids = new Set(pidsOf(servers));
  servers.events$.subscribe(() => {
    for (const pid of pidsOf(servers)) pids.add(pid);
  });
  try {
    const client = await openCluster({ meta: servers.meta });
    return {
      servers,
      client,
      async [Symbol.asyncDispose]() {
        for (const pid of pidsOf(servers)) pids.add(pid);
        await client.close();
        await servers.close();
        await until('every server process to be gone', () => [...pids].every((pid) => !isAlive(pid)));
      },
    };
  } catch (error) {
    await servers.close();
    throw error;
  }
}

export const pidsOf = (servers: EmbeddedCluster): number[] =>
  servers.servers().flatMap(({ pid }) => (pid === null ? [] : [pid]));

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Polls until `check` gives something true; the error says what was waited for and what was seen last. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  deadlineMs = 20_000,
): Promise<Exclude<T, false | null | undefined>> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const seen = await check();
    if (seen) return seen as Exclude<T, false | null | undefined>;
    if (Date.now() > endMs)
      throw new Error(`waited ${deadlineMs} ms for ${what}; last seen: ${String(seen)}`);
    await pause(25);
  }
}

/** The BridleError a promise ends with; anything else fails the test. */
export async function refusalOf(promise: Promise<unknown>): Promise<BridleError> {
  const outcome = await promise.then(
    (value) => new Error(`was not refused: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof BridleError) return outcome;
  throw outcome;
}

/** Sets the policy of a cluster; resolves when each of its servers has it in force. */
export async function enforce({ client }: Side, rules: readonly PolicyRule[]): Promise<void> {
  const policy = await setPolicy(client, rules);
  await until('every server to have the policy', async () =>
    (await fetchPolicy(client))?.nodes.every(({ policyVersion }) => policyVersion === policy?.version),
  );
}

/** From the source of a pair to a side of it, with a handle that looks often. */
export function duplicateTo(
  { source }: Pick<Pair, 'source'>,
  table: string,
  { client: target }: Pick<Side, 'client'>,
  more: Partial<Parameters<typeof duplicate>[0]> = {},
): Promise<Duplication> {
  return duplicate({ source: source.client, table, target, pollMs: 50, ...more });
}

/** Resolves when everything written up to now is confirmed by the follower. */
export async function drained(duplication: Duplication, timeoutMs = 20_000): Promise<void> {
  // The servers report a few times a second: numbers from before the last write do not count.
  const since = Date.now();
  let looks = 0;
  await duplication.waitFor(
    ({ status, lagDecrees, partitions }) => {
      if (status !== 'DS_LOG' || lagDecrees !== 0 || partitions.length === 0) return false;
      looks += 1;
      return looks >= 3 && Date.now() - since > 300;
    },
    { timeoutMs },
  );
}

/** Drains, then compares every row of both sides. */
export async function settled(
  duplication: Duplication,
  target: Cluster,
  timeoutMs?: number,
): Promise<VerifyReport> {
  await drained(duplication, timeoutMs);
  return duplication.verify({ target });
}

/** `count` rows of uneven size, spread over all partitions. */
export async function fill(table: Table, count: number, version = 0): Promise<void> {
  const lanes = 32;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let index = lane; index < count; index += lanes) {
        await table.put(`row-${index}`, `s${index % 3}`, textOf(index, version));
      }
    }),
  );
}

export const textOf = (index: number, version: number): string =>
  `${index}/${version}/${'π'.repeat((index * 7 + version) % 40)}`;

export async function countRows(table: Table): Promise<number> {
  let count = 0;
  for await (const _ of table.scan({ noValue: true })) count += 1;
  return count;
}

/**
 * Writes and removes rows without end and remembers, for each row, the last write that was acknowledged.
 * A row belongs to one lane, so its last acknowledged write is the one that has to be there in the end.
 */
export class LedgerWriter {
  /** Version acknowledged last; -1: removed; undefined: a write without an answer, nobody knows. */
  readonly ledger: (number | undefined)[];
  readonly #table: Table;
  readonly #lanes: number;
  readonly #pauseMs: number;
  readonly #timeoutMs: number;
  #stopped = false;
  #acknowledged = 0;
  #unknown = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(table: Table, { rows = 400, lanes = 6, pauseMs = 8, timeoutMs = 30_000 } = {}) {
    this.#table = table;
    this.#lanes = lanes;
    this.#pauseMs = pauseMs;
    this.#timeoutMs = timeoutMs;
    this.ledger = Array.from({ length: rows }, () => -1);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get unknown(): number {
    return this.#unknown;
  }

  start(): this {
    this.#running = Promise.all(Array.from({ length: this.#lanes }, (_, lane) => this.#lane(lane)));
    return this;
  }

  /** Resolves when no write is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Rows of which a table does not show the last acknowledged write. */
  async lostIn(table: Table): Promise<string[]> {
    const found = new Map<string, string>();
    for await (const { hashKey, value } of table.scan()) found.set(hashKey.toString(), value.toString());
    return this.ledger.flatMap((version, index) => {
      const wanted = version === -1 ? undefined : textOf(index, version ?? 0);
      const there = found.get(`key-${index}`);
      return version === undefined || there === wanted ? [] : [`key-${index}: ${there}, not ${wanted}`];
    });
  }

  async #lane(lane: number): Promise<void> {
    for (let version = 1; !this.#stopped; version++) {
      for (let index = lane; index < this.ledger.length && !this.#stopped; index += this.#lanes) {
        const remove = (index + version) % 11 === 0;
        this.ledger[index] = undefined;
        try {
          if (remove) await this.#table.remove(`key-${index}`, '', { timeoutMs: this.#timeoutMs });
          else
            await this.#table.put(`key-${index}`, '', textOf(index, version), { timeoutMs: this.#timeoutMs });
          this.ledger[index] = remove ? -1 : version;
          this.#acknowledged += 1;
        } catch (error) {
          if (!(error instanceof BridleError)) throw error;
          this.#unknown += 1;
        }
        await pause(this.#pauseMs);
      }
    }
  }
}

/** From the environment, for repeating a run; else a new one. Printed, so that it can be repeated. */
export function seedOf(test: string): number {
  const seed = Number(process.env.BRIDLE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${test}: seed ${seed} (repeat with BRIDLE_TEST_SEED=${seed})`);
  return seed;
}
