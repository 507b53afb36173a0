import { join } from 'node:path';
import { z } from 'zod';
import type { Marks } from './engine.js';
import { StoreError } from './errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { errnoOf, md5Of, readFile } from './files.js';

export const manifestFile = 'manifest.json';

export interface CheckpointFile {
  /** A plain file name, without directories. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the whole file, 32 lower-case hexadecimal digits. */
  readonly md5: string;
}

/** What a checkpoint consists of; sent ahead of its files. */
export interface CheckpointManifest {
  readonly formatVersion: 1;
  /** The checkpoint contains every decree up to this one and none above. */
  readonly decree: number;
  readonly marks: Marks;
  readonly files: readonly CheckpointFile[];
}

// Names come from another machine and become paths here.
const fileName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\\\0]+$/, 'must not contain a separator')
  .refine((name) => name !== '.' && name !== '..', 'must not be a directory')
  .refine((name) => name !== manifestFile, 'is reserved');

const decree = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const manifestShape = z
  .object({
    formatVersion: z.literal(1),
    decree,
    marks: z.record(z.string(), z.number()),
    files: z
      .array(
        z.object({
          name: fileName,
          sizeBytes: z.number().int().min(0),
          md5: z.string().regex(/^[0-9a-f]{32}$/),
        }),
      )
      .max(1_000_000),
  })
  .refine(
    ({ files }) => new Set(files.map(({ name }) => name)).size === files.length,
    'a file name appears twice',
  );

/**
 * Checks a manifest that came from a file or from another node.
 *
 * @throws StoreError `ERR_CORRUPTION`, naming the field that is wrong.
 */
export function parseManifest(value: unknown, path = ''): CheckpointManifest {
  const parsed = manifestShape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StoreError('ERR_CORRUPTION', {
    operation: 'read checkpoint manifest',
    path,
    detail: issue === undefined ? 'not a manifest' : `${issue.path.join('.')}: ${issue.message}`,
  });
}

/** `undefined` when the directory holds no manifest, thus no finished checkpoint. */
export async function readManifest(
  directory: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<CheckpointManifest | undefined> {
  const path = join(directory, manifestFile);
  let text: string;
  try {
    text = (await readFile(path, fileSystem)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw StoreError.from(error, 'read checkpoint manifest', path);
  }
  try {
    return parseManifest(JSON.parse(text), path);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('ERR_CORRUPTION', {
      operation: 'read checkpoint manifest',
      path,
      detail: 'not JSON',
      cause: error,
    });
  }
}

/**
 * Compares files with their manifest: all sizes first, since that is cheap, then the checksums.
 *
 * @throws StoreError `ERR_WRONG_CHECKSUM` or `ERR_PATH_NOT_FOUND`, naming the file.
 */
export async function verifyFiles(
  directory: string,
  manifest: CheckpointManifest,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  for (const file of manifest.files) {
    const path = join(directory, file.name);
    const found = await fileSystem.stat(path).catch((error: unknown) => {
      throw StoreError.from(error, 'verify checkpoint', path);
    });
    if (found.sizeBytes !== file.sizeBytes)
      throw mismatch(path, `${found.sizeBytes} bytes instead of ${file.sizeBytes}`);
  }
  for (const file of manifest.files) {
    const path = join(directory, file.name);
    const md5 = await md5Of(path, fileSystem).catch((error: unknown) => {
      throw StoreError.from(error, 'verify checkpoint', path);
    });
    if (md5 !== file.md5) throw mismatch(path, `MD5 ${md5} instead of ${file.md5}`);
  }
}

function mismatch(path: string, detail: string): StoreError {
  return new StoreError('ERR_WRONG_CHECKSUM', { operation: 'verify checkpoint', path, detail });
}
