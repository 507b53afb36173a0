import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from './errors.js';
import { errnoOf, linkOrCopy, syncTree } from './files.js';
import { readLiveFiles } from './leveldb-manifest.js';

/** Attempts before giving up; a compaction that ends in between costs one. */
const maxAttempts = 60;
const delayPerAttemptMs = 5;
const maxDelayMs = 100;

/**
 * Copies an open LevelDB database while nobody writes to it. Background compactions may run: tables are linked
 * and not copied, and when the manifest moved in between, the whole copy starts again.
 *
 * Everything is on disk when this resolves; `target` is removed first.
 */
export async function checkpointLevelDb(source: string, target: string): Promise<void> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    if (await copyOnce(source, target)) {
      await syncTree(target);
      return;
    }
    await delay(Math.min(delayPerAttemptMs * attempt, maxDelayMs));
  }
  await rm(target, { recursive: true, force: true });
  throw new StoreError('ERR_BUSY', {
    operation: 'checkpoint the engine',
    path: source,
    detail: `its list of files changed during each of ${maxAttempts} attempts`,
  });
}

/** False when the database changed its files meanwhile. */
async function copyOnce(source: string, target: string): Promise<boolean> {
  try {
    const current = await readFile(join(source, 'CURRENT'), 'utf8');
    const manifestPath = join(source, current.trim());
    const manifest = await readFile(manifestPath);
    const live = readLiveFiles(manifest);
    if (live === undefined) return false;
    const names = await readdir(source);
    for (const number of live.tables) {
      const name = tableName(number, names);
      if (name === undefined) return false;
      await linkOrCopy(join(source, name), join(target, name));
    }
    for (const name of names) {
      const number = /^(\d+)\.log$/.exec(name)?.[1];
      if (number === undefined) continue;
      // Not linked: LevelDB goes on appending to it.
      if (Number(number) >= live.logNumber || Number(number) === live.previousLogNumber) {
        await copyFile(join(source, name), join(target, name));
      }
    }
    const unchanged =
      (await readFile(join(source, 'CURRENT'), 'utf8')) === current &&
      (await stat(manifestPath)).size === manifest.length;
    if (!unchanged) return false;
    await writeFile(join(target, current.trim()), manifest);
    await writeFile(join(target, 'CURRENT'), current);
    return true;
  } catch (error) {
    // A table that a compaction has just removed.
    if (errnoOf(error) === 'ENOENT') return false;
    throw StoreError.from(error, 'checkpoint the engine', target);
  }
}

function tableName(number: number, names: readonly string[]): string | undefined {
  const digits = String(number).padStart(6, '0');
  return [`${digits}.ldb`, `${digits}.sst`].find((name) => names.includes(name));
}
