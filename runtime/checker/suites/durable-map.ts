/** What small durable state promises to a meta server. */
import assert from 'node:assert/strict';
import { type DurableMap, StoreError } from '../../store/index.js';
import type { TestFunctions } from '../paths/run.js';
import { rejectsAs } from './store.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** An empty map. */
export interface DurableMapScene extends SceneBase {
  readonly map: DurableMap;
  /** Closes the map and opens what it has kept; closed with the scene. */
  readonly reopened?: () => Promise<DurableMap>;
  /** Tries to open the same place a second time, while it is open. */
  readonly openTwice?: () => Promise<DurableMap>;
}

export type DurableMapOptions = SuiteOptions<DurableMapScene, object>;

const { cases, given } = casesFor<DurableMapScene, object>({});

given('a commit, then its entries come back with its version', [], async ({ map }) => {
  const version = await map.commit({ puts: [{ key: 'app/1', value: { a: [1, null, 'x'] } }] });
  assert.deepEqual(await map.get('app/1'), { key: 'app/1', value: { a: [1, null, 'x'] }, version });
  assert.equal(await map.get('app/2'), undefined);
});

given('keys of several kinds, then a prefix lists its own, in order', [], async ({ map }) => {
  await map.commit({ puts: ['b/2', 'a/1', 'b/1', 'revision'].map((key) => ({ key, value: key })) });
  assert.deepEqual(
    (await map.list('b/')).map(({ key }) => key),
    ['b/1', 'b/2'],
  );
  assert.equal((await map.list('')).length, 4);
});

given('an expected version that does not hold, then nothing of the commit is there', [], async ({ map }) => {
  const first = await map.commit({ puts: [{ key: 'a', value: 1, expectedVersion: 0 }] });
  const late = { key: 'a', value: 2, expectedVersion: 0 };
  await rejectsAs('ERR_VERSION_OUTDATED', map.commit({ puts: [{ key: 'b', value: 1 }, late] }));
  assert.equal(await map.get('b'), undefined);
  const second = await map.commit({ puts: [{ key: 'a', value: 2, expectedVersion: first }] });
  assert.ok(second > first);
  await rejectsAs('ERR_VERSION_OUTDATED', map.commit({ deletes: [{ key: 'a', expectedVersion: first }] }));
  await map.commit({ deletes: [{ key: 'a', expectedVersion: second }] });
  assert.ok((await map.commit({ puts: [late] })) > second, 'a version is never used again');
});

given('many competing writers, then exactly one wins each round', [], async ({ map }, within) => {
  await map.commit({ puts: [{ key: 'n', value: 0 }] });
  const increment = async () => {
    for (;;) {
      const seen = await map.get('n');
      const put = { key: 'n', value: Number(seen?.value) + 1, expectedVersion: seen?.version ?? 0 };
      try {
        await map.commit({ puts: [put] });
        return;
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'ERR_VERSION_OUTDATED')) throw error;
      }
    }
  };
  await within('twenty writers', Promise.all(Array.from({ length: 20 }, increment)));
  assert.equal((await map.get('n'))?.value, 20);
});

given('a key given twice, or a value that is not JSON, then the commit is refused', [], async ({ map }) => {
  const twice = { puts: [{ key: 'a', value: 1 }], deletes: [{ key: 'a' }] };
  await rejectsAs('ERR_INVALID_PARAMETERS', map.commit(twice));
  await rejectsAs('ERR_INVALID_PARAMETERS', map.commit({ puts: [{ key: 'a', value: undefined as never }] }));
  assert.deepEqual(await map.list(''), []);
});

given('a closed map, then it refuses everything', [], async ({ map }) => {
  await map.close();
  await rejectsAs('ERR_INVALID_STATE', map.get('a'));
  await rejectsAs('ERR_INVALID_STATE', map.list(''));
  await rejectsAs('ERR_INVALID_STATE', map.commit({}));
});

given('a value that its owner changes afterwards, then the stored one stays', [], async ({ map }) => {
  const value = { list: [1] };
  await map.commit({ puts: [{ key: 'a', value }] });
  value.list.push(2);
  const seen = (await map.get('a'))?.value as { list: number[] };
  assert.deepEqual(seen, { list: [1] });
  seen.list.push(3);
  assert.deepEqual((await map.get('a'))?.value, { list: [1] });
});

given(
  'a map that keeps its state, when opened again, then entries are there and versions go on',
  ['reopened'],
  async (scene) => {
    await scene.map.commit({
      puts: [
        { key: 'a', value: 1 },
        { key: 'b', value: 'x y' },
      ],
    });
    const last = await scene.map.commit({ deletes: [{ key: 'a' }] });
    const again = await scene.reopened();
    assert.deepEqual(await again.list(''), [{ key: 'b', value: 'x y', version: last - 1 }]);
    assert.equal(await again.commit({ puts: [{ key: 'a', value: 2 }] }), last + 1);
  },
);

given(
  'a map that is open, when opened a second time, then that is refused in words',
  ['openTwice'],
  async (scene) => {
    await rejectsAs('ERR_LOCK_ALREADY_EXIST', scene.openTwice());
    await assert.rejects(scene.openTwice(), /another process/);
    await scene.map.commit({ puts: [{ key: 'a', value: 1 }] });
  },
);

/** Whether something can keep the small durable state of a server. */
export function durableMapSuite(
  name: string,
  options: DurableMapOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
