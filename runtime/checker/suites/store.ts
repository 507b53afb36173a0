/** What the storage engine of a partition promises to `PartitionStore`. */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine, KeyValue, ScanRange, StoreErrorCode } from '../../store/index.js';
import { StoreError } from '../../store/index.js';
import type { TestFunctions } from '../paths/run.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** A new engine. */
export interface StoreScene extends SceneBase {
  readonly engine: Engine;
  /** A name below the scene's own directory, where nothing is yet; for checkpoints. */
  readonly freshPath: (name: string) => string;
  /** Opens the engine of a checkpoint; the suite closes it. */
  readonly openCheckpoint: (path: string) => Promise<Engine>;
  /** Closes the engine and opens what it has kept, where an engine keeps anything; the suite closes it. */
  readonly reopened?: () => Promise<Engine>;
  /** Tries to open the same place a second time, while it is open. */
  readonly openTwice?: () => Promise<Engine>;
}

export type StoreOptions = SuiteOptions<StoreScene, object>;

const b = (text: string) => Buffer.from(text);
const pair = (key: string, value: string): KeyValue => [b(key), b(value)];
const keysIn = async (engine: Engine, range?: ScanRange) =>
  (await engine.scan(range)).map(([key]) => `${key}`);

/** Fails unless the work rejects with this error of the store. */
export async function rejectsAs(code: StoreErrorCode, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof StoreError, `a StoreError was expected, not ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
}

const { cases, given } = casesFor<StoreScene, object>({});

given('a new engine, then it is empty and stands at decree 0', [], async ({ engine }) => {
  assert.equal(engine.lastAppliedDecree, 0);
  assert.deepEqual(engine.marks, {});
  assert.deepEqual(await engine.scan(), []);
  assert.equal(await engine.get(b('k')), undefined);
});

given('batches, then puts, deletes, decree and marks take effect together', [], async ({ engine }) => {
  await engine.apply({ puts: [pair('a', '1'), pair('b', '2')], deletes: [], decree: 3, marks: { x: 7 } });
  await engine.apply({ puts: [pair('c', '3')], deletes: [b('a'), b('missing')], decree: 4, marks: { y: 8 } });
  assert.deepEqual(await engine.scan(), [pair('b', '2'), pair('c', '3')]);
  assert.equal(await engine.get(b('a')), undefined);
  assert.equal(engine.lastAppliedDecree, 4);
  assert.deepEqual(engine.marks, { x: 7, y: 8 });
});

given(
  'batches that are told at once, then they take effect in that order',
  [],
  async ({ engine }, within) => {
    const batches = [1, 2, 3, 4, 5].map((decree) =>
      engine.apply({ puts: [pair('k', `${decree}`)], deletes: [], decree, marks: { at: decree } }),
    );
    await within('five batches', Promise.all(batches));
    assert.equal(`${await engine.get(b('k'))}`, '5');
    assert.deepEqual(engine.marks, { at: 5 });
  },
);

given(
  'empty keys, empty values and bytes of every kind, then they are kept in bytewise order',
  [],
  async ({ engine }) => {
    const keys = [[], [0], [0, 255], [127], [128], [255, 255]].map((each) => Buffer.from(each));
    const puts = keys.map((key) => [key, Buffer.alloc(0)] as const).reverse();
    await engine.apply({ puts, deletes: [], decree: 1 });
    assert.deepEqual(
      (await engine.scan()).map(([key]) => key),
      keys,
    );
    assert.deepEqual(await engine.get(Buffer.alloc(0)), Buffer.alloc(0));
    await engine.apply({ puts: [], deletes: [Buffer.alloc(0)], decree: 2 });
    assert.equal(await engine.get(Buffer.alloc(0)), undefined);
    assert.equal((await engine.scan({ gte: Buffer.alloc(0) })).length, 5);
    assert.equal((await engine.scan({ lte: Buffer.from([255, 255]) })).length, 5);
  },
);

given('ranges, then they are read from either end and in parts', [], async ({ engine }) => {
  const puts = Array.from({ length: 50 }, (_, at) => pair(`k${`${at}`.padStart(2, '0')}`, `v${at}`));
  await engine.apply({ puts, deletes: [], decree: 50 });
  const expected: readonly [ScanRange, readonly string[]][] = [
    [{ gte: b('k10'), lt: b('k13') }, ['k10', 'k11', 'k12']],
    [{ gt: b('k10'), lte: b('k13') }, ['k11', 'k12', 'k13']],
    [{ gt: b('k10'), reverse: true, limit: 2 }, ['k49', 'k48']],
    [{ limit: 0 }, []],
    [{ gt: b('k30'), lt: b('k20') }, []],
    // Each pair has 5 or 6 bytes, so the second one reaches 10.
    [{ gte: b('k10'), maxBytes: 10 }, ['k10', 'k11']],
    [{ maxBytes: 1 }, ['k00']],
  ];
  for (const [range, keys] of expected) assert.deepEqual(await keysIn(engine, range), keys);
});

given(
  'more than a scan gives at once, then it is bounded, and going on after the last key gives all',
  [],
  async ({ engine }) => {
    const names = Array.from({ length: 2_500 }, (_, at) => `key ${`${at}`.padStart(5, '0')}`);
    await engine.apply({ puts: names.map((name) => pair(name, 'x'.repeat(800))), deletes: [], decree: 1 });
    const found: string[] = [];
    for (;;) {
      const last = found.at(-1);
      const part = await engine.scan(last === undefined ? {} : { gt: b(last) });
      assert.ok(part.length <= 1_000, 'at most 1,000 pairs');
      if (part.length === 0) break;
      found.push(...part.map(([key]) => `${key}`));
    }
    assert.deepEqual(found, names);
  },
);

given(
  'a decree that goes back, then the batch is refused and nothing of it is there',
  [],
  async ({ engine }) => {
    await engine.apply({ puts: [], deletes: [], decree: 5 });
    await rejectsAs(
      'ERR_INVALID_PARAMETERS',
      engine.apply({ puts: [pair('a', '1')], deletes: [], decree: 4 }),
    );
    assert.equal(await engine.get(b('a')), undefined);
    await engine.apply({ puts: [], deletes: [], decree: 5, marks: { again: 1 } });
    assert.deepEqual(engine.marks, { again: 1 });
  },
);

given(
  'writes during checkpoints, then each checkpoint contains exactly the returned state',
  [],
  async (scene) => {
    const { engine } = scene;
    let decree = 0;
    let writing = true;
    const writer = (async () => {
      while (writing) {
        decree++;
        // An engine in memory answers without leaving this turn of the event loop.
        await nextTurn();
        const keys = new Set(
          Array.from({ length: 20 }, (_, at) => `key ${(decree * 13 + at * 101) % 3_000}`),
        );
        const puts = [...keys].map((key) => [b(key), Buffer.alloc(500, decree % 256)] as const);
        puts.push([b('decree'), b(`${decree}`)]);
        await engine.apply({ puts, deletes: [], decree, marks: { twice: decree * 2 } });
      }
    })();
    try {
      for (let time = 0; time < 5; time++) {
        const path = scene.freshPath(`checkpoint-${time}`);
        const state = await engine.checkpoint(path);
        const copy = await scene.openCheckpoint(path);
        try {
          assert.deepEqual({ decree: copy.lastAppliedDecree, marks: copy.marks }, state);
          const seen = await copy.get(b('decree'));
          assert.equal(seen === undefined ? 0 : Number(seen), state.decree);
        } finally {
          await copy.close();
        }
      }
    } finally {
      writing = false;
      await writer;
    }
  },
);

given(
  'a closed engine, then it refuses everything, and closing again is harmless',
  [],
  async ({ engine, freshPath }) => {
    await engine.close();
    await engine.close();
    await rejectsAs('ERR_INVALID_STATE', engine.apply({ puts: [], deletes: [], decree: 1 }));
    await rejectsAs('ERR_INVALID_STATE', engine.get(b('a')));
    await rejectsAs('ERR_INVALID_STATE', engine.scan());
    await rejectsAs('ERR_INVALID_STATE', engine.checkpoint(freshPath('late')));
  },
);

given(
  'an engine that keeps its state, when closed and opened, then batch, decree and marks are there',
  ['reopened'],
  async (scene) => {
    await scene.engine.apply({ puts: [pair('a', '1')], deletes: [], decree: 9, marks: { m: 1 } });
    const again = await scene.reopened();
    try {
      assert.deepEqual([again.lastAppliedDecree, again.marks], [9, { m: 1 }]);
      assert.equal(`${await again.get(b('a'))}`, '1');
    } finally {
      await again.close();
    }
  },
);

given(
  'an engine that is open, when opened a second time, then that is refused',
  ['openTwice'],
  async (scene) => {
    await rejectsAs('ERR_LOCK_ALREADY_EXIST', scene.openTwice());
    await scene.engine.apply({ puts: [], deletes: [], decree: 1 });
  },
);

/** Whether something can be the engine of a partition (`PartitionStoreOptions.openEngine`). */
export function storeSuite(name: string, options: StoreOptions, functions: TestFunctions): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
