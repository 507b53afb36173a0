/** Defects of moving a partition: only runs in which partitions move can find them. */
import type { PlantedBug } from './bug.js';

const faults = 'all,move';

export const MOVE_BUGS: readonly PlantedBug[] = [
  {
    name: 'the log below the confirmed decree does not move along',
    file: 'runtime/cluster/nfs/handover.js',
    find: 'if (firstDecreeOf(name) !== undefined)',
    put: 'if (firstDecreeOf(name) === Math.max(...(await fileSystem.list(log)).map((each) => firstDecreeOf(each.name) ?? 0)))',
    faults,
  },
  {
    name: 'the new place is decided before the new node has anything',
    file: 'machines/partitionMove.js',
    find: "{ target: 'fetching', actions: 'noteLeft' },",
    put: "{ target: 'deciding', actions: 'noteLeft' },",
    faults,
  },
];
