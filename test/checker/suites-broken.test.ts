/** A suite that nothing can fail proves nothing: adapters that are broken on purpose, and which promises they break. */
import { expect, describe as group, test } from 'vitest';
import type { FollowerRequest } from '../../machines/index.js';
import { MemoryEngine } from '../../runtime/store/index.js';
import {
  type DurableStatusScene,
  durableStatusPortSuite,
  type FollowerMetaPort,
  type FollowerMetaScene,
  followerMetaPortSuite,
  type LogShipperPort,
  type LogShipperScene,
  logShipperPortSuite,
  type StoreScene,
  storeSuite,
  type TestFunctions,
} from '../../runtime/testing.js';
import { MemoryFollower, MemoryPartition, MemoryStatus } from './suites-doubles.js';
import { expectFailed, run, settleWithinMs } from './suites-run.js';

/** The scene with another port in front of it. */
function withPort<Scene extends { readonly port: unknown }>(inner: Scene, port: Scene['port']): Scene {
  return new Proxy(inner, {
    get: (_, name) => {
      if (name === 'port') return port;
      const value: unknown = Reflect.get(inner, name);
      return typeof value === 'function' ? value.bind(inner) : value;
    },
  });
}

/** A follower whose port is wrapped. */
function follower(
  ask: (
    inner: MemoryFollower,
    ...of: Parameters<FollowerMetaPort['ask']>
  ) => ReturnType<FollowerMetaPort['ask']>,
) {
  return (functions: TestFunctions) =>
    followerMetaPortSuite(
      'broken',
      {
        start: ({ deadlineMs }) => {
          const inner = new MemoryFollower(deadlineMs);
          const port: FollowerMetaPort = { ask: (request, signal) => ask(inner, request, signal) };
          return withPort<FollowerMetaScene>(inner, port);
        },
        leaveOut: { garble: 'its answers are values' },
        settleWithinMs,
      },
      functions,
    );
}

const never = new AbortController().signal;

group('a broken way to a follower’s meta server', () => {
  test('given nothing is broken, then nothing fails', async () => {
    expectFailed(await run(follower((inner, request, signal) => inner.ask(request, signal))), []);
    expectFailed(await run(shipper(() => ({}))), []);
  });

  test('given it takes any table for its own, then the owner’s cases fail', async () => {
    const broken = follower(async (inner, request, signal) => {
      const reply = await inner.ask(request, signal);
      if (reply.error === 'ERR_APP_EXIST') return { ...reply, error: 'ERR_OK' };
      return reply;
    });
    expectFailed(await run(broken), ['when ours is created or marked, then it is refused']);
  });

  test('given it drops without looking at the owner, then the drop cases fail', async () => {
    const broken = follower(async (inner, request, signal) => {
      if (request.kind !== 'DropTable') return inner.ask(request, signal);
      const owner = (await inner.table(request.table))?.owner ?? null;
      return inner.ask({ ...request, expectedOwner: owner }, signal);
    });
    expectFailed(await run(broken), ['when dropped by its owner’s name']);
  });

  test('given it ignores the signal, then the case of calling off fails, and says what did not settle', async () => {
    const result = await run(follower((inner, request) => inner.ask(request, never)));
    expectFailed(result, ['when a request is called off']);
    expect([...result.failed.values()].join()).toContain('called off did not settle');
  });

  test('given it leaves a listener behind on each request, then the case of many requests fails', async () => {
    const broken = follower((inner, request, signal) => {
      signal.addEventListener('abort', () => undefined);
      return inner.ask(request, signal);
    });
    const result = await run(broken);
    expectFailed(result, ['nothing stays behind', 'when a request is called off']);
  });

  test('given it answers with another request’s number, then nearly everything fails', async () => {
    const broken = follower(async (inner, request, signal) => ({
      ...(await inner.ask(request, signal)),
      requestNo: 0,
    }));
    const { failed, titles } = await run(broken);
    expect(failed.size).toBeGreaterThan(titles.length / 2);
  });

  test('given it takes silence for absence, then the cases of silence and lost answers fail', async () => {
    const broken = follower(async (inner, request: FollowerRequest, signal) => {
      const reply = await inner.ask(request, signal);
      return reply.error === 'ERR_TIMEOUT' ? { ...reply, error: 'ERR_APP_NOT_EXIST' } : reply;
    });
    expectFailed(await run(broken), [
      'nobody answers, then each kind of request',
      'is lost, then that is told',
    ]);
  });
});

/** A shipper whose port is wrapped. */
function shipper(wrap: (inner: MemoryPartition) => Partial<LogShipperPort>) {
  return (functions: TestFunctions) =>
    logShipperPortSuite(
      'broken',
      {
        start: (wanted) => {
          const inner = new MemoryPartition(wanted);
          const port: LogShipperPort = {
            probe: (signal) => inner.probe(signal),
            ship: (from, to, signal) => inner.ship(from, to, signal),
            ...wrap(inner),
          };
          return withPort<LogShipperScene>(inner, port);
        },
        settleWithinMs,
      },
      functions,
    );
}

group('a broken way to a follower’s partition', () => {
  test('given it acknowledges without applying, then the cases that look at the follower fail', async () => {
    const lies = shipper(() => ({ ship: async (_, to) => ({ ok: { appliedDecree: to } }) }));
    const { failed } = await run(lies);
    expect([...failed.keys()].join('\n')).toContain('each is applied in order when it is acknowledged');
    expect([...failed.keys()].join('\n')).toContain('nothing of it is applied');
  });

  test('given it answers a probe with 0 where nothing is, then exactly that case fails', async () => {
    const zero = shipper((inner) => ({
      probe: async (signal) => {
        const outcome = await inner.probe(signal);
        return 'ok' in outcome ? { ok: { appliedDecree: Math.max(0, outcome.ok.appliedDecree) } } : outcome;
      },
    }));
    expectFailed(await run(zero), ['a follower that holds nothing']);
  });

  test('given it throws instead of returning trouble, then every case of trouble fails', async () => {
    const throws = shipper((inner) => ({
      ship: async (from, to, signal) => {
        const outcome = await inner.ship(from, to, signal);
        if ('trouble' in outcome) throw new Error(outcome.trouble.error);
        return outcome;
      },
    }));
    const { failed } = await run(throws);
    for (const words of [
      'beyond a gap',
      'not the one loaded last',
      'nobody is there',
      'belongs to another',
    ]) {
      expect(
        [...failed.keys()].some((title) => title.includes(words)),
        words,
      ).toBe(true);
    }
  });
});

group('broken storage of a status', () => {
  const status = (make: () => DurableStatusScene) => (functions: TestFunctions) =>
    durableStatusPortSuite('broken', { start: make, settleWithinMs }, functions);

  test('given a decree that goes back, then the case of decrees in any order fails (SPEC S-MONO-1)', async () => {
    class Forgetful extends MemoryStatus {
      override async saveProgress(partition: number, decree: number) {
        const before = await this.reopened();
        if (before !== null && decree < (before.confirmed[partition] ?? -1)) {
          const others = before.confirmed.entries();
          await this.deleteRecord();
          await this.saveStatus({
            status: before.status,
            failMode: before.failMode,
            onRemove: before.onRemove,
          });
          for (const [each, kept] of others) if (each !== partition) await super.saveProgress(each, kept);
        }
        return super.saveProgress(partition, decree);
      }
    }
    const result = await run(status(() => new Forgetful()));
    expectFailed(result, ['decrees in any order']);
  });

  test('given a write that is done although it was reported as failed, then the case of failing writes fails', async () => {
    class Late extends MemoryStatus {
      override async saveStatus(record: Parameters<MemoryStatus['saveStatus']>[0]) {
        const outcome = await super.saveStatus(record);
        if ('trouble' in outcome) {
          this.failWrites(false);
          await super.saveStatus(record);
          this.failWrites(true);
        }
        return outcome;
      }
    }
    expectFailed(await run(status(() => new Late())), ['a write that fails, then it is told']);
  });
});

group('a broken engine', () => {
  test('given marks that are forgotten and scans without a bound, then exactly those cases fail', async () => {
    const start = async (): Promise<StoreScene> => {
      const engine = await MemoryEngine.open();
      const scan = engine.scan.bind(engine);
      engine.scan = (range = {}) => scan({ limit: 1e6, maxBytes: 1e9, ...range });
      return { engine, freshPath: (name) => `/nowhere/${name}`, openCheckpoint: () => MemoryEngine.open() };
    };
    const leaveOut = { reopened: 'in memory', openTwice: 'in memory' };
    const result = await run((functions) =>
      storeSuite('broken', { start, leaveOut, settleWithinMs }, functions),
    );
    expectFailed(result, ['more than a scan gives at once', 'writes during checkpoints']);
  });
});
