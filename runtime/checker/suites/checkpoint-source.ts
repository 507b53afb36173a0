/** What `checkpointTransfer` is promised about the source and about the partition that comes of its checkpoint. */
import assert from 'node:assert/strict';
import type { CheckpointSourcePort } from '../../../actors/ports.js';
import type { CheckpointView } from '../../../machines/index.js';
import type { TestFunctions } from '../paths/run.js';
import {
  checkCancellation,
  checkNothingStays,
  HASTY_MS,
  noAbort,
  okOf,
  PATIENT_MS,
  troubleOf,
} from './checks.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** A source partition without a checkpoint, and a follower's node that holds nothing yet. */
export interface CheckpointSourceScene extends SceneBase {
  readonly port: CheckpointSourcePort;
  /** The source writes the texts and makes a durable checkpoint of all it has; its decree. */
  readonly publish: (texts: readonly string[]) => Promise<number>;
  /** Puts the files of a checkpoint where `install` looks for them, as the file copies would. */
  readonly deliver: (checkpoint: CheckpointView) => Promise<void>;
  /** Texts in the partition on this node as it is on disk, in any order; null: there is none. */
  readonly installed: () => Promise<readonly string[] | null>;
  /** Changes a byte of a file that was delivered. */
  readonly spoil?: (checkpoint: CheckpointView) => Promise<void>;
  /** The partition has no primary at the moment. */
  readonly orphan?: () => Promise<void> | void;
  /** The source names a file that would leave its directory, `../evil`. */
  readonly nameEvil?: () => Promise<void> | void;
  /** From now on requests to the source's metas and nodes arrive and nobody answers. */
  readonly silence?: () => Promise<void> | void;
  /** Nobody is there to be asked. */
  readonly goAway?: () => Promise<void> | void;
}

export interface CheckpointSourceWanted {
  /** After which the port gives a request up, in milliseconds. */
  readonly deadlineMs: number;
}

export type CheckpointSourceOptions = SuiteOptions<CheckpointSourceScene, CheckpointSourceWanted>;

const locate = async ({ port }: CheckpointSourceScene) => okOf(await port.locatePrimary(noAbort())).address;

async function query(scene: CheckpointSourceScene): Promise<CheckpointView> {
  return okOf(await scene.port.queryCheckpoint(await locate(scene), noAbort()));
}

async function delivered(scene: CheckpointSourceScene, texts: readonly string[]): Promise<CheckpointView> {
  await scene.publish(texts);
  const checkpoint = await query(scene);
  await scene.deliver(checkpoint);
  return checkpoint;
}

const { cases, given } = casesFor<CheckpointSourceScene, CheckpointSourceWanted>({ deadlineMs: PATIENT_MS });

given('a source, then its primary is found, every time', [], async (scene) => {
  assert.match(await locate(scene), /^.+:\d+$/);
  assert.equal(await locate(scene), await locate(scene));
});

given('a partition without a primary, then that is worth repeating', ['orphan'], async (scene) => {
  await scene.orphan();
  troubleOf(await scene.port.locatePrimary(noAbort()), 'retryable');
});

given(
  'no checkpoint yet, then that is trouble, and once there is one, it is described',
  [],
  async (scene) => {
    troubleOf(await scene.port.queryCheckpoint(await locate(scene), noAbort()));
    const decree = await scene.publish(['a', 'b']);
    assert.equal((await query(scene)).decree, decree);
  },
);

given('a checkpoint, then every file has a plain name, a size and a digest or none', [], async (scene) => {
  await scene.publish(['a', 'b']);
  const { files, directory } = await query(scene);
  assert.notEqual(directory, '');
  assert.ok(files.length > 0, 'a checkpoint has files');
  assert.equal(new Set(files.map(({ name }) => name)).size, files.length, 'each name once');
  for (const { name, sizeBytes, md5 } of files) {
    assert.match(name, /^[^/\\\0]+$/);
    assert.ok(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, `${name} has ${sizeBytes} bytes`);
    assert.match(md5, /^([0-9a-f]{32})?$/);
  }
});

given(
  'the same checkpoint, when asked twice, then the same is told; given a newer one, then that',
  [],
  async (scene) => {
    await scene.publish(['a']);
    const first = await query(scene);
    assert.deepEqual(await query(scene), first);
    const decree = await scene.publish(['b']);
    assert.ok(decree > first.decree, 'the scene published a newer one');
    assert.equal((await query(scene)).decree, decree);
  },
);

given('a primary that is none, then that is told', [], async (scene, within) => {
  troubleOf(await within('a query', scene.port.queryCheckpoint('nonsense', noAbort())));
});

given(
  'verified files, when installed and opened, then the partition is what the checkpoint is',
  [],
  async (scene) => {
    const checkpoint = await delivered(scene, ['a', 'b', 'c']);
    await scene.publish(['later']);
    assert.equal(okOf(await scene.port.install(checkpoint, noAbort())), null);
    assert.equal(okOf(await scene.port.open(noAbort())), null);
    assert.deepEqual([...((await scene.installed()) ?? [])].sort(), ['a', 'b', 'c']);
  },
);

given('an installation, when repeated, also after opening, then nothing changes', [], async (scene) => {
  const checkpoint = await delivered(scene, ['a', 'b']);
  for (let time = 0; time < 2; time++)
    assert.equal(okOf(await scene.port.install(checkpoint, noAbort())), null);
  for (let time = 0; time < 2; time++) assert.equal(okOf(await scene.port.open(noAbort())), null);
  assert.equal(okOf(await scene.port.install(checkpoint, noAbort())), null);
  assert.deepEqual([...((await scene.installed()) ?? [])].sort(), ['a', 'b']);
});

given(
  'an installation that was given up and goes on, when a newer checkpoint is installed, then one of both is opened',
  [],
  async (scene) => {
    await scene.publish(['a']);
    const older = await query(scene);
    const newer = await delivered(scene, ['b']);
    await scene.deliver(older);
    const both = [scene.port.install(older, noAbort()), scene.port.install(newer, noAbort())];
    for (const answer of await Promise.all(both)) assert.equal(okOf(answer), null);
    assert.equal(okOf(await scene.port.open(noAbort())), null);
    const rows = [...((await scene.installed()) ?? [])].sort();
    assert.ok(['a', 'a,b'].includes(`${rows}`), `one of both is whole, not ${rows}`);
    await scene.publish(['c']);
    const newest = await delivered(scene, ['d']);
    assert.equal(okOf(await scene.port.install(newest, noAbort())), null);
    assert.deepEqual([...((await scene.installed()) ?? [])].sort(), rows);
  },
);

given(
  'files that are not there, then nothing is installed, and it works once they are',
  [],
  async (scene) => {
    await scene.publish(['a']);
    const checkpoint = await query(scene);
    troubleOf(await scene.port.install(checkpoint, noAbort()));
    assert.equal(await scene.installed(), null);
    await scene.deliver(checkpoint);
    okOf(await scene.port.install(checkpoint, noAbort()));
    assert.deepEqual(await scene.installed(), ['a']);
  },
);

given(
  'a file that is not what was verified, then nothing is installed (SPEC S-COPY-1)',
  ['spoil'],
  async (scene) => {
    const checkpoint = await delivered(scene, ['a', 'b']);
    await scene.spoil(checkpoint);
    troubleOf(await scene.port.install(checkpoint, noAbort()));
    assert.equal(await scene.installed(), null);
  },
);

given('a file that would leave its directory, then the answer is refused', ['nameEvil'], async (scene) => {
  await scene.publish(['a']);
  await scene.nameEvil();
  troubleOf(await scene.port.queryCheckpoint(await locate(scene), noAbort()));
});

given(
  'nobody answers, then questions end by their deadline and are worth repeating',
  ['silence'],
  async (scene, within) => {
    await scene.publish(['a']);
    const primary = await locate(scene);
    await scene.silence();
    troubleOf(await within('locating', scene.port.locatePrimary(noAbort())), 'retryable');
    troubleOf(await within('a query', scene.port.queryCheckpoint(primary, noAbort())), 'retryable');
  },
  { deadlineMs: HASTY_MS },
);

given(
  'nobody answers, when a question is called off, then it settles and keeps nothing',
  ['silence'],
  async (scene, within) => {
    const primary = await locate(scene);
    await scene.silence();
    await checkCancellation(within, (signal) => scene.port.locatePrimary(signal));
    await checkCancellation(within, (signal) => scene.port.queryCheckpoint(primary, signal));
  },
);

given(
  'nobody is there, then that is worth repeating',
  ['goAway'],
  async (scene, within) => {
    const primary = await locate(scene);
    await scene.goAway();
    troubleOf(await within('locating', scene.port.locatePrimary(noAbort())), 'retryable');
    troubleOf(await within('a query', scene.port.queryCheckpoint(primary, noAbort())), 'retryable');
  },
  { deadlineMs: 5_000 },
);

given('many questions with one signal, then nothing stays behind on it', [], async (scene, within) => {
  await scene.publish(['a']);
  const primary = await locate(scene);
  await checkNothingStays(within, (signal) => scene.port.locatePrimary(signal));
  await checkNothingStays(within, (signal) => scene.port.queryCheckpoint(primary, signal));
});

/** Whether something can be what `checkpointTransfer` fetches and installs with. */
export function checkpointSourcePortSuite(
  name: string,
  options: CheckpointSourceOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
