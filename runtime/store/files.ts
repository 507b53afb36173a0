import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { type FileSystem, nodeFileSystem } from './file-system.js';

/** Errno codes that mean "this file system does not link here", not "the disk is broken". */
const linkRefused = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']);

const readBytes = 1024 * 1024;

export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
}

/** Hard link, or a copy where links are not possible. Only for files that nobody changes any more. */
export async function linkOrCopy(
  from: string,
  to: string,
  makeLink: (from: string, to: string) => Promise<void> = nodeFileSystem.link,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  try {
    await makeLink(from, to);
  } catch (error) {
    if (!linkRefused.has(errnoOf(error) ?? '')) throw error;
    await fileSystem.copy(from, to);
  }
}

/** Puts a file's content on disk. */
export async function syncFile(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  const file = await fileSystem.open(path);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Puts every file directly inside a directory on disk, then the directory. */
export async function syncTree(directory: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  for (const { name, isFile } of await fileSystem.list(directory)) {
    if (isFile) await syncFile(join(directory, name), fileSystem);
  }
  await fileSystem.syncDirectory(directory);
}

/** The whole content of a file. */
export async function readFile(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<Buffer> {
  const file = await fileSystem.open(path, { readOnly: true });
  try {
    return await file.read(await file.size(), 0);
  } finally {
    await file.close();
  }
}

/** Writes a whole file, and puts its content on disk. */
export async function writeFile(
  path: string,
  content: string | Buffer,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  const file = await fileSystem.open(path, { create: true });
  try {
    await file.truncate(0);
    await file.write([Buffer.from(content)], 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Replaces a file so that a reader, even after a power failure, sees the old content or the new one. */
export async function writeFileDurably(
  path: string,
  content: string | Buffer,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeFile(temporary, content, fileSystem);
  await fileSystem.rename(temporary, path);
  await fileSystem.syncDirectory(dirname(path));
}

/** Creates a directory with its parents, so that they survive a power failure. */
export async function makeDirectory(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  const first = await fileSystem.makeDirectory(path);
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let made = resolve(path); made !== top && made !== dirname(made); made = dirname(made)) {
    await fileSystem.syncDirectory(dirname(made));
  }
}

/**
 * Makes what is seen in a directory, and its own name, durable. A process that was killed between a name and its
 * sync leaves one that whoever opens the directory next sees, and a power failure would take away.
 */
export async function settleNames(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  await fileSystem.syncDirectory(path);
  await fileSystem.syncDirectory(dirname(resolve(path)));
}

/** MD5 of a whole file as 32 lower-case hexadecimal digits. */
export async function md5Of(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<string> {
  const hash = createHash('md5');
  const file = await fileSystem.open(path, { readOnly: true });
  try {
    for (let at = 0; ; ) {
      const bytes = await file.read(readBytes, at);
      hash.update(bytes);
      at += bytes.length;
      if (bytes.length < readBytes) return hash.digest('hex');
    }
  } finally {
    await file.close();
  }
}

export async function exists(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<boolean> {
  try {
    await fileSystem.stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
