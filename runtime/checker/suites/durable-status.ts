/** What the durable state of one duplication promises to `duplication`. */
import assert from 'node:assert/strict';
import type { DurableStatusPort } from '../../../actors/ports.js';
import { DUPLICATION_STATUSES, FAIL_MODES } from '../../../machines/index.js';
import type { TestFunctions } from '../paths/run.js';
import { okOf, troubleOf } from './checks.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

export type StatusRecord = Parameters<DurableStatusPort['saveStatus']>[0];

/** What is stored of a duplication. */
export interface StoredStatus extends StatusRecord {
  /** Confirmed decree by partition; −1 or nothing where none is stored. */
  readonly confirmed: readonly number[];
}

/** A new duplication of four partitions of which nothing is stored yet. */
export interface DurableStatusScene extends SceneBase {
  /** Of the storage as it is open now. */
  readonly port: DurableStatusPort;
  /** Ends the storage, opens it again and reads; null: nothing is stored. */
  readonly reopened: () => Promise<StoredStatus | null>;
  /** From now on every write fails in the storage, until told otherwise. */
  readonly failWrites?: (fail: boolean) => Promise<void> | void;
}

export type DurableStatusOptions = SuiteOptions<DurableStatusScene, object>;

const first: StatusRecord = { status: 'DS_PREPARE', failMode: 'FAIL_SLOW', onRemove: 'keep' };
const NONE = -1;

async function save({ port }: DurableStatusScene, record: StatusRecord = first): Promise<void> {
  assert.equal(okOf(await port.saveStatus(record)), null);
}
async function confirm({ port }: DurableStatusScene, partition: number, decree: number): Promise<void> {
  assert.equal(okOf(await port.saveProgress(partition, decree)), null);
}
async function stored(scene: DurableStatusScene): Promise<StoredStatus> {
  const found = await scene.reopened();
  assert.ok(found, 'something is stored');
  const { status, failMode, onRemove, confirmed } = found;
  return { status, failMode, onRemove, confirmed: [0, 1, 2, 3].map((p) => confirmed[p] ?? NONE) };
}

const { cases, given } = casesFor<DurableStatusScene, object>({});

given(
  'any status, fail mode and wish, when saved, then it is there after a restart (SPEC S-DURABLE-1)',
  [],
  async (scene) => {
    for (const [at, status] of DUPLICATION_STATUSES.filter((each) => each !== 'DS_INIT').entries()) {
      const record = {
        status,
        failMode: FAIL_MODES[at % 2] ?? 'FAIL_SLOW',
        onRemove: at % 2 === 0 ? 'keep' : 'drop',
      } as const;
      await save(scene, record);
      assert.deepEqual(await stored(scene), { ...record, confirmed: [NONE, NONE, NONE, NONE] });
    }
  },
);

given('the same status twice, then that is the same as once', [], async (scene) => {
  await save(scene);
  await save(scene);
  assert.equal((await stored(scene)).status, 'DS_PREPARE');
});

given(
  'writes that are told at once, then they take effect in the order they were told',
  [],
  async (scene, within) => {
    const statuses = ['DS_PREPARE', 'DS_APP', 'DS_LOG', 'DS_PAUSE', 'DS_LOG', 'DS_PAUSE'] as const;
    const writes = statuses.map((status) => save(scene, { ...first, status }));
    await within('all writes', Promise.all(writes));
    assert.equal((await stored(scene)).status, 'DS_PAUSE');
  },
);

given(
  'decrees in any order, then the largest of each partition is kept (SPEC S-MONO-1)',
  [],
  async (scene, within) => {
    await save(scene);
    for (const decree of [5, 9, 9, 7, 0]) await confirm(scene, 1, decree);
    await within('many at once', Promise.all([3, 12, 8].map((decree) => confirm(scene, 3, decree))));
    assert.deepEqual((await stored(scene)).confirmed, [NONE, 9, NONE, 12]);
    // What was stored before a restart counts as well.
    await confirm(scene, 1, 4);
    assert.deepEqual((await stored(scene)).confirmed, [NONE, 9, NONE, 12]);
  },
);

given('statuses and decrees by turns, then neither undoes the other', [], async (scene) => {
  await save(scene);
  await confirm(scene, 0, 3);
  await save(scene, { ...first, status: 'DS_LOG', failMode: 'FAIL_SKIP' });
  await confirm(scene, 0, 8);
  assert.deepEqual(await stored(scene), {
    ...first,
    status: 'DS_LOG',
    failMode: 'FAIL_SKIP',
    confirmed: [8, NONE, NONE, NONE],
  });
});

given('a large decree, then it is kept exactly', [], async (scene) => {
  await save(scene);
  await confirm(scene, 2, Number.MAX_SAFE_INTEGER);
  assert.equal((await stored(scene)).confirmed[2], Number.MAX_SAFE_INTEGER);
});

given(
  'a deletion, then nothing is left after a restart, and deleting again is harmless (SPEC L-RELEASE-1)',
  [],
  async (scene) => {
    await save(scene);
    await confirm(scene, 0, 5);
    assert.equal(okOf(await scene.port.deleteRecord()), null);
    assert.equal(okOf(await scene.port.deleteRecord()), null);
    assert.equal(await scene.reopened(), null);
    assert.equal(okOf(await scene.port.deleteRecord()), null);
  },
);

given('a late decree after a deletion, then it brings nothing back', [], async (scene) => {
  await save(scene);
  okOf(await scene.port.deleteRecord());
  await scene.port.saveProgress(0, 5);
  assert.equal(await scene.reopened(), null);
});

given(
  'a write that fails, then it is told with a name, and nothing of it is there, now or later',
  ['failWrites'],
  async (scene) => {
    await save(scene);
    await confirm(scene, 0, 5);
    const before = await stored(scene);
    await scene.failWrites(true);
    troubleOf(await scene.port.saveStatus({ ...first, status: 'DS_APP' }));
    troubleOf(await scene.port.saveProgress(0, 9));
    troubleOf(await scene.port.deleteRecord());
    await scene.failWrites(false);
    assert.deepEqual(await stored(scene), before);
  },
);

given(
  'storage that works again after a failure, then the same port goes on',
  ['failWrites'],
  async (scene) => {
    await save(scene);
    await scene.failWrites(true);
    troubleOf(await scene.port.saveStatus({ ...first, status: 'DS_APP' }));
    await scene.failWrites(false);
    await save(scene, { ...first, status: 'DS_APP' });
    await confirm(scene, 0, 9);
    const { status, confirmed } = await stored(scene);
    assert.deepEqual([status, confirmed[0]], ['DS_APP', 9]);
  },
);

/** Whether something can keep the state of a duplication. */
export function durableStatusPortSuite(
  name: string,
  options: DurableStatusOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
