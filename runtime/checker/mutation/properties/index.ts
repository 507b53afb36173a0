/** What each chart of Bridle promises. */
import { checkpointTransferPromises } from './checkpoint-transfer.js';
import { duplicationPromises } from './duplication.js';
import { followerTablePromises } from './follower-table.js';
import { migrationPromises } from './migration.js';
import { partitionDuplicatorPromises } from './partition-duplicator.js';
import { partitionMovePromises } from './partition-move.js';
import type { Promises } from './promise.js';
import { supervisorPromises } from './supervisor.js';
import { tablePromises } from './table.js';
import { watchdogPromises } from './watchdog.js';

/** By the id of the chart. */
export const OUR_PROMISES: Readonly<Record<string, Promises>> = Object.freeze({
  duplication: duplicationPromises,
  followerTable: followerTablePromises,
  table: tablePromises,
  partitionDuplicator: partitionDuplicatorPromises,
  checkpointTransfer: checkpointTransferPromises,
  watchdog: watchdogPromises,
  migration: migrationPromises,
  supervisor: supervisorPromises,
  partitionMove: partitionMovePromises,
});
