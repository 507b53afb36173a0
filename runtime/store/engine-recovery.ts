import { readFile as readSystemFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyFiles } from './checkpoint-manifest.js';
import { type CheckpointStore, copyCheckpointFiles } from './checkpoint-store.js';
import type { Engine, OpenEngine } from './engine.js';
import { StoreError } from './errors.js';
import type { FileSystem } from './file-system.js';
import { errnoOf, exists, readFile, syncTree, writeFileDurably } from './files.js';

/**
 * Which engine files may be believed.
 *
 * Engine writes are not synced. Whoever kills the process loses nothing, since the operating system keeps what
 * it was given; but a power failure may take away any part of what LevelDB wrote last, even from the middle. So
 * an engine is trusted only when it was closed cleanly (and synced then), or when the same boot of the machine
 * wrote it. Otherwise it is thrown away and built again: latest checkpoint, then the log, both of which are
 * synced. That is why the log is kept from the latest checkpoint on.
 */
interface EngineTrust {
  readonly formatVersion: 1;
  readonly bootId: string;
  readonly closedCleanly: boolean;
}

const engineName = 'engine';
const trustName = 'engine.json';

/** What differs from one boot to the next; empty where the system does not tell, and then nothing is trusted. */
export async function currentBootId(): Promise<string> {
  return (await readSystemFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

export class PartitionEngine {
  readonly #directory: string;
  readonly #openEngine: OpenEngine;
  readonly #bootId: string;
  readonly #fileSystem: FileSystem;

  constructor(directory: string, openEngine: OpenEngine, bootId: string, fileSystem: FileSystem) {
    this.#directory = directory;
    this.#openEngine = openEngine;
    this.#bootId = bootId;
    this.#fileSystem = fileSystem;
  }

  /** Opens the engine as it is; `undefined` when there is none that may be believed. */
  async openTrusted(): Promise<Engine | undefined> {
    if (!(await exists(join(this.#directory, engineName), this.#fileSystem))) return undefined;
    const trusted = await this.#isTrusted();
    let engine: Engine;
    try {
      // Opened even when it is going to be replaced: its lock shows whether somebody else is using it.
      engine = await this.#openEngine(join(this.#directory, engineName));
    } catch (error) {
      if (error instanceof StoreError && error.code === 'ERR_CORRUPTION') return undefined;
      throw error;
    }
    if (trusted) return engine;
    await engine.close();
    return undefined;
  }

  /** Replaces the engine by the latest checkpoint, or by an empty one. Can be repeated after a crash. */
  async rebuild(checkpoints: CheckpointStore): Promise<Engine> {
    const path = join(this.#directory, engineName);
    const making = `${path}.making`;
    const fileSystem = this.#fileSystem;
    try {
      await fileSystem.remove(join(this.#directory, trustName));
      await fileSystem.syncDirectory(this.#directory);
      await fileSystem.remove(path);
      const checkpoint = checkpoints.latest();
      if (checkpoint === undefined) return await this.#openEngine(path);
      await verifyFiles(checkpoint.directory, checkpoint, fileSystem);
      await fileSystem.remove(making);
      await copyCheckpointFiles(checkpoint.directory, checkpoint, making, fileSystem);
      await fileSystem.rename(making, path);
      await fileSystem.syncDirectory(this.#directory);
      return await this.#openEngine(path);
    } catch (error) {
      throw StoreError.from(error, 'rebuild the engine', path);
    }
  }

  /** From now on this boot vouches for the engine. */
  async markOpen(): Promise<void> {
    await this.#writeTrust(false);
  }

  async closeCleanly(engine: Engine): Promise<void> {
    const path = join(this.#directory, engineName);
    await engine.close();
    if (await exists(path, this.#fileSystem)) await syncTree(path, this.#fileSystem);
    await this.#writeTrust(true);
  }

  async #isTrusted(): Promise<boolean> {
    try {
      const text = await readFile(join(this.#directory, trustName), this.#fileSystem);
      const trust = JSON.parse(text.toString('utf8')) as EngineTrust;
      if (trust.formatVersion !== 1) return false;
      return trust.closedCleanly || (trust.bootId !== '' && trust.bootId === this.#bootId);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return false;
      throw StoreError.from(error, 'read engine state', join(this.#directory, trustName));
    }
  }

  async #writeTrust(closedCleanly: boolean): Promise<void> {
    const trust: EngineTrust = { formatVersion: 1, bootId: this.#bootId, closedCleanly };
    await writeFileDurably(join(this.#directory, trustName), JSON.stringify(trust), this.#fileSystem);
  }
}
