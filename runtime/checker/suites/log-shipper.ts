/** What the way to a follower's partition promises to `partitionDuplicator`. */
import assert from 'node:assert/strict';
import type { LogShipperPort } from '../../../actors/ports.js';
import { errorKind } from '../../../machines/index.js';
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

/** The follower partition of one duplication, with the checkpoint of `Wanted.installed`, and the port to it. */
export interface LogShipperScene extends SceneBase {
  readonly port: LogShipperPort;
  /** What the next `ship` with this range sends: each text one write, all decrees from the range. */
  readonly load: (
    fromDecreeExcluded: number,
    toDecree: number,
    texts: readonly string[],
  ) => Promise<void> | void;
  /** Texts that the follower has applied since its checkpoint, in order, repeated ones repeatedly. */
  readonly applied: () => Promise<readonly string[]>;
  /** Set if the follower takes each decree once. One that does not may apply a repeated batch again. */
  readonly appliesOnce?: true;
  /** The follower's server ends and starts again, and may be somewhere else afterwards. */
  readonly restart?: () => Promise<void>;
  /** The table belongs to another duplication now. */
  readonly giveAway?: () => Promise<void> | void;
  /** The next batch is applied, and the answer never arrives. */
  readonly loseNextAnswer?: () => Promise<void> | void;
  /** From now on requests arrive, nothing is applied and nobody answers. */
  readonly silence?: () => Promise<void> | void;
  /** Nobody is there to be asked; then somebody is again, and has what was there before. */
  readonly goAway?: () => Promise<void> | void;
  readonly comeBack?: () => Promise<void> | void;
}

export interface LogShipperWanted {
  /** After which the port gives a request up, in milliseconds. */
  readonly deadlineMs: number;
  /** Decree of the checkpoint that the follower holds; −1: it holds nothing of the duplication. */
  readonly installed: number;
}

export type LogShipperOptions = SuiteOptions<LogShipperScene, LogShipperWanted>;

const probe = async ({ port }: LogShipperScene) => okOf(await port.probe(noAbort())).appliedDecree;

async function ship(
  scene: LogShipperScene,
  from: number,
  to: number,
  texts: readonly string[],
  signal = noAbort(),
) {
  await scene.load(from, to, texts);
  return scene.port.ship(from, to, signal);
}
async function shipped(scene: LogShipperScene, from: number, to: number, texts: readonly string[]) {
  assert.equal(okOf(await ship(scene, from, to, texts)).appliedDecree, to);
}

const { cases, given } = casesFor<LogShipperScene, LogShipperWanted>({
  deadlineMs: PATIENT_MS,
  installed: 7,
});

given(
  'a follower that holds nothing, then it says −1 and takes nothing (SPEC S-GAP-1)',
  ['appliesOnce'],
  async (scene) => {
    assert.equal(await probe(scene), -1);
    troubleOf(await ship(scene, 0, 1, ['a']), 'retryable');
    troubleOf(await ship(scene, -1, 1, ['a']), 'retryable');
    assert.deepEqual(await scene.applied(), []);
    assert.equal(await probe(scene), -1);
  },
  { installed: -1 },
);

given(
  'a checkpoint, then shipping starts at its decree, also one at decree 0',
  [],
  async (scene) => {
    assert.equal(await probe(scene), 0);
    await shipped(scene, 0, 2, ['a', 'b']);
    assert.deepEqual(await scene.applied(), ['a', 'b']);
  },
  { installed: 0 },
);

given(
  'batches one after the other, then each is applied in order when it is acknowledged (SPEC S-ORDER-1)',
  [],
  async (scene) => {
    assert.equal(await probe(scene), 7);
    await shipped(scene, 7, 9, ['a', 'b']);
    assert.deepEqual(await scene.applied(), ['a', 'b']);
    await shipped(scene, 9, 12, ['c', 'd', 'e']);
    assert.deepEqual(await scene.applied(), ['a', 'b', 'c', 'd', 'e']);
    if (scene.appliesOnce) assert.equal(await probe(scene), 12);
  },
);

given('a batch without a write, then the decrees count as applied', [], async (scene) => {
  await shipped(scene, 7, 11, []);
  await shipped(scene, 11, 12, ['a']);
  assert.deepEqual(await scene.applied(), ['a']);
});

given('a batch of a thousand writes, then it arrives whole', [], async (scene, within) => {
  const texts = Array.from({ length: 1_000 }, (_, at) => `write ${at} ${'x'.repeat(at % 50)}`);
  await within('the batch', shipped(scene, 7, 1_007, texts));
  assert.deepEqual(await scene.applied(), texts);
});

given(
  'a batch that was shipped before, then it is acknowledged and applied once',
  ['appliesOnce'],
  async (scene) => {
    await shipped(scene, 7, 9, ['a', 'b']);
    await shipped(scene, 7, 9, ['a', 'b']);
    await shipped(scene, 9, 10, ['c']);
    // An older one, late: what is said of it is what is applied.
    assert.equal(okOf(await ship(scene, 7, 9, ['a', 'b'])).appliedDecree, 10);
    assert.deepEqual(await scene.applied(), ['a', 'b', 'c']);
  },
);

given(
  'a batch beyond a gap, or over one that is applied, then nothing of it is applied (SPEC S-GAP-1)',
  ['appliesOnce'],
  async (scene) => {
    await shipped(scene, 7, 9, ['a', 'b']);
    troubleOf(await ship(scene, 11, 12, ['e']), 'retryable');
    troubleOf(await ship(scene, 8, 10, ['b', 'c']), 'retryable');
    assert.deepEqual(await scene.applied(), ['a', 'b']);
    assert.equal(await probe(scene), 9);
    await shipped(scene, 9, 10, ['c']);
  },
);

given('a batch that is not the one loaded last, then it is not sent', [], async (scene) => {
  await scene.load(7, 9, ['a', 'b']);
  troubleOf(await scene.port.ship(7, 8, noAbort()), 'retryable');
  troubleOf(await scene.port.ship(9, 12, noAbort()), 'retryable');
  assert.deepEqual(await scene.applied(), []);
});

given('many probes at once, then each is answered', [], async (scene, within) => {
  const all = await within('probes', Promise.all(Array.from({ length: 20 }, () => probe(scene))));
  assert.deepEqual([...new Set(all)], [7]);
});

given(
  'the answer to a batch is lost, then asking tells what was applied, and nothing is applied twice',
  ['loseNextAnswer', 'appliesOnce'],
  async (scene, within) => {
    await scene.loseNextAnswer();
    troubleOf(await within('the batch', ship(scene, 7, 9, ['a', 'b'])), 'retryable');
    assert.equal(await probe(scene), 9);
    await shipped(scene, 7, 9, ['a', 'b']);
    assert.deepEqual(await scene.applied(), ['a', 'b']);
  },
  { deadlineMs: HASTY_MS },
);

given(
  'a restart of the follower, then what was acknowledged is there, and shipping goes on',
  ['restart'],
  async (scene, within) => {
    await shipped(scene, 7, 9, ['a', 'b']);
    await scene.restart();
    // The first request may still go where the follower was.
    await within('a probe', scene.port.probe(noAbort()));
    if (scene.appliesOnce) assert.equal(await within('a probe', probe(scene)), 9);
    await within('a batch', shipped(scene, 9, 10, ['c']));
    assert.deepEqual(await scene.applied(), ['a', 'b', 'c']);
  },
  { deadlineMs: 5_000 },
);

given(
  'a table that belongs to another duplication, then nothing is applied, and somebody has to look',
  ['giveAway'],
  async (scene) => {
    await shipped(scene, 7, 8, ['a']);
    await scene.giveAway();
    const trouble = troubleOf(await scene.port.probe(noAbort()));
    assert.notEqual(errorKind(trouble.error), 'retryable', `${trouble.error} does not go away by waiting`);
    const refused = troubleOf(await ship(scene, 8, 9, ['b']));
    assert.notEqual(errorKind(refused.error), 'retryable', `${refused.error} does not go away by waiting`);
    assert.deepEqual(await scene.applied(), ['a']);
  },
);

given(
  'nobody answers, then probe and batch end by their deadline and are worth repeating',
  ['silence'],
  async (scene, within) => {
    await scene.silence();
    troubleOf(await within('a probe', scene.port.probe(noAbort())), 'retryable');
    troubleOf(await within('a batch', ship(scene, 7, 8, ['a'])), 'retryable');
  },
  { deadlineMs: HASTY_MS },
);

given(
  'nobody answers, when a request is called off, then it settles and keeps nothing',
  ['silence'],
  async (scene, within) => {
    await scene.silence();
    await checkCancellation(within, (signal) => scene.port.probe(signal));
    await checkCancellation(within, (signal) => ship(scene, 7, 8, ['a'], signal));
  },
);

given(
  'nobody is there, then it is worth repeating, and works again when somebody is',
  ['goAway', 'comeBack'],
  async (scene, within) => {
    await shipped(scene, 7, 8, ['a']);
    await scene.goAway();
    troubleOf(await within('a batch', ship(scene, 8, 9, ['b'])), 'retryable');
    await scene.comeBack();
    await within('a probe', scene.port.probe(noAbort()));
    await within('a batch', shipped(scene, 8, 9, ['b']));
    assert.deepEqual(await scene.applied(), ['a', 'b']);
  },
  { deadlineMs: 5_000 },
);

given('many requests with one signal, then nothing stays behind on it', [], (scene, within) =>
  checkNothingStays(within, (signal) => scene.port.probe(signal)),
);

/** Whether something can ship to a follower's partition. */
export function logShipperPortSuite(
  name: string,
  options: LogShipperOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
