/** A supervisor, its port and both clusters on a virtual clock: what it heals, what it leaves alone, what it says. */
import { describe, expect, test } from 'vitest';
import type { HealKind } from '../../machines/supervisorHeals.js';
import { NOTHING_REMEMBERED, type SupervisionMemory } from '../../machines/supervisorVerdict.js';
import { Cluster } from '../../runtime/client/cluster.js';
import { MetaSession } from '../../runtime/client/meta-session.js';
import { setPolicy } from '../../runtime/live/index.js';
import type { SupervisionJournal } from '../../runtime/live/supervision/journal.js';
import { DEFAULT_SUPERVISOR_TIMES } from '../../runtime/live/supervision/supervise.js';
import { Supervision, type SupervisionEvent } from '../../runtime/live/supervision/supervision.js';
import { type Address, RpcClient } from '../../runtime/pegasus/index.js';
import { VirtualClusters, World } from '../../runtime/simulation/index.js';
import { UpstreamPair } from './upstream-pair.js';

/** Survives whoever writes into it. */
class MemoryJournal implements SupervisionJournal {
  readonly path = 'journal';
  readonly written: SupervisionMemory[] = [];

  get memory(): SupervisionMemory {
    return this.written.at(-1) ?? NOTHING_REMEMBERED;
  }

  get steps(): readonly string[] {
    return this.written.map(({ step }) => step);
  }

  async remember(memory: SupervisionMemory): Promise<void> {
    this.written.push(memory);
  }

  async settled(): Promise<void> {}
}

interface Options {
  readonly heal?: readonly HealKind[];
  readonly once?: boolean;
  readonly verify?: boolean;
}

interface Named {
  readonly name: string;
  readonly meta: Address;
}

/** The supervisor's side: clients of both clusters, and a journal that outlives each of its runs. */
function operatorOf(world: World, sides: { readonly source: Named; readonly target: Named }) {
  const { clock, network } = world.environment({ server: 'supervisor', alive: true });
  const clientOf = ({ name, meta }: Named): Cluster => {
    const rpc = new RpcClient({ protocol: 'thft', clock, network });
    return new Cluster(name, [meta], rpc, new MetaSession(rpc, [meta]), 10_000);
  };
  const [source, target] = [clientOf(sides.source), clientOf(sides.target)];
  const journal = new MemoryJournal();
  const begin = ({ heal = [], once = true, verify = false }: Options = {}) => {
    const events: SupervisionEvent[] = [];
    const supervision = new Supervision({
      ...{ source, target, table: 'users', remoteTable: 'users', replicaCount: undefined, journal, clock },
      input: {
        ...{ memory: journal.memory, once, verify, heal, healLimit: 2, quietLooksLimit: 60 },
        times: DEFAULT_SUPERVISOR_TIMES,
      },
    });
    supervision.events$.subscribe((event) => events.push(event));
    supervision.start();
    return {
      supervision,
      events,
      ended: () => world.drive(supervision.done, 7_200_000),
      /** Lets time pass until it says something of this kind. */
      until: async (type: SupervisionEvent['type'], from = 0) => {
        const said = () => events.slice(from).find((event) => event.type === type);
        for (let seconds = 0; said() === undefined; seconds++) {
          if (seconds > 3_600) throw new Error(`never ${type}: ${events.map((event) => event.type).join()}`);
          await world.schedule.runUntil(world.nowMs + 1_000, () => said() !== undefined);
        }
        return said();
      },
    };
  };
  return { source, target, journal, begin };
}

async function embedded() {
  const clusters = await VirtualClusters.start();
  const sides = {
    source: { name: 'east', meta: clusters.source.metaAddress },
    target: { name: 'west', meta: clusters.follower.metaAddress },
  };
  await clusters.createTable('users', 2);
  for (let i = 0; i < 6; i++) await clusters.put('users', `u${i}`, 's', `${i}`);
  const copied = async () => {
    await clusters.advance(2_000);
    const { world, followerOperator } = clusters;
    return Promise.all(
      Array.from({ length: 6 }, (_, i) => world.drive(followerOperator.get('users', `u${i}`, 's'))),
    );
  };
  return { clusters, copied, ...operatorOf(clusters.world, sides) };
}

const ALL = ['0', '1', '2', '3', '4', '5'];
const SHUT = [{ effect: 'drop', peer: '*', operation: 'RPC_NFS_*' }];

describe('given two clusters and a table', () => {
  test('when it is supervised, then it is added, ships, and is written down first', async () => {
    const { begin, journal, copied } = await embedded();
    const { ended, events } = begin();
    expect(await ended()).toMatchObject({ outcome: 'reached', status: 'DS_LOG', reason: null });
    expect(journal.steps).toEqual(['adding', 'tracking']);
    expect(events.map(({ type }) => type)).toEqual([
      ...['status', 'recorded', 'status', 'recorded', 'status', 'reached'],
    ]);
    expect(await copied()).toEqual(ALL);
  });

  test('when a rule shuts one direction, then nothing is added, the rule is named, and it goes on once it is lifted', async () => {
    const { begin, source, clusters, journal } = await embedded();
    await clusters.world.drive(setPolicy(source, SHUT));
    await clusters.advance(1_000);
    const { until, ended } = begin();
    const shut = await until('shut');
    expect(JSON.stringify(shut)).toMatch(/data-path.*drop \* RPC_NFS_\*/);
    expect(journal.steps).toEqual([]);
    await clusters.world.drive(setPolicy(source, []));
    expect(await ended()).toMatchObject({ outcome: 'reached' });
  });

  test('when it is shut while the copy is made, then it waits, and has the source try again as soon as it is open', async () => {
    const { begin, source, clusters, copied } = await embedded();
    await clusters.addDuplication('users');
    await clusters.world.drive(setPolicy(source, SHUT));
    const { until, ended, events } = begin();
    expect(JSON.stringify(await until('shut'))).toMatch(/RPC_NFS_/);
    await clusters.world.drive(setPolicy(source, []));
    expect(await ended()).toMatchObject({ outcome: 'reached' });
    expect(events.map(({ type }) => type)).toContain('retrying');
    expect(await copied()).toEqual(ALL);
  });

  test('when the source’s meta server is away for a while, then it is waited for', async () => {
    const { begin, clusters } = await embedded();
    const [meta = ''] = clusters.source.servers.filter((server) => server.includes('meta'));
    const { until, ended } = begin();
    await until('recorded');
    clusters.crash(meta);
    await until('trouble');
    await clusters.advance(5_000);
    await clusters.restart(meta);
    expect(await ended()).toMatchObject({ outcome: 'reached' });
  });

  test('when the table at the follower is a stranger’s, then everything allowed does not help, and its owner is named', async () => {
    const { begin, clusters, target } = await embedded();
    await clusters.world.drive(clusters.followerOperator.createTable('users', 2));
    await clusters.advance(1_000);
    const { ended } = begin({ heal: ['drop-orphan', 'drop-leftover', 'recopy'] });
    expect(await ended()).toMatchObject({
      outcome: 'handedOver',
      reason: { error: 'BRIDLE_FOREIGN_TABLE', hint: expect.stringContaining('belongs to no duplication') },
    });
    expect(await clusters.world.drive(target.listTables())).toHaveLength(1);
  });

  describe('given a copy that an earlier duplication has left', () => {
    const leave = async () => {
      const where = await embedded();
      const { clusters } = where;
      const id = await clusters.addDuplication('users');
      await clusters.until('DS_LOG', ({ visible }) => visible?.status === 'DS_LOG');
      await clusters.modifyDuplication('users', id, { status: 'DS_REMOVED', followerTablePolicy: 'keep' });
      await clusters.put('users', 'u0', 's', '0');
      await clusters.advance(2_000);
      return { id, ...where };
    };

    test('when nobody has allowed it, then it is left, and the permission is the next thing to type', async () => {
      const { begin, id } = await leave();
      expect(await begin({ heal: ['drop-orphan'] }).ended()).toMatchObject({
        reason: { error: 'BRIDLE_NEEDS_PERMISSION', hint: expect.stringContaining(`east/users/${id}`) },
        next: 'bridle supervise users --to west --heal drop-leftover',
      });
    });

    test.each(['healing', 'dropping', 'adding'])(
      'when it is allowed and the supervisor dies at %s, then the next one goes on, and one table is dropped',
      async (moment) => {
        const { begin, journal, clusters, copied } = await leave();
        const first = begin({ heal: ['drop-leftover'] });
        for (let ms = 0; ms < 60_000; ms += 5) {
          const at = journal.steps.at(-1) === moment || first.supervision.status.state === moment;
          if (at) break;
          await clusters.advance(5);
        }
        await first.supervision.stop();
        const { ended } = begin({ heal: ['drop-leftover'] });
        expect(await ended()).toMatchObject({ outcome: 'reached', status: 'DS_LOG' });
        expect(journal.steps.filter((step) => step === 'healing')).toHaveLength(1);
        expect(await copied()).toEqual(ALL);
      },
    );
  });

  test('when an operator pauses it, then it stays paused, and is looked after again when it is started', async () => {
    const { begin, clusters, journal } = await embedded();
    const { until, events, supervision } = begin({ once: false, heal: ['recopy'] });
    await until('reached');
    const { dupid } = journal.memory;
    await clusters.modifyDuplication('users', dupid, { status: 'DS_PAUSE' });
    expect(await until('handedOver')).toMatchObject({
      reason: { error: 'BRIDLE_PAUSED' },
      next: 'bridle start users',
    });
    await clusters.advance(60_000);
    expect((await clusters.observe()).visible?.status).toBe('DS_PAUSE');
    const before = events.length;
    await clusters.modifyDuplication('users', dupid, { status: 'DS_LOG' });
    await until('reached', before);
    await supervision.stop();
  });

  test('when an operator removes it, then it is not added again', async () => {
    const { begin, clusters, journal } = await embedded();
    const { until, supervision } = begin({ once: false });
    await until('reached');
    await clusters.modifyDuplication('users', journal.memory.dupid, { status: 'DS_REMOVED' });
    expect(await until('handedOver')).toMatchObject({ reason: { error: 'BRIDLE_DUPLICATION_GONE' } });
    await clusters.advance(60_000);
    expect(journal.steps).toEqual(['adding', 'tracking']);
    await supervision.stop();
  });
});

describe('given clusters of Apache Pegasus before #2144, and a creation whose answer is lost (#2146)', () => {
  const upstream = async () => {
    const world = new World();
    const pair = await UpstreamPair.start(world);
    pair.source.addTable('users');
    pair.loseAnswers = 1;
    const { source, follower } = pair;
    return { world, pair, ...operatorOf(world, { source, target: follower }) };
  };

  test('when nothing is allowed, then it is told what is stuck, why, and what to type', async () => {
    const { begin, pair } = await upstream();
    const { reason, next, explanation } = await begin().ended();
    expect(reason).toMatchObject({
      error: 'BRIDLE_NEEDS_PERMISSION',
      hint: 'table 1 at the follower was made by this duplication, which cannot take it up',
    });
    expect(next).toBe('bridle supervise users --to onebox2 --heal drop-orphan');
    expect(explanation?.diagnosis.map(({ sign }) => sign).join()).toMatch(/ERR_APP_EXIST/);
    expect([pair.follower.dropped, pair.source.removed]).toEqual([[], []]);
  });

  test('when it is allowed, then the duplication is removed, its table dropped, and the next one gets to DS_LOG', async () => {
    const { begin, pair, journal } = await upstream();
    const { ended, events } = begin({ heal: ['drop-orphan'] });
    expect(await ended()).toMatchObject({ outcome: 'reached', status: 'DS_LOG' });
    expect(pair.follower.dropped).toEqual([1]);
    expect(pair.source.removed).toHaveLength(1);
    expect(journal.steps).toEqual(['adding', 'tracking', 'healing', 'cleared', 'adding', 'tracking']);
    const kinds = events.map(({ type }) => type);
    expect(kinds.indexOf('removing')).toBeLessThan(kinds.indexOf('dropping'));
  });

  test('when it was begun by somebody else, then that the table is its own cannot be shown, and it is left', async () => {
    const { begin, pair, source, world } = await upstream();
    await world.drive(source.addDuplication({ table: 'users', remoteCluster: 'onebox2' }));
    expect(await begin({ heal: ['drop-orphan'] }).ended()).toMatchObject({
      next: 'bridle supervise users --to onebox2 --heal drop-leftover',
    });
    expect(pair.follower.dropped).toEqual([]);
  });

  test.each([1, 3, 4, 5])(
    'when the supervisor dies behind line %i of its journal, then the next one ends the same, and nothing is dropped twice',
    async (lines) => {
      const { begin, pair, journal, world } = await upstream();
      const first = begin({ heal: ['drop-orphan'] });
      while (journal.written.length < lines) await world.schedule.runUntil(world.nowMs + 1);
      await first.supervision.stop();
      expect(await begin({ heal: ['drop-orphan'] }).ended()).toMatchObject({ outcome: 'reached' });
      expect(pair.follower.dropped).toEqual([1]);
      expect(pair.source.removed).toHaveLength(1);
    },
  );

  test('when it happens again and again, then there is a limit, and it says so', async () => {
    const { begin, pair } = await upstream();
    pair.loseAnswers = 99;
    expect(await begin({ heal: ['drop-orphan'] }).ended()).toMatchObject({
      outcome: 'handedOver',
      reason: { error: 'ERR_APP_EXIST', hint: expect.stringContaining('2 healings did not help') },
    });
    expect(pair.follower.dropped).toEqual([1, 2]);
  });
});
