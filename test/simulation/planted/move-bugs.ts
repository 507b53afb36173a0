/** Defects of moving a partition. */
import type { PlantedBug } from './bug.js';

export const MOVE_BUGS: readonly PlantedBug[] = [
  {
    name: 'the log below the confirmed decree does not move along',
    file: 'runtime/cluster/nfs/handover.js',
    find: 'if (firstDecreeOf(name) !== undefined)',
    put: 'if (firstDecreeOf(name) === Math.max(...(await fileSystem.list(log)).map((each) => firstDecreeOf(each.name) ?? 0)))',
  },
  {
    name: 'the new place is decided before the new node has anything',
    file: 'machines/partitionMove.js',
    find: "{ target: 'fetching', actions: 'noteLeft' },",
    put: "{ target: 'deciding', actions: 'noteLeft' },",
  },
  {
    name: 'a copy that an earlier place has left is opened',
    file: 'runtime/cluster/replica/place.js',
    find: 'if ((await readPlace(directory, fileSystem)).ballot === ballot) {',
    put: 'if (fileSystem.has(directory)) {',
  },
];
