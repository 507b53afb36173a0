/** Mutants of the charts of Bridle that no structural edit makes. */
import type { Plan } from '../mutant.js';
import { CHECKPOINT_TRANSFER_MUTANTS } from './checkpoint-transfer.js';
import { DUPLICATION_MUTANTS } from './duplication.js';
import { FOLLOWER_TABLE_MUTANTS } from './follower-table.js';
import { MIGRATION_MUTANTS } from './migration.js';
import { PARTITION_DUPLICATOR_MUTANTS } from './partition-duplicator.js';
import { PARTITION_MOVE_MUTANTS } from './partition-move.js';
import { SUPERVISOR_MUTANTS } from './supervisor.js';
import { TABLE_MUTANTS } from './table.js';
import { WATCHDOG_MUTANTS } from './watchdog.js';

/** By the id of the chart. */
export const OUR_MUTANTS: Readonly<Record<string, readonly Plan[]>> = Object.freeze({
  duplication: DUPLICATION_MUTANTS,
  followerTable: FOLLOWER_TABLE_MUTANTS,
  table: TABLE_MUTANTS,
  partitionDuplicator: PARTITION_DUPLICATOR_MUTANTS,
  checkpointTransfer: CHECKPOINT_TRANSFER_MUTANTS,
  watchdog: WATCHDOG_MUTANTS,
  migration: MIGRATION_MUTANTS,
  supervisor: SUPERVISOR_MUTANTS,
  partitionMove: PARTITION_MOVE_MUTANTS,
});
