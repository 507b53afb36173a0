/** What reading the files of a checkpoint promises to `copyFile`. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import type { FileSource } from '../../../actors/ports/fileCopy.js';
import type { FileCopyInput } from '../../../machines/index.js';
import type { TestFunctions } from '../paths/run.js';
import {
  checkCancellation,
  checkNothingStays,
  copyErrorOf,
  HASTY_MS,
  noAbort,
  PATIENT_MS,
} from './checks.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** A source with one file, and the port to it. */
export interface FileSourceScene extends SceneBase {
  readonly source: FileSource;
  /** Describes the file, some hundred bytes at least. */
  readonly input: FileCopyInput;
  /** What is in it. */
  readonly content: Buffer;
  /** The file was cut short at the source. */
  readonly cutShort?: () => Promise<void>;
  /** From now on requests arrive and nobody answers. */
  readonly silence?: () => Promise<void> | void;
  /** From now on the source answers every request with this error. */
  readonly refuse?: (error: string) => Promise<void> | void;
  /** Nobody is there to be asked. */
  readonly goAway?: () => Promise<void> | void;
}

export interface FileSourceWanted {
  /** After which the port gives a block up, in milliseconds. */
  readonly deadlineMs: number;
}

export type FileSourceOptions = SuiteOptions<FileSourceScene, FileSourceWanted>;

async function read({ source, input, content }: FileSourceScene, offset: number, sizeBytes: number) {
  const block = await source.readBlock(input, offset, sizeBytes, noAbort());
  assert.deepEqual(
    block.data,
    content.subarray(offset, offset + sizeBytes),
    `${sizeBytes} bytes from ${offset}`,
  );
  if (block.crc32 !== null) assert.equal(block.crc32, crc32(block.data));
}
const badly = ({ source, input }: FileSourceScene, over: Partial<FileCopyInput>, offset = 0, sizeBytes = 8) =>
  copyErrorOf(source.readBlock({ ...input, ...over }, offset, sizeBytes, noAbort()));

const { cases, given } = casesFor<FileSourceScene, FileSourceWanted>({ deadlineMs: PATIENT_MS });

given(
  'any range of the file, then exactly its bytes come, with their checksum or none',
  [],
  async (scene) => {
    const { length } = scene.content;
    assert.ok(length >= 200, 'the scene has a file that is large enough');
    for (const [offset, sizeBytes] of [
      [0, 1],
      [0, length],
      [17, 100],
      [length - 1, 1],
      [length - 64, 64],
    ] as const) {
      await read(scene, offset, sizeBytes);
    }
  },
);

given(
  'the same range twice, and ranges in any order at once, then each is right',
  [],
  async (scene, within) => {
    await read(scene, 10, 50);
    await read(scene, 10, 50);
    const offsets = [150, 0, 100, 50, 100];
    await within('five blocks', Promise.all(offsets.map((offset) => read(scene, offset, 50))));
  },
);

given(
  'a range beyond the end, or that cannot be meant, then that is an error and no shorter block',
  [],
  async (scene) => {
    const { length } = scene.content;
    for (const [offset, sizeBytes] of [
      [length, 1],
      [length - 1, 2],
      [-1, 2],
      [0, -1],
    ] as const) {
      await badly(scene, {}, offset, sizeBytes);
    }
  },
);

given('a file or directory that the checkpoint does not have, then that is an error', [], async (scene) => {
  const { file, directory } = scene.input;
  for (const name of ['none', '../none', '/etc/passwd', '..', `./${file.name}`, `${file.name}\0`]) {
    await badly(scene, { file: { ...file, name } });
  }
  for (const wrong of ['', '..', '/etc', `${directory}/..`, `${directory}0`])
    await badly(scene, { directory: wrong });
});

given('a file that was cut short, then that is an error and no wrong bytes', ['cutShort'], async (scene) => {
  await read(scene, 0, 8);
  await scene.cutShort();
  await badly(scene, {}, scene.content.length - 8, 8);
});

given('a primary that is none, then that is an error', [], async (scene, within) => {
  await within('a block', badly(scene, { primary: 'nonsense' }));
});

given('a refusal, then the error is told as it is', ['refuse'], async (scene) => {
  await scene.refuse('ERR_ACL_DENY');
  assert.equal((await badly(scene, {})).error, 'ERR_ACL_DENY');
});

given(
  'nobody answers, then a block ends by its deadline and is worth repeating',
  ['silence'],
  async (scene, within) => {
    await scene.silence();
    const block = scene.source.readBlock(scene.input, 0, 8, noAbort());
    await within('a block', copyErrorOf(block, 'retryable'));
  },
  { deadlineMs: HASTY_MS },
);

given(
  'nobody answers, when the copy is stopped, then its reads settle and keep nothing',
  ['silence'],
  async (scene, within) => {
    await scene.silence();
    await checkCancellation(within, (signal) => scene.source.readBlock(scene.input, 0, 8, signal));
  },
);

given('a signal that is aborted already, then nothing is read', [], async ({ source, input }, within) => {
  const settled = source.readBlock(input, 0, 8, AbortSignal.abort(new Error('stopped'))).then(
    () => 'read',
    () => 'rejected',
  );
  assert.equal(await within('a block', settled), 'rejected');
});

given(
  'nobody is there, then that is worth repeating',
  ['goAway'],
  async (scene, within) => {
    await scene.goAway();
    const block = scene.source.readBlock(scene.input, 0, 8, noAbort());
    await within('a block', copyErrorOf(block, 'retryable'));
  },
  { deadlineMs: 5_000 },
);

given('many blocks with one signal, then nothing stays behind on it', [], ({ source, input }, within) =>
  checkNothingStays(within, (signal) => source.readBlock(input, 0, 8, signal)),
);

/** Whether something can be read from by `copyFile`. */
export function fileSourceSuite(
  name: string,
  options: FileSourceOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
