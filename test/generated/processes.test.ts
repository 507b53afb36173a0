/**
 * Generated paths on real processes over sockets. Only coarse steps can be controlled here, so what is seen is
 * compared when everything has come to rest.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PartitionReport } from '../../runtime/cluster/node-sync.js';
import {
  type Driver,
  type Expected,
  explore,
  type Path,
  runPath,
  transitionCover,
} from '../../runtime/testing.js';
import { enforce, type Pair, type Side, startPair, until } from '../e2e/support.js';
import { type AtRest, atRest } from './at-rest.js';

const suite = transitionCover(explore(atRest));
/** The quick profile leaves out short paths: long ones begin with the same steps. */
const SHORTEST = process.env.BRIDLE_GENERATED === 'long' ? 0 : 3;
const paths = suite.paths.filter(({ steps }) => steps.length >= SHORTEST);
const REST_MS = 20_000;
const SHUT = [{ effect: 'deny', peer: '*', operation: 'RPC_CM_CREATE_APP' }] as const;

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ replicas: 1 });
  const { source, follower } = pair;
  await source.client.command(source.servers.meta, 'bridle.set-remote', ['west', follower.servers.meta]);
});

afterAll(() => pair?.[Symbol.asyncDispose]());

class ProcessDriver implements Driver {
  readonly #table: string;
  #rows = 0;
  #id = 0;

  private constructor(table: string) {
    this.#table = table;
  }

  static async start(path: Path): Promise<ProcessDriver> {
    await enforce(pair.follower, []);
    const driver = new ProcessDriver(`t${path.id}`);
    await pair.source.client.createTable(driver.#table, { partitionCount: 1 });
    await driver.#write();
    return driver;
  }

  async send({ type }: { readonly type: string }): Promise<void> {
    const { client } = pair.source;
    const modify = (status: 'DS_PAUSE' | 'DS_LOG' | 'DS_REMOVED', more = {}) =>
      client.modifyDuplication(this.#table, this.#id, { status, ...more });
    const steps: Record<string, () => Promise<unknown>> = {
      ADD: async () => {
        this.#id = (await client.addDuplication({ table: this.#table, remoteCluster: 'west' })).dupid;
      },
      PAUSE: async () => {
        await modify('DS_PAUSE');
        await until('the pause to have reached the node', () => this.#hasPaused(), REST_MS);
      },
      START: () => modify('DS_LOG'),
      REMOVE: () => modify('DS_REMOVED', { followerTablePolicy: 'drop' }),
      WRITE: () => this.#write(),
      SHUT: () => enforce(pair.follower, SHUT),
      OPEN: () => enforce(pair.follower, []),
      KILL_SOURCE_META: () => kill(pair.source, 'meta'),
      KILL_SOURCE_NODE: () => kill(pair.source, 'replica'),
      KILL_FOLLOWER_META: () => kill(pair.follower, 'meta'),
      KILL_FOLLOWER_NODE: () => kill(pair.follower, 'replica'),
    };
    const step = steps[type];
    if (step === undefined) throw new Error(`no way to ${type}`);
    await step();
  }

  async check({ value }: Expected): Promise<void> {
    const wanted = atRest.states[String(value)]?.meta as AtRest;
    let seen: unknown;
    await until(
      `${JSON.stringify(wanted)}`,
      async () => {
        seen = await this.#seen().catch((error: unknown) => String(error));
        return JSON.stringify(seen) === JSON.stringify(wanted);
      },
      REST_MS,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen: ${JSON.stringify(seen)}`);
    });
  }

  /** A node hears of a pause with its next sync; until then it ships. */
  async #hasPaused(): Promise<boolean> {
    const node = pair.source.servers.servers().find(({ role }) => role === 'replica')?.address;
    const answer = await fetch(`http://${node}/replica/partitions`);
    const partitions = (await answer.json()) as PartitionReport[];
    const found = partitions.flatMap(({ duplications }) => duplications);
    return found.some(({ duplicationId, state }) => duplicationId === this.#id && state === 'paused');
  }

  async #seen(): Promise<AtRest> {
    const [entry] = await pair.source.client.queryDuplication(this.#table);
    const status = (entry?.status ?? null) as AtRest['status'];
    const theirs = (await pair.follower.client.listTables()).some(({ name }) => name === this.#table);
    if (!theirs) return { status, equal: false };
    const [source, follower] = await Promise.all([this.#read(pair.source), this.#read(pair.follower)]);
    return { status, equal: JSON.stringify(source) === JSON.stringify(follower) };
  }

  async #read({ client }: Side): Promise<(string | null)[]> {
    const table = await client.table(this.#table);
    const rows = Array.from({ length: this.#rows }, (_, row) =>
      table.get('row', String(row), { timeoutMs: 2_000 }),
    );
    return (await Promise.all(rows)).map((value) => value?.toString() ?? null);
  }

  async #write(): Promise<void> {
    const table = await pair.source.client.table(this.#table);
    await table.put('row', String(this.#rows), `value ${this.#rows}`, { timeoutMs: REST_MS });
    this.#rows += 1;
  }
}

const titleOf = ({ steps }: Path): string => steps.map(({ event }) => event.type).join(' ');

/** With kill -9; the cluster starts it again. */
async function kill({ servers }: Side, role: 'meta' | 'replica'): Promise<void> {
  const restartsOf = () => servers.servers().find((server) => server.role === role)?.restarts ?? 0;
  const before = restartsOf();
  await servers.kill(role, 0);
  await until(`the ${role} server to be back`, () => restartsOf() > before, REST_MS);
}

describe('a duplication between processes, path by path', () => {
  it('has every transition on a path', () => {
    expect(suite.unmet).toEqual([]);
  });

  it.each(paths.map((path) => [titleOf(path), path] as const))(
    'when %s, then what is seen at rest is the model’s',
    async (title, path) => {
      const replay = () => `npx vitest run test/generated/processes.test.ts -t 'when ${title},'`;
      await runPath(path, { start: ProcessDriver.start, replay });
    },
    180_000,
  );
});
