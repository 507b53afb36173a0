import { basename, dirname, join, resolve } from 'node:path';
import { type CheckpointManifest, parseManifest } from './checkpoint-manifest.js';
import { CheckpointStore } from './checkpoint-store.js';
import { StoreError } from './errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { errnoOf, readFile, writeFileDurably } from './files.js';
import { createSegment } from './log-recovery.js';

/** Names inside a partition's directory. */
export const partitionPaths = {
  log: (directory: string) => join(directory, 'log'),
  checkpoints: (directory: string) => join(directory, 'checkpoints'),
  installed: (directory: string) => join(directory, 'installed.json'),
};

/**
 * Makes a partition directory from a received checkpoint: verified files, and an empty log that goes on with
 * the next decree. See `PartitionStore.install`.
 */
export async function installPartition(
  directory: string,
  filesDirectory: string,
  manifest: CheckpointManifest,
  fileSystem: FileSystem = nodeFileSystem,
  notes: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const checked = parseManifest(manifest);
  const target = resolve(directory);
  try {
    if (await isInstalled(target, checked, fileSystem)) {
      // The attempt before may have failed right there.
      await fileSystem.syncDirectory(dirname(target));
      return;
    }
    const making = join(dirname(target), `${basename(target)}.installing`);
    await fileSystem.remove(making);
    await fileSystem.makeDirectory(making);
    const checkpoints = await CheckpointStore.open(partitionPaths.checkpoints(making), fileSystem);
    await checkpoints.adopt(filesDirectory, checked);
    await fileSystem.makeDirectory(partitionPaths.log(making));
    const segment = await createSegment(partitionPaths.log(making), checked.decree + 1, fileSystem);
    await segment.retire();
    const identity = JSON.stringify(identityOf(checked));
    for (const [name, text] of notes) await writeFileDurably(join(making, name), text, fileSystem);
    await writeFileDurably(partitionPaths.installed(making), identity, fileSystem);
    await fileSystem.rename(making, target);
    await fileSystem.syncDirectory(dirname(target));
  } catch (error) {
    throw StoreError.from(error, 'install checkpoint', target);
  }
}

/** Whether this very checkpoint is there already, which is what a repeated request finds. */
async function isInstalled(
  directory: string,
  manifest: CheckpointManifest,
  fileSystem: FileSystem,
): Promise<boolean> {
  let names: readonly unknown[];
  try {
    names = await fileSystem.list(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  if (names.length === 0) return false;
  const installed = await readInstalled(directory, fileSystem);
  if (installed === JSON.stringify(identityOf(manifest))) return true;
  throw new StoreError('ERR_PATH_ALREADY_EXIST', {
    operation: 'install checkpoint',
    path: directory,
    detail: installed === '' ? 'a partition is there already' : 'another checkpoint was installed there',
  });
}

/** Decree of the checkpoint this partition was made from; `undefined` when it started empty. */
export async function installedDecree(
  directory: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<number | undefined> {
  const text = await readInstalled(directory, fileSystem);
  return text === '' ? undefined : (JSON.parse(text) as ReturnType<typeof identityOf>).decree;
}

async function readInstalled(directory: string, fileSystem: FileSystem): Promise<string> {
  try {
    return (await readFile(partitionPaths.installed(directory), fileSystem)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function identityOf(manifest: CheckpointManifest) {
  const files = [...manifest.files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { decree: manifest.decree, files: files.map(({ name, sizeBytes, md5 }) => [name, sizeBytes, md5]) };
}
