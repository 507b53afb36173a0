/**
 * Which move brought a partition's directory here. The meta server's record names the ballot of the copy that
 * counts; a directory with another one is the rest of an earlier place and is never opened (SPEC S-MOVE-1).
 */
import { join } from 'node:path';
import { errnoOf, makeDirectory, readFile, writeFileDurably } from '../../store/files.js';
import { type FileSystem, StoreError } from '../../store/index.js';

export const PLACE_FILE = 'place.json';

export interface Place {
  /** 0: made here. */
  readonly ballot: number;
  /** Of a partition that was fetched: the last of its log then. */
  readonly decree: number;
}

const MADE_HERE: Place = { ballot: 0, decree: -1 };

/** Where the files of a move to this node are put together. */
export const arrivingOf = (directory: string): string => `${directory}.arriving`;

export async function readPlace(directory: string, fileSystem: FileSystem): Promise<Place> {
  const path = join(directory, PLACE_FILE);
  try {
    const { ballot, decree } = JSON.parse((await readFile(path, fileSystem)).toString('utf8')) as Place;
    return { ballot, decree };
  } catch (error) {
    // What is no directory is for whoever opens it to complain of.
    const none = ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
    if (none || error instanceof SyntaxError) return MADE_HERE;
    throw StoreError.from(error, 'read where a partition comes from', path);
  }
}

export const placeText = (place: Place): string => JSON.stringify(place);

export async function writePlace(directory: string, place: Place, fileSystem: FileSystem): Promise<void> {
  await makeDirectory(directory, fileSystem);
  await writeFileDurably(join(directory, PLACE_FILE), placeText(place), fileSystem);
}

/**
 * Puts the copy of this ballot into its place, if it is here: what was fetched becomes the partition, and what an
 * earlier place has left goes. Can be repeated after a crash at any point of it.
 *
 * @throws StoreError `ERR_INCONSISTENT_STATE` when there is another copy in its place, and none that counts
 */
export async function settlePlace(
  directory: string,
  { ballot, existed }: { readonly ballot: number; readonly existed: boolean },
  fileSystem: FileSystem,
): Promise<void> {
  const arriving = arrivingOf(directory);
  if ((await readPlace(directory, fileSystem)).ballot === ballot) {
    await fileSystem.remove(arriving);
    return;
  }
  if ((await readPlace(arriving, fileSystem)).ballot === ballot) {
    await fileSystem.remove(directory);
    await fileSystem.rename(arriving, directory);
    await fileSystem.syncDirectory(join(directory, '..'));
    return;
  }
  if (existed && fileSystem.has(directory)) {
    throw new StoreError('ERR_INCONSISTENT_STATE', {
      operation: 'open partition',
      path: directory,
      detail: `the copy here did not come with move ${ballot}, by which the partition came to this node`,
    });
  }
  if (existed) return;
  // It had nothing when it moved: whatever is here is older than that.
  await fileSystem.remove(directory);
  await fileSystem.remove(arriving);
}
