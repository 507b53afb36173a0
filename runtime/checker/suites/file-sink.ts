/** What keeping the files of a checkpoint promises to `copyFile`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { FileSink, OpenSink } from '../../../actors/ports/fileCopy.js';
import type { FileCopyInput } from '../../../machines/index.js';
import type { TestFunctions } from '../paths/run.js';
import { copyErrorOf } from './checks.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** An empty sink. */
export interface FileSinkScene extends SceneBase {
  /** Of the storage as it is open now. */
  readonly sink: FileSink;
  /** The bytes of a file that was finished, where `install` will look for it; null: not there. */
  readonly finished: (input: FileCopyInput) => Promise<Buffer | null>;
  /** The process ends without closing anything, and another one begins. */
  readonly crash?: () => Promise<void>;
  /** Changes one byte of what is kept of a file, finished or not. */
  readonly spoil?: (input: FileCopyInput, offset: number) => Promise<void>;
  /** From now on there is no room for another block, until told otherwise. */
  readonly fill?: (full: boolean) => Promise<void> | void;
}

export type FileSinkOptions = SuiteOptions<FileSinkScene, object>;

const BLOCK = 64;
const bytes = (sizeBytes: number, seed = 31) =>
  Buffer.from(Array.from({ length: sizeBytes }, (_, at) => (at * seed + 7) & 255));
const md5Of = (data: Buffer) => createHash('md5').update(data).digest('hex');
const content = bytes(300);

function inputOf(data: Buffer, over: Partial<FileCopyInput['file']> = {}): FileCopyInput {
  const file = { name: '000005.ldb', sizeBytes: data.length, md5: md5Of(data), ...over };
  return { partition: 0, primary: '10.0.0.7:34801', directory: '2.0/checkpoint.9', decree: 9, file };
}
const input = inputOf(content);

async function write(open: OpenSink, data: Buffer, from: number, to = data.length): Promise<void> {
  for (let at = from; at < to; at += BLOCK) {
    const block = data.subarray(at, Math.min(at + BLOCK, to));
    await open.write(at, block, crc32(block));
  }
}

/** Copies some blocks and closes, as a copy that was stopped does. */
async function begun({ sink }: FileSinkScene, blocks: number, of = input, data = content): Promise<void> {
  const open = await sink.open(of);
  await write(open, data, open.verifiedBytes, blocks * BLOCK);
  await open.close();
}
async function kept({ sink }: FileSinkScene, of = input): Promise<number> {
  const open = await sink.open(of);
  await open.close();
  return open.verifiedBytes;
}
async function complete(scene: FileSinkScene, of = input, data = content): Promise<number> {
  const open = await scene.sink.open(of);
  const { verifiedBytes } = open;
  await write(open, data, verifiedBytes);
  assert.deepEqual(await open.finish(), { sizeBytes: data.length, md5: md5Of(data) });
  await open.close();
  assert.deepEqual(await scene.finished(of), data);
  return verifiedBytes;
}

const { cases, given } = casesFor<FileSinkScene, object>({});

given('blocks in order, then the file is there when it is finished, and not before', [], async (scene) => {
  await begun(scene, 2);
  assert.equal(await scene.finished(input), null);
  assert.equal(await complete(scene), 2 * BLOCK);
});

given('a file without a byte, then it is there all the same', [], async (scene) => {
  assert.equal(await complete(scene, inputOf(Buffer.alloc(0)), Buffer.alloc(0)), 0);
});

given(
  'a finished file, when opened again, then nothing of it needs copying, and finishing it again is harmless',
  [],
  async (scene) => {
    await complete(scene);
    const open = await scene.sink.open(input);
    assert.equal(open.verifiedBytes, content.length);
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await open.finish(), { sizeBytes: content.length, md5: input.file.md5 });
    }
    await open.close();
    assert.deepEqual(await scene.finished(input), content);
  },
);

given(
  'a file that is shorter or other than announced, then finishing tells what is there, and it is not final (SPEC S-COPY-1)',
  [],
  async (scene) => {
    const short = await scene.sink.open(input);
    await write(short, content, 0, 2 * BLOCK);
    const half = content.subarray(0, 2 * BLOCK);
    assert.deepEqual(await short.finish(), { sizeBytes: half.length, md5: md5Of(half) });
    await short.close();
    assert.equal(await scene.finished(input), null);
    const announced = inputOf(content, { name: 'other', md5: '0'.repeat(32) });
    const other = await scene.sink.open(announced);
    await write(other, content, 0);
    assert.equal((await other.finish()).md5, input.file.md5);
    await other.close();
    assert.equal(await scene.finished(announced), null);
  },
);

given('a digest in capitals, or none, then the file is finished', [], async (scene) => {
  await complete(scene, inputOf(content, { name: 'a', md5: md5Of(content).toUpperCase() }));
  await complete(scene, inputOf(content, { name: 'b', md5: '' }));
});

given('a file, when discarded, then the next try begins at its first byte', [], async (scene) => {
  for (const blocks of [2, 5]) {
    const open = await scene.sink.open(input);
    await write(open, content, open.verifiedBytes, Math.min(blocks * BLOCK, content.length));
    if (blocks === 5) await open.finish();
    await open.discard();
    await open.close();
    assert.equal(await scene.finished(input), null);
    assert.equal(await kept(scene), 0);
  }
  await complete(scene);
});

given('a block out of place, then it is refused, and what was there stays', [], async (scene) => {
  const open = await scene.sink.open(input);
  const block = content.subarray(0, BLOCK);
  await copyErrorOf(open.write(BLOCK, block, crc32(block)));
  await write(open, content, 0, BLOCK);
  await copyErrorOf(open.write(0, block, crc32(block)));
  await open.close();
  assert.equal(await kept(scene), BLOCK);
});

given('a buffer that its owner changes afterwards, then what was written stays', [], async (scene) => {
  const open = await scene.sink.open(input);
  for (let at = 0; at < content.length; at += BLOCK) {
    const block = Buffer.from(content.subarray(at, at + BLOCK));
    await open.write(at, block, crc32(block));
    block.fill(0);
  }
  assert.equal((await open.finish()).md5, input.file.md5);
  await open.close();
  assert.deepEqual(await scene.finished(input), content);
});

given(
  'a file that is open, when opened again, then that waits until it is closed, also twice',
  [],
  async (scene, within) => {
    const first = await scene.sink.open(input);
    let isOpen = false;
    const second = scene.sink.open(input).then((open) => {
      isOpen = true;
      return open;
    });
    await write(first, content, 0, BLOCK);
    assert.equal(isOpen, false);
    await first.close();
    const open = await within('the second opening', second);
    assert.equal(open.verifiedBytes, BLOCK);
    let third = false;
    const next = scene.sink.open(input).then((after) => {
      third = true;
      return after;
    });
    await first.close();
    await write(open, content, BLOCK, 2 * BLOCK);
    assert.equal(third, false, 'closing twice does not take the file from whoever has it now');
    await open.close();
    await (await within('the third opening', next)).close();
  },
);

given('two files at once, then they do not mix', [], async (scene, within) => {
  const other = bytes(500, 13);
  const work = [complete(scene), complete(scene, inputOf(other, { name: 'b' }), other)];
  assert.deepEqual(await within('both copies', Promise.all(work)), [0, 0]);
});

given(
  'another file of the same name and decree, or of another decree, then nothing is taken over',
  [],
  async (scene) => {
    await begun(scene, 2);
    const other = bytes(300, 13);
    assert.equal(await complete(scene, inputOf(other), other), 0);
    await begun(scene, 2);
    assert.equal(await kept(scene, { ...input, decree: 10 }), 0);
  },
);

given('names and numbers that cannot be meant, then they are refused', [], async (scene) => {
  for (const name of ['', '.', '..', '../x', '/etc/passwd', 'a/b', 'a\0b', 'n'.repeat(300)]) {
    await copyErrorOf(scene.sink.open({ ...input, file: { ...input.file, name } }));
  }
  for (const decree of [-1, 1.5, Number.NaN]) await copyErrorOf(scene.sink.open({ ...input, decree }));
  await copyErrorOf(scene.sink.open({ ...input, file: { ...input.file, sizeBytes: -1 } }));
});

given(
  'a crash in the middle, then whole blocks are taken over, and the rest is copied',
  ['crash'],
  async (scene) => {
    for (const blocks of [0, 1, 4]) {
      const at = inputOf(content, { name: `after ${blocks}` });
      await begun(scene, blocks, at);
      await scene.crash();
      assert.equal(await complete(scene, at), blocks * BLOCK);
      await scene.crash();
      assert.deepEqual(await scene.finished(at), content);
      assert.equal(await kept(scene, at), content.length);
    }
  },
);

given(
  'a byte that changed meanwhile, then its block and what follows is copied again',
  ['spoil'],
  async (scene) => {
    await begun(scene, 4);
    await scene.spoil(input, 2 * BLOCK + 5);
    assert.equal(await kept(scene), 2 * BLOCK);
    await complete(scene);
    await scene.spoil(input, 100);
    assert.ok((await kept(scene)) < content.length, 'a finished file is looked at as well');
    await complete(scene);
  },
);

given(
  'no room, then the block is refused with a name, and copying goes on when there is room',
  ['fill'],
  async (scene) => {
    const open = await scene.sink.open(input);
    await write(open, content, 0, 2 * BLOCK);
    await scene.fill(true);
    const { error } = await copyErrorOf(write(open, content, 2 * BLOCK));
    assert.equal(error, 'ERR_DISK_INSUFFICIENT');
    await open.close();
    await scene.fill(false);
    assert.equal(await complete(scene), 2 * BLOCK);
  },
);

/** Whether something can keep what `copyFile` copies. */
export function fileSinkSuite(
  name: string,
  options: FileSinkOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
