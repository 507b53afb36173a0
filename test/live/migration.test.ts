/** Migrations between two clusters in this process, with real sockets and files, clients writing all the while. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Cluster, openCluster, verifyTables } from '../../runtime/client/index.js';
import {
  duplicate,
  type Migration,
  migrate,
  openDuplication,
  planMigration,
  resumeMigration,
  setPolicy,
  snapshotDuplications,
  undoMigration,
} from '../../runtime/live/index.js';
import { readRecord } from '../../runtime/live/migration/journal.js';
import { directory, open, TestCluster, until } from '../cluster/in-process.js';

/** Every phase with BRIDLE_MIGRATION=long (`npm run test:migration`); else those that differ most. */
const LONG = process.env.BRIDLE_MIGRATION === 'long';
const few = <T>(all: readonly T[], some: readonly T[]): readonly T[] => (LONG ? all : some);

const TUNING = {
  calmMs: 50,
  times: {
    requestDeadlineMs: 4_000,
    pollMs: 40,
    patienceMs: 20_000,
    retry: { floorMs: 20, ceilingMs: 200, limitAttempts: 6 },
  },
};

interface Scene {
  readonly source: Cluster;
  readonly target: Cluster;
  readonly east: TestCluster;
  readonly west: TestCluster;
  readonly journal: string;
  readonly writer: Writer;
}

/** Writes one row after the other, and remembers which were acknowledged. */
class Writer {
  readonly acknowledged: string[] = [];
  refused = 0;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();

  start(cluster: Cluster): this {
    this.#done = this.#loop(cluster);
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #loop(cluster: Cluster): Promise<void> {
    const table = await cluster.table('users');
    for (let i = 0; !this.#stopped; i++) {
      try {
        await table.put(`w${i}`, 's', String(i), { timeoutMs: 250 });
        this.acknowledged.push(`w${i}`);
      } catch {
        this.refused++;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function scene(): Promise<Scene> {
  const west = await TestCluster.start({ name: 'west', id: 2 });
  const east = await TestCluster.start({ name: 'east', id: 1, remotes: { west: [west.metaName] } });
  const [source, target] = await Promise.all(
    [east, west].map((cluster) => openCluster({ meta: cluster.metaName, timeoutMs: 5_000 })),
  );
  if (source === undefined || target === undefined) throw new Error('not opened');
  open.push(
    () => source.close(),
    () => target.close(),
  );
  await source.createTable('users', { partitionCount: 3 });
  const rows = await source.table('users');
  for (let i = 0; i < 30; i++) await rows.put(`u${i}`, 's', 'before');
  await using users = await duplicate({ source, table: 'users', target });
  await users.waitFor('DS_LOG', { timeoutMs: 30_000 });
  const writer = new Writer().start(source);
  open.push(() => writer.stop());
  return { source, target, east, west, journal: join(await directory(), 'j', 'users.json'), writer };
}

const begin = ({ source, target, journal }: Scene, more: Partial<Parameters<typeof migrate>[0]> = {}) =>
  migrate({ source, target, table: 'users', journal, ...TUNING, ...more });

/** Resolves when a phase is reached, or at the end. */
function at(migration: Migration, phase: string): Promise<void> {
  return new Promise((resolve) => {
    migration.status$.subscribe({
      next: (status) => status.phase === phase && resolve(),
      complete: () => resolve(),
    });
  });
}

async function takesWrites(cluster: Cluster): Promise<boolean> {
  const table = await cluster.table('users');
  return table.put('probe', 's', 'x', { timeoutMs: 400 }).then(
    () => true,
    () => false,
  );
}

/** What must hold when clients have moved: nothing acknowledged is lost, and there is one place to write. */
async function moved({ source, target, writer, journal }: Scene): Promise<void> {
  await writer.stop();
  const follower = await target.table('users');
  const missing: string[] = [];
  for (const key of writer.acknowledged) {
    if ((await follower.get(key, 's')) === undefined) missing.push(key);
  }
  expect(missing).toEqual([]);
  expect(writer.acknowledged.length).toBeGreaterThan(0);
  expect(writer.refused).toBeGreaterThan(0);
  expect(await takesWrites(source)).toBe(false);
  await until('the follower to take writes', () => takesWrites(target));
  expect(await source.queryDuplication('users')).toEqual([]);
  const [table] = await target.listTables();
  expect(table?.envs).toEqual({});
  expect((await readRecord(journal))?.step).toBe('done');
}

/** What must hold when it is undone: the source takes writes, and the duplication ships them. */
async function undone(where: Scene): Promise<void> {
  const { source, target, writer, journal } = where;
  const before = writer.acknowledged.length;
  await until('writes to be acknowledged again', () => writer.acknowledged.length > before + 5);
  await writer.stop();
  const [table] = await source.listTables();
  expect(table?.envs).toEqual({});
  const [info] = await source.queryDuplication('users');
  expect(info?.status).toBe('DS_LOG');
  const report = await verifyTables({
    source: await source.table('users'),
    follower: await target.table('users'),
  });
  expect(report).toMatchObject({ missing: 0, differing: 0 });
  expect((await readRecord(journal))?.step).toBe('undone');
}

describe('given a duplication that ships, and a client that writes', () => {
  test('when clients are moved, then every acknowledged write is at the follower and only it takes more', async () => {
    const where = await scene();
    await using migration = await begin(where);
    const phases: string[] = [];
    migration.status$.subscribe(({ phase }) => phases.at(-1) === phase || phases.push(phase));
    const { outcome, verified } = await migration.result;
    expect(outcome).toBe('done');
    expect(verified?.equal).toBe(true);
    expect(phases).toEqual([
      ...['waiting', 'fencing', 'draining', 'verifying', 'deciding', 'handingOver', 'finishing', 'done'],
    ]);
    await moved(where);
    // It is a table of its own now: it can be duplicated itself.
    const back = await duplicate({
      source: where.target,
      table: 'users',
      target: where.source,
      remoteTable: 'back',
    });
    await back.waitFor('DS_LOG', { timeoutMs: 30_000 });
    await back[Symbol.asyncDispose]();
  });

  test('when it is planned, then the reasons are told and nothing is touched', async () => {
    const { source, target, journal } = await scene();
    const options = { source, target, table: 'users', journal };
    expect(await planMigration(options)).toMatchObject({ canCutOver: true, reasons: [] });
    await using users = await openDuplication({ source, table: 'users' });
    await users.pause();
    const plan = await planMigration({ ...options, thresholdDecrees: 0 });
    expect(plan.canCutOver).toBe(false);
    expect(plan.reasons[0]).toMatchObject({ code: 'status', kind: 'operator' });
    expect(plan.steps.map(({ step }) => step)).toContain('handing over');
    const [snapshot] = await snapshotDuplications(source);
    expect(snapshot?.progress).toMatchObject({ canCutOver: false });
    expect(snapshot?.progress.cutOverReasons[0]?.text).toMatch(/DS_PAUSE/);
    const [table] = await source.listTables();
    expect(table?.envs).toEqual({});
    expect(await readRecord(journal)).toBeUndefined();
  });
});

describe('given a process that dies while clients are moved', () => {
  const RESUMED = ['waiting', 'fencing', 'draining', 'verifying', 'deciding', 'handingOver'];
  test.each(few(RESUMED, ['draining', 'handingOver']))(
    'given it dies at %s, when it is resumed, then clients are moved all the same',
    async (phase) => {
      const where = await scene();
      const first = await begin(where);
      await at(first, phase);
      await first[Symbol.asyncDispose]();
      const step = (await readRecord(where.journal))?.step;
      if (step === 'done') return;
      if (phase === 'draining') {
        // Whoever looks at the table hears that it is closed, by whom, and what opens it.
        const [snapshot] = await snapshotDuplications(where.source);
        expect(snapshot?.explanation.fence).toMatch(/closed to writes by bridle migrate on .*--undo/);
        expect(snapshot?.progress.cutOverReasons.map(({ code }) => code)).toContain('fenced');
      }
      await using second = await resumeMigration({ journal: where.journal, ...TUNING });
      expect(await second.result).toMatchObject({ outcome: 'done' });
      await moved(where);
    },
  );

  const UNDONE = ['waiting', 'fencing', 'draining', 'verifying'];
  test.each(few(UNDONE, ['fencing']))(
    'given it dies at %s, when it is undone, then the source takes writes as before',
    async (phase) => {
      const where = await scene();
      const first = await begin(where);
      await at(first, phase);
      await first[Symbol.asyncDispose]();
      await using second = await undoMigration({ journal: where.journal, ...TUNING });
      expect(await second.result).toMatchObject({ outcome: 'undone' });
      await undone(where);
    },
  );

  test('given it dies after the decision, when it is to be undone, then that is refused', async () => {
    const where = await scene();
    const first = await begin(where);
    await at(first, 'handingOver');
    await first[Symbol.asyncDispose]();
    const undo = undoMigration({ journal: where.journal, ...TUNING });
    await expect(undo).rejects.toMatchObject({ code: 'BRIDLE_DECIDED' });
  });
});

describe('given something that fails before the decision', () => {
  const FAILURES: Record<string, readonly [(where: Scene) => Promise<Migration>, error: string]> = {
    waiting: [
      async (where) => {
        await using users = await openDuplication({ source: where.source, table: 'users' });
        await users.pause();
        const migration = await begin(where);
        await migration.result;
        await users.start();
        return migration;
      },
      'BRIDLE_CANNOT_CUT_OVER',
    ],
    fencing: [
      async (where) => {
        await where.east.stopReplica(1);
        const migration = await begin(where, { times: { ...TUNING.times, fencingDeadlineMs: 1_500 } });
        await migration.result;
        await where.east.startReplica(1);
        return migration;
      },
      'ERR_TIMEOUT',
    ],
    draining: [
      async (where) => {
        const rules = [{ effect: 'drop', peer: '*', operation: 'RPC_RRDB_RRDB_DUPLICATE' }];
        await setPolicy(where.target, rules);
        await until('something to be left to ship', async () => {
          const [snapshot] = await snapshotDuplications(where.source);
          return (snapshot?.progress.lagDecrees ?? 0) > 3;
        });
        const migration = await begin(where, { times: { ...TUNING.times, drainingDeadlineMs: 1_000 } });
        await migration.result;
        await setPolicy(where.target, []);
        return migration;
      },
      'ERR_TIMEOUT',
    ],
    verifying: [
      async (where) => {
        await (await where.target.table('users')).put('nobody', 's', 'an extra row');
        return begin(where);
      },
      'BRIDLE_ROWS_DIFFER',
    ],
  };

  const FAILED = Object.entries(FAILURES);
  test.each(few(FAILED, FAILED.slice(2)))(
    'given it fails while %s, then all is as it was',
    async (_, [fail, error]) => {
      const where = await scene();
      const migration = await fail(where);
      const { outcome, reason } = await migration.result;
      await migration[Symbol.asyncDispose]();
      expect({ outcome, error: reason?.error }).toEqual({ outcome: 'undone', error });
      await undone(where);
    },
  );

  test('given the journal cannot say that it is decided, then it is undone', async () => {
    const where = await scene();
    await using migration = await begin(where);
    await at(migration, 'fencing');
    await at(migration, 'draining');
    // A line may be written into it just now.
    await rm(join(where.journal, '..'), { recursive: true, force: true, maxRetries: 5 });
    const { outcome, reason } = await migration.result;
    expect({ outcome, error: reason?.error }).toEqual({
      outcome: 'undone',
      error: 'ERR_FILE_OPERATION_FAILED',
    });
    await until('the source to take writes', () => takesWrites(where.source));
  });

  test('given an operator who cancels, then it is undone', async () => {
    const where = await scene();
    await using migration = await begin(where);
    await at(migration, 'fencing');
    migration.cancel();
    expect(await migration.result).toMatchObject({ outcome: 'undone' });
    await undone(where);
  });

  test('given a fence of somebody else, then it is left alone', async () => {
    const where = await scene();
    const set = { 'replica.deny_client_request': 'reconfig*write' };
    await where.source.changeTableEnvs('users', { set });
    await using migration = await begin(where);
    expect(await migration.result).toMatchObject({
      outcome: 'undone',
      reason: { error: 'BRIDLE_CANNOT_CUT_OVER' },
    });
    expect((await where.source.listTables())[0]?.envs).toEqual(set);
  });
});
