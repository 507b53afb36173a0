import { join } from 'node:path';
import { CopyError } from '../../../actors/ports/fileCopy.js';
import type { FileCopyInput } from '../../../machines/checkpointTransfer.js';
import { StoreError } from '../../store/errors.js';
import { type FileSystem, nodeFileSystem } from '../../store/file-system.js';
import { errnoOf } from '../../store/files.js';

/** Where the copy of one file lives. */
export interface CopyPaths {
  readonly directory: string;
  /** Exists only once the file is complete and verified. */
  readonly final: string;
  readonly partial: string;
  readonly journal: string;
}

const partialSuffix = '.part';
const journalSuffix = '.blocks';
/** What ext4, XFS and APFS take, less the longest suffix. */
const maxNameBytes = 255 - journalSuffix.length;

/**
 * A name that came from another machine and may become a path here: no directories, no way out. Engines name their
 * files in ASCII. Anything else could be two names for one file, or change how a log line looks.
 */
export function isPlainFileName(name: string): boolean {
  return PLAIN_NAME.test(name) && name !== '.' && name !== '..' && name.length <= maxNameBytes;
}

/** Printable, without separators. */
const PLAIN_NAME = /^[\x20-\x2e\x30-\x5b\x5d-\x7e]+$/;

/**
 * Paths for a copy below `base`: `<base>/<decree>/<name>` and its companions.
 *
 * @throws CopyError ERR_INVALID_PARAMETERS for a name, decree or size that cannot be meant.
 */
export function copyPathsOf(base: string, { decree, file }: FileCopyInput): CopyPaths {
  const refuse = (hint: string): never => {
    throw new CopyError({ error: 'ERR_INVALID_PARAMETERS', operation: 'open checkpoint file', hint });
  };
  if (!Number.isSafeInteger(decree) || decree < 0) refuse(`decree ${decree}`);
  if (!Number.isSafeInteger(file.sizeBytes) || file.sizeBytes < 0)
    refuse(`a size of ${file.sizeBytes} bytes`);
  // A file called `a.part` would be the partial file of `a`.
  const ours = file.name.endsWith(partialSuffix) || file.name.endsWith(journalSuffix);
  if (ours || !isPlainFileName(file.name)) refuse(`file name ${JSON.stringify(file.name.slice(0, 100))}`);
  const directory = copyDirectory(base, decree);
  const final = join(directory, file.name);
  return { directory, final, partial: final + partialSuffix, journal: final + journalSuffix };
}

/** The directory that holds the verified files of a checkpoint. */
export function copyDirectory(base: string, decree: number): string {
  return join(base, String(decree));
}

/**
 * Deletes the copies of all checkpoints but one. Whatever in `base` is not named like a decree is left alone;
 * a missing `base` is fine. No file of those checkpoints may be open.
 *
 * @returns the decrees whose copies were deleted, ascending
 * @throws CopyError
 */
export async function removeOthers(
  base: string,
  decree: number,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<number[]> {
  try {
    const others = (await fileSystem.list(base))
      .map(({ name }) => name)
      .filter((name) => /^\d{1,16}$/.test(name) && name !== String(decree));
    for (const name of others) await fileSystem.remove(join(base, name));
    if (others.length > 0) await fileSystem.syncDirectory(base);
    return others.map(Number).sort((a, b) => a - b);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskError(error, 'remove old checkpoint copies', base);
  }
}

/** A failure of the local disk as the chart wants it told. */
export function diskError(thrown: unknown, operation: string, path: string): CopyError {
  if (thrown instanceof CopyError) return thrown;
  const { code, message } = StoreError.from(thrown, operation, path);
  return new CopyError({ error: code, operation, hint: message }, { cause: thrown });
}
