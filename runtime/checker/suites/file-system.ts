/** What the files below a mutation log promise to it. */
import assert from 'node:assert/strict';
import type { FileSystem } from '../../store/index.js';
import type { TestFunctions } from '../paths/run.js';
import { casesFor, type DeclaredSuite, declareSuite, type SceneBase, type SuiteOptions } from './suite.js';

/** An empty directory and the way to it. */
export interface FileSystemScene extends SceneBase {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  /** From now on there is no room for another byte. */
  readonly fill?: () => Promise<void> | void;
}

export type FileSystemOptions = SuiteOptions<FileSystemScene, object>;

const { cases, given } = casesFor<FileSystemScene, object>({});
const pathIn = ({ directory }: FileSystemScene) => `${directory}/log.1`;
const created = (scene: FileSystemScene) => scene.fileSystem.open(pathIn(scene), { create: true });
const withCode = (code: string) => (error: NodeJS.ErrnoException) => error.code === code;

given('no file, then it is opened only when it may be created', [], async (scene) => {
  await assert.rejects(scene.fileSystem.open(pathIn(scene)), withCode('ENOENT'));
  await (await created(scene)).close();
  const file = await scene.fileSystem.open(pathIn(scene));
  assert.equal(await file.size(), 0);
  await file.close();
});

given(
  'buffers at positions, then they are where they were put, also after opening again',
  [],
  async (scene) => {
    const file = await created(scene);
    await file.write([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cd')], 0);
    await file.write([Buffer.from('XY')], 1);
    await file.datasync();
    await scene.fileSystem.syncDirectory(scene.directory);
    await file.close();
    const again = await created(scene);
    assert.equal(`${await again.read(10, 0)}`, 'aXYd');
    assert.equal(`${await again.read(2, 1)}`, 'XY');
    assert.equal((await again.read(4, 4)).length, 0);
    assert.equal(await again.size(), 4);
    await again.close();
  },
);

given(
  'more buffers than the system takes at once, then all of them are there in order',
  [],
  async (scene) => {
    const buffers = Array.from({ length: 3_000 }, (_, at) => Buffer.from(`${at},`));
    const whole = Buffer.concat(buffers);
    const file = await created(scene);
    await file.write(buffers, 0);
    assert.deepEqual(await file.read(whole.length + 10, 0), whole);
    await file.close();
  },
);

given('a file that is cut, then what was behind is gone', [], async (scene) => {
  const file = await created(scene);
  await file.write([Buffer.from('abcdef')], 0);
  await file.truncate(2);
  assert.equal(await file.size(), 2);
  await file.write([Buffer.from('Z')], 3);
  assert.deepEqual(await file.read(10, 0), Buffer.from('ab\0Z'));
  await file.close();
});

given(
  'no room, then the write rejects as a full disk, and what was there can be read',
  ['fill'],
  async (scene) => {
    const file = await created(scene);
    await file.write([Buffer.from('abc')], 0);
    await scene.fill();
    await assert.rejects(file.write([Buffer.alloc(100)], 3), withCode('ENOSPC'));
    assert.equal(`${await file.read(3, 0)}`, 'abc');
    await file.close();
  },
);

/** Whether something can hold the segments of a mutation log (`MutationLogOptions.fileSystem`). */
export function fileSystemSuite(
  name: string,
  options: FileSystemOptions,
  functions: TestFunctions,
): DeclaredSuite {
  return declareSuite(name, cases, options, functions);
}
