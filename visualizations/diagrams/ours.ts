/** The charts of Bridle. */
import type { AnyStateMachine } from 'xstate';
import {
  checkpointTransfer,
  duplication,
  followerTable,
  migration,
  partitionDuplicator,
  partitionMove,
  supervisor,
  table,
  watchdog,
} from '../../machines/index.js';

/** By the id of the chart. */
export const OUR_CHARTS: Readonly<Record<string, AnyStateMachine>> = Object.freeze({
  duplication,
  followerTable,
  table,
  partitionDuplicator,
  checkpointTransfer,
  watchdog,
  migration,
  supervisor,
  partitionMove,
});
