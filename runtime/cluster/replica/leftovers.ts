/** What a replica server finds on its disk when it starts, and nobody has ordered yet. */
import type { Gpid } from '../../pegasus/index.js';
import type { FileSystem } from '../../store/index.js';
import type { Leftover } from '../node-sync.js';
import { partitionDirectory } from './partition-directory.js';
import { readPlace } from './place.js';

export const keyOf = ({ appId, partitionIndex }: Gpid): string => `${appId}.${partitionIndex}`;
/** Of what was fetched for a move, beside a partition that may be here as well. */
export const arrivalKey = (gpid: Gpid): string => `${keyOf(gpid)} arrival`;

/** Partitions, copies that were begun, and what moves have fetched, by {@link keyOf} and {@link arrivalKey}. */
export async function findLeftovers(
  directory: string,
  fileSystem: FileSystem,
): Promise<ReadonlyMap<string, Leftover>> {
  const found = new Map<string, Leftover>();
  for (const { name } of await fileSystem.list(directory)) {
    const [, appId, partitionIndex, rest = ''] =
      /^(\d+)\.(\d+)(\.copy|\.arriving|\.arriving\.copy)?$/.exec(name) ?? [];
    if (appId === undefined || partitionIndex === undefined) continue;
    const gpid = { appId: Number(appId), partitionIndex: Number(partitionIndex) };
    if (rest.startsWith('.arriving')) {
      found.set(arrivalKey(gpid), { ...gpid, arrival: true });
      continue;
    }
    const { ballot } = await readPlace(partitionDirectory(directory, gpid), fileSystem);
    found.set(keyOf(gpid), { ...gpid, ...(ballot === 0 ? {} : { ballot }) });
  }
  return found;
}
