/** The charts and their vocabulary: pure, without I/O, clock or randomness. */
export * from './checkpointTransfer.js';
export * from './createDecision.js';
export * from './cutOver.js';
export * from './duplication.js';
export * from './duplicationRules.js';
export * from './effects.js';
export * from './errors.js';
export * from './followerTable.js';
export * from './followerTableVerdict.js';
export * from './messages.js';
export * from './migration.js';
export * from './migrationVerdict.js';
export * from './partitionDuplicator.js';
export * from './partitionMove.js';
export * from './partitionProgress.js';
export * from './retry.js';
export * from './supervisor.js';
export * from './supervisorHeals.js';
export * from './supervisorReasons.js';
export type {
  SupervisorContext,
  SupervisorEffects,
  SupervisorEvent,
  SupervisorInput,
  SupervisorOutput,
  SupervisorTimes,
} from './supervisorSetup.js';
export * from './supervisorVerdict.js';
export * from './table.js';
export * from './vocabulary.js';
export * from './watchdog.js';
