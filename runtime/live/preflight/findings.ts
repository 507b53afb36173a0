/** All checks on one situation. */
import { checkClusters } from './check-clusters.js';
import { checkPaths } from './check-paths.js';
import { checkRoom } from './check-room.js';
import { checkTables } from './check-tables.js';
import { type Finding, inOrder } from './finding.js';
import type { Situation } from './situation.js';

/** Everything that follows from what was seen, errors first. */
export function findingsOf(situation: Situation): Finding[] {
  return inOrder([
    ...checkClusters(situation),
    ...checkTables(situation),
    ...checkPaths(situation),
    ...checkRoom(situation),
  ]);
}
