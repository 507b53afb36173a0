/** A partition's directory on a replica server: where it is, whether it is one, how it is opened and deleted. */
import { join } from 'node:path';
import type { Gpid } from '../../pegasus/index.js';
import { writeFile } from '../../store/files.js';
import { type FileSystem, PartitionStore } from '../../store/index.js';
import { type RrdbResult, rrdbApply } from '../rrdb/index.js';
import type { NodeContext } from './node-context.js';

const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

/** The current segment is never collected: it has to be small beside the limit, or the limit never holds. */
const segmentSizeOf = (logBytes: number): number => Math.min(MAX_SEGMENT_BYTES, Math.ceil(logBytes / 4));

/** Where a partition's files are collected before they are installed. */
export const copyOf = (directory: string): string => `${directory}.copy`;

/**
 * Whether a partition is there, rather than what is left of one: an empty mount point, say, or a directory that
 * was deleted under a running server, which wrote some more. Opening such a rest would make an empty partition.
 */
export const isThere = (directory: string, fileSystem: FileSystem): boolean =>
  ['log', 'engine'].some((part) => fileSystem.has(join(directory, part)));

/** Where a partition lives on a replica server. */
export const partitionDirectory = (base: string, { appId, partitionIndex }: Gpid): string =>
  join(base, `${appId}.${partitionIndex}`);

/** Deletes a partition that is not open, with everything that was fetched for it. */
export async function deletePartition(directory: string, fileSystem: FileSystem): Promise<void> {
  await fileSystem.remove(directory);
  await fileSystem.remove(copyOf(directory));
}

/** Opens a partition as every server here does. */
export function openPartition(
  node: Pick<NodeContext, 'config' | 'environment'>,
  directory: string,
): Promise<PartitionStore<RrdbResult>> {
  const { clock, fileSystem, openEngine, bootId } = node.environment;
  return PartitionStore.open<RrdbResult>({
    directory,
    clock,
    fileSystem,
    openEngine,
    ...(bootId === null ? {} : { bootId }),
    apply: rrdbApply({ clusterId: node.config.cluster.id }),
    logOptions: { segmentSizeBytes: segmentSizeOf(node.config.limits.logBytes) },
  });
}

/** What opening an engine may write at most: its log becomes a table. */
const ROOM_TO_OPEN_BYTES = 16 * 1024 * 1024;
const PROBE_BYTES = 64 * 1024;

/** Whether there is room to open a partition: on the disk, and for this process, which may have a quota. */
export async function hasRoom(directory: string, fileSystem: FileSystem): Promise<boolean> {
  const file = `${directory}.probe`;
  try {
    if ((await fileSystem.freeBytes(directory)) < ROOM_TO_OPEN_BYTES) return false;
    await writeFile(file, Buffer.alloc(PROBE_BYTES), fileSystem);
    return true;
  } catch {
    return false;
  } finally {
    await fileSystem.remove(file).catch(() => undefined);
  }
}

/** What its engine holds on disk, in bytes. A file that goes away meanwhile does not count. */
export async function engineBytes(directory: string, fileSystem: FileSystem): Promise<number> {
  const engine = join(directory, 'engine');
  const entries = await fileSystem.list(engine).catch(() => []);
  const files = await Promise.all(
    entries.map(({ name }) =>
      fileSystem.stat(join(engine, name)).then(
        ({ sizeBytes }) => sizeBytes,
        () => 0,
      ),
    ),
  );
  return files.reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}
