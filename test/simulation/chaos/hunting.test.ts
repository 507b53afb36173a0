/** What makes rare coincidences less rare: characters, moments, messages that arrive between two others. */
import { describe, expect, it } from 'vitest';
import { drawPlan } from '../../../runtime/simulation/chaos/draw-plan.js';
import { FAULT_KINDS, type FaultKind } from '../../../runtime/simulation/chaos/fault-kinds.js';
import { KeptMessages } from '../../../runtime/simulation/chaos/faults/kept-messages.js';
import { Moments } from '../../../runtime/simulation/chaos/faults/moments.js';
import { planOf } from '../../../runtime/simulation/chaos/index.js';
import { Openings } from '../../../runtime/simulation/chaos/monitors/openings.js';
import type { ChaosPlan, Moment } from '../../../runtime/simulation/chaos/plan.js';
import { runPlan } from '../../../runtime/simulation/chaos/run.js';
import { eventInWords } from '../../../runtime/simulation/chaos/trouble-in-words.js';
import type { WireMessage } from '../../../runtime/simulation/wire-message.js';
import { World } from '../../../runtime/simulation/world.js';

const TIMEOUT_MS = 120_000;
const SEEDS = Array.from({ length: 400 }, (_, i) => i + 1);

const message = (from: string, to: string, code = 'RPC_RRDB_RRDB_DUPLICATE'): WireMessage => ({
  ...{ from, to, code, what: 'request', sequence: 1, connection: 1 },
  bytes: Buffer.alloc(0),
});

const kindsOf = ({ events }: ChaosPlan): Set<FaultKind> => new Set(events.map(({ trouble }) => trouble.kind));

describe('what seeds are like', () => {
  const all = new Set(FAULT_KINDS);
  const plans = SEEDS.map((seed) => drawPlan({ seed, hours: 1, faults: all }));

  it('given many seeds, then every kind is drawn, and most seeds have a few kinds beside the operator', () => {
    const drawn = new Set(plans.flatMap((plan) => [...kindsOf(plan)]));
    expect([...drawn].sort()).toEqual([...FAULT_KINDS].sort());
    const few = plans.filter((plan) => kindsOf(plan).size <= 5);
    expect(few.length).toBeGreaterThan(plans.length / 2);
    expect(few.length).toBeLessThan(plans.length);
  });

  it('given many seeds, then some troubles wait for a step of the servers, and are told so', () => {
    const events = plans.flatMap((plan) => plan.events);
    const aimed = events.filter(({ moment }) => moment !== null);
    expect(aimed.length).toBeGreaterThan(events.length / 10);
    expect(aimed.length).toBeLessThan(events.length / 2);
    for (const event of aimed) expect(eventInWords(event)).toMatch(/(at|after) the (next|\d\w\w next) /);
  });

  it.each([
    [['operator'], ['operator']],
    [['loss'], ['loss']],
    [[], []],
  ] as [FaultKind[], FaultKind[]][])('given only %j, then nothing else is planned', (asked, kinds) => {
    for (const seed of SEEDS.slice(0, 50)) {
      const drawn = [...kindsOf(drawPlan({ seed, hours: 1, faults: new Set(asked) }))];
      expect(drawn.filter((kind) => !kinds.includes(kind))).toEqual([]);
    }
  });
});

describe('a message that waits for others', () => {
  function keeping(passes: number, afterMs = 0) {
    const world = new World();
    const kept = new KeptMessages(world);
    const arrived: number[] = [];
    kept.keep(message('east/a', 'west/b'), passes, afterMs, (ms) => arrived.push(ms));
    return { world, kept, arrived };
  }

  it('given as many as it waits for between its two servers, in either direction, then it arrives, once', () => {
    const { kept, arrived } = keeping(2, 5);
    kept.pass(message('east/a', 'west/other'));
    kept.pass(message('east/a', 'west/b'));
    expect(arrived).toEqual([]);
    kept.pass(message('west/b', 'east/a'));
    kept.pass(message('west/b', 'east/a'));
    expect(arrived).toEqual([5]);
  });

  it('given that no other comes, then it arrives after ten minutes', async () => {
    const { world, arrived } = keeping(2);
    await world.schedule.runUntil(9 * 60_000, () => false);
    expect(arrived).toEqual([]);
    await world.schedule.runUntil(11 * 60_000, () => false);
    expect(arrived).toEqual([0]);
  });
});

describe('a moment', () => {
  const of = (step: Moment['step'], nth = 1): Moment => ({ step, nth, afterMs: 0 });
  const commit = (path: string) => ({ server: 'east/meta', what: 'commit', path });

  it('given the second message of its kind, then it has come, and comes no more', () => {
    const moments = new Moments();
    let struck = 0;
    moments.wait(1, of({ of: 'message', code: 'RPC_CM_CREATE_APP', what: 'request' }, 2), () => struck++);
    moments.noteMessage(message('east/meta', 'west/meta', 'RPC_CM_LIST_APPS'));
    moments.noteMessage(message('east/meta', 'west/meta', 'RPC_CM_CREATE_APP'));
    expect(struck).toBe(0);
    for (let i = 0; i < 3; i++) moments.noteMessage(message('east/meta', 'west/meta', 'RPC_CM_CREATE_APP'));
    expect(struck).toBe(1);
  });

  it('given what somebody puts on a disk, then server, operation and path have to be those; or nobody waits', () => {
    const moments = new Moments();
    const struck: number[] = [];
    const step = { of: 'disk', server: '*/meta', what: 'commit', path: 'duplication/*' } as const;
    moments.wait(1, of(step), () => struck.push(1));
    moments.wait(2, of(step), () => struck.push(2));
    moments.forget(2);
    moments.noteDisk(commit('progress/1/1/0'));
    moments.noteDisk({ ...commit('duplication/1/1'), server: 'east/replica-0' });
    expect(struck).toEqual([]);
    moments.noteDisk(commit('duplication/1/1'));
    expect(struck).toEqual([1]);
  });

  it(
    'given one that comes, then the trouble strikes then; given one that does not, then after two minutes',
    async () => {
      const plan = planOf({ seed: 2, hours: 0.2, faults: 'none' });
      const end = { kind: 'kill', server: 'east/replica-0', downMs: 1_000, atOperation: null } as const;
      const event = (id: number, code: string) => ({
        ...{ id, atMs: id * 200_000, trouble: end },
        moment: of({ of: 'message', code }),
      });
      const died: number[] = [];
      const result = await runPlan(
        { ...plan, events: [event(1, 'RPC_BRIDLE_NODE_SYNC'), event(2, 'RPC_NEVER_SENT')] },
        {
          onStarted: ({ world }) => {
            world.watcher = {
              died: () => died.push(world.nowMs),
              booted: () => undefined,
              logged: () => undefined,
              sent: () => undefined,
              rested: () => undefined,
            };
          },
        },
      );
      expect(result.faults.kill).toEqual({ planned: 2, struck: 2, hits: 2 });
      const [first = 0, second = 0] = died;
      // Planned 200 s apart; the first waits for an exchange that comes every half minute, the second in vain.
      expect(second - first).toBeGreaterThanOrEqual(200_000 + 120_000 - 30_000);
    },
    TIMEOUT_MS,
  );
});

describe('a partition that does not open', () => {
  async function look(change: { readonly attempts: readonly number[]; readonly diskTroubleMs?: number }) {
    const violations: string[] = [];
    const world = { nowMs: 60_000 };
    let attempts = 0;
    const trouble = () => ({ error: 'ERR_CORRUPTION', operation: 'open partition', hint: 'log', attempts });
    const partition = {
      gpid: { appId: 1, partitionIndex: 0 },
      report: () => ({ state: 'failed', trouble: trouble() }),
    };
    const cluster = { replicaNamed: () => ({ partitions: () => [partition] }) };
    const openings = new Openings({
      clusters: { world, source: { name: 'east' }, servers: ['east/replica-0'], clusterOf: () => cluster },
      judge: { violated: (property: string) => violations.push(property) },
      processes: { lifeOf: () => 1 },
      diskTroubleMs: () => change.diskTroubleMs ?? null,
    } as never);
    for (const now of change.attempts) {
      attempts = now;
      openings.look();
      world.nowMs += 60_000;
    }
    return violations;
  }

  it.each([
    ['it has been tried again and again', { attempts: [1, 2, 3] }, ['AcknowledgedKept']],
    ['it has been tried once more', { attempts: [1, 1, 2] }, []],
    ['its disk had trouble meanwhile', { attempts: [1, 2, 3], diskTroubleMs: 200_000 }, []],
  ] as const)('given that %s, then it counts or not', async (_, change, violated) => {
    expect(await look(change)).toEqual(violated);
  });
});
