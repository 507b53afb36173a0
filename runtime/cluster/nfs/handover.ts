/**
 * A partition that was closed for a move, as the files that another node fetches: its latest checkpoint, its
 * whole log, and what it was made from. Engine files stay behind: the checkpoint and the log are synced, and the
 * engine is built from them anew.
 *
 * On the way a file's name says where it belongs, `log~log.17` or `checkpoint~CURRENT`, because only plain names
 * travel. What comes from another machine is checked like everything that becomes a path here.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CheckpointView } from '../../../machines/index.js';
import type { Gpid } from '../../pegasus/schema.js';
import { manifestFile } from '../../store/checkpoint-manifest.js';
import { exists, linkOrCopy, makeDirectory, md5Of, syncTree } from '../../store/files.js';
import {
  type CheckpointFile,
  type CheckpointInfo,
  type FileSystem,
  partitionPaths,
  readManifest,
  StoreError,
} from '../../store/index.js';
import { firstDecreeOf } from '../../store/log-segment.js';
import { isPlainFileName } from './copy-paths.js';

/** What a closed partition offers to the node that it moves to. */
export interface Handover {
  readonly gpid: Gpid;
  /** Last decree of its log. */
  readonly decree: number;
  /** Names this very list of files; sent back with every read. */
  readonly directory: string;
  readonly files: readonly CheckpointFile[];
  /** Where each file is on this machine. */
  readonly paths: ReadonlyMap<string, string>;
}

const INSTALLED = 'partition~installed.json';

/** Lists a closed partition. Nobody may write to it as long as it is offered. */
export async function handoverOf(
  { gpid, directory, decree }: { readonly gpid: Gpid; readonly directory: string; readonly decree: number },
  checkpoint: CheckpointInfo | undefined,
  fileSystem: FileSystem,
): Promise<Handover> {
  const paths = new Map<string, string>();
  const log = partitionPaths.log(directory);
  for (const { name } of await fileSystem.list(log)) {
    if (firstDecreeOf(name) !== undefined) paths.set(`log~${name}`, join(log, name));
  }
  for (const name of checkpoint === undefined ? [] : [manifestFile, ...checkpoint.files.map((f) => f.name)]) {
    paths.set(`checkpoint~${name}`, join(checkpoint?.directory ?? '', name));
  }
  const installed = partitionPaths.installed(directory);
  if (await exists(installed, fileSystem)) paths.set(INSTALLED, installed);
  // Hashed when the checkpoint was made; nobody serves the partition while this goes on.
  const known = new Map(checkpoint?.files.map(({ name, md5 }) => [`checkpoint~${name}`, md5]));
  const files: CheckpointFile[] = [];
  for (const [name, path] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { sizeBytes } = await fileSystem.stat(path);
    files.push({ name, sizeBytes, md5: known.get(name) ?? (await md5Of(path, fileSystem)) });
  }
  const digest = createHash('md5')
    .update(JSON.stringify([decree, files]))
    .digest('hex')
    .slice(0, 16);
  return { gpid, decree, directory: `${gpid.appId}.${gpid.partitionIndex}/handover.${digest}`, files, paths };
}

/** The partition whose handover a directory of a request means; undefined for anything else. */
export function gpidOfHandover(directory: string): Gpid | undefined {
  const match = /^(\d{1,10})\.(\d{1,10})\/handover\.[0-9a-f]{16}$/.exec(directory);
  return match === null ? undefined : { appId: Number(match[1]), partitionIndex: Number(match[2]) };
}

/**
 * Makes a partition directory from fetched files, which are verified by then. On disk when this resolves.
 *
 * @throws StoreError `ERR_CORRUPTION` for files that are no partition
 */
export async function assemblePartition(
  target: string,
  filesDirectory: string,
  { files }: CheckpointView,
  fileSystem: FileSystem,
): Promise<void> {
  const refuse = (detail: string): never => {
    throw new StoreError('ERR_CORRUPTION', { operation: 'assemble partition', path: target, detail });
  };
  await fileSystem.remove(target);
  const log = partitionPaths.log(target);
  const checkpoints = partitionPaths.checkpoints(target);
  const making = join(checkpoints, 'checkpoint.making');
  await makeDirectory(log, fileSystem);
  await makeDirectory(making, fileSystem);
  let segments = 0;
  for (const { name } of files) {
    const [kind, inner] = splitName(name);
    if (inner === '' || !isPlainFileName(inner)) refuse(`a file named ${JSON.stringify(name.slice(0, 100))}`);
    const from = join(filesDirectory, name);
    if (kind === 'log' && firstDecreeOf(inner) !== undefined) {
      segments++;
      // Written to when the partition opens: never the same file as one that is verified again.
      await fileSystem.copy(from, join(log, inner));
    } else if (kind === 'checkpoint') {
      await linkOrCopy(from, join(making, inner), fileSystem.link, fileSystem);
    } else if (name === INSTALLED) {
      await fileSystem.copy(from, partitionPaths.installed(target));
    } else refuse(`a file named ${JSON.stringify(name.slice(0, 100))}`);
  }
  if (segments === 0) refuse('no log');
  await syncTree(log, fileSystem);
  const manifest = await readManifest(making, fileSystem);
  if (manifest === undefined) await fileSystem.remove(making);
  else {
    await syncTree(making, fileSystem);
    await fileSystem.rename(making, join(checkpoints, `checkpoint.${manifest.decree}`));
  }
  await fileSystem.syncDirectory(checkpoints);
  await syncTree(target, fileSystem);
}

function splitName(name: string): readonly [kind: string, inner: string] {
  const at = name.indexOf('~');
  return [name.slice(0, Math.max(0, at)), name.slice(at + 1)];
}
