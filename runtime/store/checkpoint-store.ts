import { join, resolve } from 'node:path';
import {
  type CheckpointFile,
  type CheckpointManifest,
  manifestFile,
  parseManifest,
  readManifest,
  verifyFiles,
} from './checkpoint-manifest.js';
import type { EngineState } from './engine.js';
import { StoreError } from './errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { linkOrCopy, makeDirectory, md5Of, settleNames, syncTree, writeFileDurably } from './files.js';

/** A finished checkpoint on this node. */
export interface CheckpointInfo extends CheckpointManifest {
  /** Absolute path of the directory that holds the files. */
  readonly directory: string;
  /** Sum of the files' sizes. */
  readonly sizeBytes: number;
}

const unfinishedName = 'checkpoint.making';

/**
 * The checkpoints of one partition, each a directory `checkpoint.<decree>` of plain files with a
 * `manifest.json` that is written last. What has no manifest is the rest of an interrupted attempt and is
 * removed on open.
 */
export class CheckpointStore {
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  /** Ascending by decree. */
  #checkpoints: CheckpointInfo[];

  private constructor(directory: string, fileSystem: FileSystem, checkpoints: CheckpointInfo[]) {
    this.#directory = directory;
    this.#fileSystem = fileSystem;
    this.#checkpoints = checkpoints;
  }

  /** @throws StoreError `ERR_CORRUPTION` when a manifest cannot be read: move that checkpoint away, then reopen. */
  static async open(directory: string, fileSystem: FileSystem = nodeFileSystem): Promise<CheckpointStore> {
    try {
      await makeDirectory(directory, fileSystem);
      await settleNames(directory, fileSystem);
      const checkpoints: CheckpointInfo[] = [];
      for (const { name } of await fileSystem.list(directory)) {
        const decree = /^checkpoint\.(\d+)$/.exec(name)?.[1];
        if (decree === undefined && name !== unfinishedName) continue;
        const path = join(directory, name);
        const manifest = decree === undefined ? undefined : await readManifest(path, fileSystem);
        if (manifest === undefined) await fileSystem.remove(path);
        else checkpoints.push(infoOf(path, manifest));
      }
      checkpoints.sort((a, b) => a.decree - b.decree);
      return new CheckpointStore(directory, fileSystem, checkpoints);
    } catch (error) {
      throw StoreError.from(error, 'open checkpoints', directory);
    }
  }

  latest(): CheckpointInfo | undefined {
    return this.#checkpoints.at(-1);
  }

  /** Ascending by decree. */
  list(): readonly CheckpointInfo[] {
    return [...this.#checkpoints];
  }

  /**
   * Makes a checkpoint from what `fill` writes into the (not yet existing) directory it is given. `fill` leaves
   * its files on disk. One call at a time. A checkpoint that exists for the same decree is kept and returned.
   */
  async create(fill: (directory: string) => Promise<EngineState>): Promise<CheckpointInfo> {
    const making = join(this.#directory, unfinishedName);
    try {
      await this.#fileSystem.remove(making);
      const { decree, marks } = await fill(making);
      const existing = this.#checkpoints.find((checkpoint) => checkpoint.decree === decree);
      if (existing !== undefined) {
        await this.#fileSystem.remove(making);
        return existing;
      }
      const files: CheckpointFile[] = [];
      const names = (await this.#fileSystem.list(making)).map(({ name }) => name);
      for (const name of names.sort()) {
        const path = join(making, name);
        const { sizeBytes } = await this.#fileSystem.stat(path);
        files.push({ name, sizeBytes, md5: await md5Of(path, this.#fileSystem) });
      }
      return await this.#finish(making, { formatVersion: 1, decree, marks, files });
    } catch (error) {
      await this.#fileSystem.remove(making).catch(() => undefined);
      throw StoreError.from(error, 'make checkpoint', making);
    }
  }

  /** Takes over a checkpoint made elsewhere, after comparing its files with the manifest. The files stay. */
  async adopt(filesDirectory: string, manifest: CheckpointManifest): Promise<CheckpointInfo> {
    const checked = parseManifest(manifest);
    await verifyFiles(filesDirectory, checked, this.#fileSystem);
    const making = join(this.#directory, unfinishedName);
    try {
      await this.#fileSystem.remove(making);
      await copyCheckpointFiles(filesDirectory, checked, making, this.#fileSystem);
      return await this.#finish(making, checked);
    } catch (error) {
      throw StoreError.from(error, 'take over checkpoint', making);
    }
  }

  /**
   * Removes all but the newest `keep` (at least one) and the pinned decrees. Returns the decrees removed.
   * A checkpoint that somebody is reading has to be pinned by the caller.
   */
  async prune(keep: number, pinnedDecrees: Iterable<number> = []): Promise<number[]> {
    const pinned = new Set(pinnedDecrees);
    const old = this.#checkpoints.slice(0, -Math.max(1, keep));
    const removed = old.filter(({ decree }) => !pinned.has(decree));
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => !removed.includes(checkpoint));
    for (const { directory } of removed) {
      try {
        // The manifest first: what remains after a crash does not look finished.
        await this.#fileSystem.remove(join(directory, manifestFile));
        await this.#fileSystem.remove(directory);
      } catch (error) {
        throw StoreError.from(error, 'remove checkpoint', directory);
      }
    }
    return removed.map(({ decree }) => decree);
  }

  async #finish(making: string, manifest: CheckpointManifest): Promise<CheckpointInfo> {
    const text = JSON.stringify(manifest, undefined, 2);
    await writeFileDurably(join(making, manifestFile), text, this.#fileSystem);
    const directory = join(this.#directory, `checkpoint.${manifest.decree}`);
    // Nobody knows of what is there: an attempt whose name could not be made durable, or a removal that failed.
    await this.#fileSystem.remove(directory);
    await this.#fileSystem.rename(making, directory);
    await this.#fileSystem.syncDirectory(this.#directory);
    const info = infoOf(directory, manifest);
    this.#checkpoints = [...this.#checkpoints, info].sort((a, b) => a.decree - b.decree);
    return info;
  }
}

/**
 * Makes a directory with the files of a checkpoint, on disk when this resolves. LevelDB never changes a table,
 * so tables are linked; everything else is copied because the copy may be opened as an engine.
 */
export async function copyCheckpointFiles(
  from: string,
  manifest: CheckpointManifest,
  to: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  await fileSystem.makeDirectory(to);
  for (const { name } of manifest.files) {
    const [source, target] = [join(from, name), join(to, name)];
    if (/\.(ldb|sst)$/.test(name)) await linkOrCopy(source, target, fileSystem.link, fileSystem);
    else await fileSystem.copy(source, target);
  }
  await syncTree(to, fileSystem);
}

function infoOf(directory: string, manifest: CheckpointManifest): CheckpointInfo {
  const sizeBytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { ...manifest, directory: resolve(directory), sizeBytes };
}
