/** The charts of Bridle, each with the events and inputs it is explored with. */
import type { PathModel } from '../model.js';
import { checkpointTransferModel } from './checkpoint-transfer.js';
import { duplicationModel } from './duplication.js';
import { followerTableModel } from './follower-table.js';
import { migrationModel } from './migration.js';
import { partitionDuplicatorModel } from './partition-duplicator.js';
import { partitionMoveModel } from './partition-move.js';
import { supervisorModel } from './supervisor.js';
import { tableModel } from './table.js';
import { watchdogModel } from './watchdog.js';

/** By the id of the chart. */
export const OUR_MODELS: Readonly<Record<string, PathModel>> = Object.freeze({
  duplication: duplicationModel,
  followerTable: followerTableModel,
  table: tableModel,
  partitionDuplicator: partitionDuplicatorModel,
  checkpointTransfer: checkpointTransferModel,
  watchdog: watchdogModel,
  migration: migrationModel,
  supervisor: supervisorModel,
  partitionMove: partitionMoveModel,
});
