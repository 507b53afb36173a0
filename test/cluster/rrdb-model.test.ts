import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RrdbResult, RrdbService, rrdbApply } from '../../runtime/cluster/rrdb/index.js';
import { type DuplicateEntry, decodeStoredValue, type Request } from '../../runtime/pegasus/index.js';
import { MemoryEngine, PartitionStore } from '../../runtime/store/index.js';
import { b, callerOf, gpid, message, raw } from './rrdb.js';

const owner = 'o';
const seed = Number(process.env.RRDB_SEED ?? Date.now() % 2 ** 31);
console.info(`rrdb model: RRDB_SEED=${seed}`);
const runs = { seed, numRuns: 60 };

async function withService(use: (call: Call, store: PartitionStore<RrdbResult>) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), 'rrdb-'));
  const apply = rrdbApply({ clusterId: 2 });
  const store = await PartitionStore.open({ directory, apply, openEngine: () => MemoryEngine.open() });
  const partition = { gpid, partitionCount: 1, store, owner, writable: true };
  const service = new RrdbService({ partition: () => partition, clusterId: 2, serverAddress: 'h:1' });
  const call = callerOf(service, gpid);
  try {
    await use(call, store);
  } finally {
    await store.close();
    await rm(directory, { recursive: true });
  }
}
type Call = ReturnType<typeof callerOf>;

type Op = {
  readonly hash: string;
  readonly sorts: readonly string[];
  readonly value: string;
  readonly kind: WriteCode;
};
type WriteCode =
  | 'RPC_RRDB_RRDB_PUT'
  | 'RPC_RRDB_RRDB_MULTI_PUT'
  | 'RPC_RRDB_RRDB_REMOVE'
  | 'RPC_RRDB_RRDB_MULTI_REMOVE';

const letters = fc.constantFrom('', 'a', 'b', '\0', '\xff', 'ab');
const op: fc.Arbitrary<Op> = fc.record({
  hash: fc.constantFrom('h', 'h\xff', 'i', ''),
  sorts: fc.array(
    fc.tuple(letters, letters).map((pair) => pair.join('')),
    { minLength: 1, maxLength: 4 },
  ),
  value: fc.string({ maxLength: 5 }),
  kind: fc.constantFrom(
    'RPC_RRDB_RRDB_PUT',
    'RPC_RRDB_RRDB_MULTI_PUT',
    'RPC_RRDB_RRDB_REMOVE',
    'RPC_RRDB_RRDB_MULTI_REMOVE',
  ),
});

function requestOf({ hash, sorts, value, kind }: Op): Request<WriteCode> {
  const hashKey = b(hash);
  const key = raw(hash, sorts[0] ?? '');
  if (kind === 'RPC_RRDB_RRDB_PUT') return { key, value: b(value), expireTsSeconds: 0 };
  if (kind === 'RPC_RRDB_RRDB_REMOVE') return key;
  if (kind === 'RPC_RRDB_RRDB_MULTI_REMOVE') return { hashKey, sortKeys: sorts.map(b), maxCount: 0 };
  return {
    hashKey,
    kvs: sorts.map((sort, i) => ({ key: b(sort), value: b(value + i) })),
    expireTsSeconds: 0,
  };
}

/** The same on a map from raw key (latin1) to value. */
function applyToModel(model: Map<string, string>, { hash, sorts, value, kind }: Op): void {
  const many = kind.includes('MULTI');
  for (const [i, sort] of (many ? sorts : sorts.slice(0, 1)).entries()) {
    const key = raw(hash, sort).toString('latin1');
    if (kind.endsWith('REMOVE')) model.delete(key);
    else model.set(key, b(many ? value + i : value).toString('latin1'));
  }
}
const sorted = (model: Map<string, string>) => [...model].sort(([x], [y]) => (x < y ? -1 : 1));

test('after any writes, all reads agree with a map', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(op, { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (ops, size, reverse) => {
        await withService(async (call) => {
          const model = new Map<string, string>();
          for (const one of ops) {
            applyToModel(model, one);
            expect((await call(one.kind, requestOf(one))).error).toBe(0);
          }
          const rows: [string, string][] = [];
          const none = {
            hashKeyFilterType: 0,
            hashKeyFilterPattern: b(''),
            sortKeyFilterType: 0,
            sortKeyFilterPattern: b(''),
          };
          const range = {
            startKey: b(''),
            stopKey: b(''),
            startInclusive: true,
            stopInclusive: false,
            noValue: false,
          };
          let batch = await call('RPC_RRDB_RRDB_GET_SCANNER', { ...range, ...none, batchSize: size });
          for (;;) {
            rows.push(
              ...batch.kvs.map(({ key, value }): [string, string] => [
                key.toString('latin1'),
                value.toString('latin1'),
              ]),
            );
            if (batch.contextId < 0) break;
            batch = await call('RPC_RRDB_RRDB_SCAN', { contextId: batch.contextId });
          }
          expect(rows).toEqual(sorted(model));
          for (const hash of ['h', 'h\xff', 'i', '']) {
            const prefix = raw(hash, '').toString('latin1');
            const wanted = sorted(model)
              .filter(([key]) => key.startsWith(prefix))
              .map(([key]) => key.slice(prefix.length));
            expect((await call('RPC_RRDB_RRDB_SORTKEY_COUNT', b(hash))).count).toBe(wanted.length);
            const got = await call('RPC_RRDB_RRDB_MULTI_GET', {
              hashKey: b(hash),
              sortKeys: [],
              maxKvCount: size,
              maxKvSize: 0,
              noValue: true,
              startSortkey: b(''),
              stopSortkey: b(''),
              startInclusive: true,
              stopInclusive: false,
              sortKeyFilterType: 0,
              sortKeyFilterPattern: b(''),
              reverse,
            });
            const part = reverse ? wanted.slice(-size) : wanted.slice(0, size);
            expect(got.kvs.map(({ key }) => key.toString('latin1'))).toEqual(part);
            expect(got.error).toBe(part.length < wanted.length ? 7 : 0);
          }
          for (const { hash, sorts } of ops) {
            const key = raw(hash, sorts[0] ?? '');
            const { error, value } = await call('RPC_RRDB_RRDB_GET', key);
            const known = model.get(key.toString('latin1'));
            expect([error, value.toString('latin1')]).toEqual(known === undefined ? [1, ''] : [0, known]);
          }
        });
      },
    ),
    runs,
  );
});

test('whatever is delivered, late, twice, overlapping or out of order: each decree takes effect once, in order', async () => {
  const deliveries = fc.array(fc.tuple(fc.nat(12), fc.nat(5)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 1, maxLength: 12 }), deliveries, async (history, random) => {
      await withService(async (call, store) => {
        // The source's mutation of decree d is history[d - 1]; the table starts as an installed copy of decree 0.
        const start = { entries: [], fromDecreeExcluded: 0, toDecreeIncluded: 0, owner };
        const code = 'RPC_RRDB_RRDB_DUPLICATE';
        await store.write({ code, message: message(code, start) });
        const entryOf = (one: Op, i: number): DuplicateEntry => ({
          timestamp: BigInt(i + 1),
          taskCode: one.kind,
          rawMessage: message(one.kind, requestOf(one)),
          clusterId: 1,
        });
        const entries = history.map(entryOf);
        let applied = 0;
        let logged = store.lastDurableDecree;
        const deliver = async (from: number, to: number) => {
          const range = { fromDecreeExcluded: from, toDecreeIncluded: to, owner };
          const answer = await call('RPC_RRDB_RRDB_DUPLICATE', {
            entries: entries.slice(from, to),
            ...range,
          });
          const moves = from === applied && to > applied;
          if (moves) applied = to;
          expect(answer).toEqual({ error: moves || to <= applied ? 0 : 13, appliedDecree: applied });
          expect(store.lastDurableDecree).toBe(moves ? ++logged : logged);
          const model = new Map<string, string>();
          for (const one of history.slice(0, applied)) applyToModel(model, one);
          const rows = (await store.scan()).map(([key, value]) => [
            key.toString('latin1'),
            decodeStoredValue(1, value).data.toString('latin1'),
          ]);
          expect(rows).toEqual(sorted(model));
        };
        for (const [from, length] of random) {
          if (from < history.length) await deliver(from, Math.min(history.length, from + length));
        }
        // A sender that goes on from what it is told always arrives.
        while (applied < history.length) await deliver(applied, Math.min(history.length, applied + 2));
      });
    }),
    runs,
  );
});
