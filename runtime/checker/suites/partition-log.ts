/** What a source partition's log and checkpoints promise to `partitionDuplicator`. */
import assert from 'node:assert/strict';
import type { PartitionLogPort } from '../../../actors/ports.js';
import type { TestFunctions } from '../paths/run.js';
import { checkCancellation, checkNothingStays, noAbort, okOf, soundTrouble, troubleOf } from './checks.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** An empty source partition. */
export interface PartitionLogScene extends SceneBase {
  /** Of the partition as it is open now. */
  readonly port: PartitionLogPort;
  /** Clients write; each text becomes one mutation. Resolves with the last decree when they are durable. */
  readonly append: (texts: readonly string[]) => Promise<number>;
  /** Texts of the batch loaded last, as they would be shipped. */
  readonly loaded: () => readonly string[];
  /** Texts in the checkpoint of this decree, in any order; as it is on disk. */
  readonly checkpointed?: (decree: number) => Promise<readonly string[]>;
  /** Ends the partition and opens it again. */
  readonly reopen?: () => Promise<void>;
  /** Makes the log unreadable from a decree on; resolves with the last decree that is lost by it. */
  readonly damage?: (decree: number) => Promise<number>;
  /** Deletes the log up to a decree; resolves with the first that is left. */
  readonly collect?: (upToDecree: number) => Promise<number>;
}

export interface PartitionLogWanted {
  /** Mutations in one batch, at most. */
  readonly batchMutations: number;
}

export type PartitionLogOptions = SuiteOptions<PartitionLogScene, PartitionLogWanted>;

const textsFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => `mutation ${first + at}`);

async function load({ port }: PartitionLogScene, afterDecree: number): Promise<number> {
  const outcome = await port.loadBatch(afterDecree, noAbort());
  if ('damaged' in outcome) assert.fail(`the log is damaged: ${outcome.damaged.hint ?? ''}`);
  return okOf(outcome).toDecree;
}

/** Loads batch after batch, as a shipper does; everything that came, in order. */
async function readAll(scene: PartitionLogScene, afterDecree: number) {
  const texts: string[] = [];
  const sizes: number[] = [];
  for (let at = afterDecree; ; ) {
    const toDecree = await load(scene, at);
    if (toDecree === at) return { texts, sizes, end: at };
    assert.ok(toDecree > at, `decree ${toDecree} after ${at}`);
    const batch = scene.loaded();
    assert.equal(batch.length, toDecree - at, 'a batch has every mutation of its range');
    texts.push(...batch);
    sizes.push(batch.length);
    at = toDecree;
  }
}

const { cases, given } = casesFor<PartitionLogScene, PartitionLogWanted>({ batchMutations: 1_000 });

given('an empty log, then there is nothing to load', [], async (scene) => {
  assert.equal(await load(scene, 0), 0);
});

given(
  'mutations, when loaded, then they come all, once and in order, and later ones as well',
  [],
  async (scene) => {
    const last = await scene.append(textsFrom(1, 20));
    assert.equal(last, 20, 'decrees are counted from 1, without holes');
    assert.deepEqual((await readAll(scene, 0)).texts, textsFrom(1, 20));
    assert.equal(await load(scene, last), last);
    await scene.append(textsFrom(21, 23));
    assert.deepEqual(await readAll(scene, last), { texts: textsFrom(21, 23), sizes: [3], end: 23 });
  },
);

given('the same decree twice, then the same is loaded twice', [], async (scene) => {
  await scene.append(textsFrom(1, 6));
  for (let time = 0; time < 2; time++) {
    assert.equal(await load(scene, 4), 6);
    assert.deepEqual(scene.loaded(), textsFrom(5, 6));
  }
});

given(
  'more than fits into a batch, then batches are cut and nothing is lost between them',
  [],
  async (scene) => {
    await scene.append(textsFrom(1, 19));
    const { texts, sizes } = await readAll(scene, 0);
    assert.deepEqual(texts, textsFrom(1, 19));
    assert.ok(Math.max(...sizes) <= 4, `a batch of ${Math.max(...sizes)}, at most 4 are wanted`);
  },
  { batchMutations: 4 },
);

given(
  'a decree that the log has not reached, then that is trouble and not the end (SPEC S-GAP-1)',
  [],
  async (scene) => {
    const last = await scene.append(textsFrom(1, 5));
    troubleOf(await scene.port.loadBatch(last + 3, noAbort()));
  },
);

given(
  'a log whose beginning is gone, then what is missing is trouble, and the rest can be loaded',
  ['collect'],
  async (scene) => {
    await scene.append(textsFrom(1, 40));
    const left = await scene.collect(30);
    assert.ok(left > 1, 'something is gone');
    troubleOf(await scene.port.loadBatch(0, noAbort()));
    assert.deepEqual((await readAll(scene, left - 1)).texts, textsFrom(left, 40));
  },
);

given(
  'a damaged log, then what stands before comes, the damage is named, and loading can go on after it',
  ['damage'],
  async (scene) => {
    await scene.append(textsFrom(1, 60));
    const lost = await scene.damage(20);
    let at = 0;
    for (;;) {
      const outcome = await scene.port.loadBatch(at, noAbort());
      if ('damaged' in outcome) {
        soundTrouble(outcome.damaged);
        assert.ok(at < 20, 'what stands before the damage is readable');
        assert.ok(outcome.resumeAfterDecree >= at, 'it goes on further on');
        assert.equal(outcome.resumeAfterDecree, lost, 'no more is given up than is lost');
        break;
      }
      const { toDecree } = okOf(outcome);
      assert.deepEqual(scene.loaded(), textsFrom(at + 1, toDecree));
      assert.ok(toDecree > at && toDecree < 20, `decree ${toDecree} of a log that is damaged at 20`);
      at = toDecree;
    }
    assert.deepEqual((await readAll(scene, lost)).texts, textsFrom(lost + 1, 60));
  },
  { batchMutations: 7 },
);

given(
  'mutations, when a checkpoint is prepared, then it contains all that was acknowledged',
  [],
  async (scene) => {
    const last = await scene.append(textsFrom(1, 8));
    const { decree } = okOf(await scene.port.prepareCheckpoint(noAbort()));
    assert.equal(decree, last);
  },
);

given('a checkpoint, when prepared again, then its decree never decreases', [], async (scene, within) => {
  await scene.append(textsFrom(1, 3));
  const prepare = async () => okOf(await scene.port.prepareCheckpoint(noAbort())).decree;
  assert.deepEqual([await prepare(), await prepare()], [3, 3]);
  const both = Promise.all([prepare(), scene.append(textsFrom(4, 9)), prepare()]);
  const [before, last, later] = await within('checkpoints during writes', both);
  assert.ok(before >= 3 && later >= before && later <= last, `${before}, ${later} of ${last}`);
  assert.equal(await prepare(), last);
});

given(
  'a checkpoint, then it is on disk and contains exactly its decrees',
  ['checkpointed'],
  async (scene) => {
    await scene.append(textsFrom(1, 5));
    const { decree } = okOf(await scene.port.prepareCheckpoint(noAbort()));
    await scene.append(textsFrom(6, 9));
    assert.deepEqual([...(await scene.checkpointed(decree))].sort(), textsFrom(1, 5).sort());
  },
);

given('a restart, then log and decrees are what they were', ['reopen'], async (scene) => {
  await scene.append(textsFrom(1, 5));
  okOf(await scene.port.prepareCheckpoint(noAbort()));
  await scene.append(textsFrom(6, 9));
  await scene.reopen();
  assert.deepEqual((await readAll(scene, 0)).texts, textsFrom(1, 9));
  assert.equal(await scene.append(['mutation 10']), 10);
  assert.equal(okOf(await scene.port.prepareCheckpoint(noAbort())).decree, 10);
});

given('a request that is called off, then it settles, and the next one works', [], async (scene, within) => {
  await scene.append(textsFrom(1, 5));
  await checkCancellation(within, (signal) => scene.port.loadBatch(0, signal));
  await checkCancellation(within, (signal) => scene.port.prepareCheckpoint(signal));
  assert.deepEqual((await readAll(scene, 0)).texts, textsFrom(1, 5));
});

given('many requests with one signal, then nothing stays behind on it', [], async (scene, within) => {
  await scene.append(textsFrom(1, 5));
  await checkNothingStays(within, (signal) => scene.port.loadBatch(2, signal));
});

/** Whether something can be the log that `partitionDuplicator` ships from. */
export function partitionLogPortSuite(
  name: string,
  options: PartitionLogOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
