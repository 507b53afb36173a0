export { type MigrationRecord, readRecord as readMigrationRecord } from './journal.js';
export {
  DEFAULT_MIGRATION_TIMES,
  type MigrateOptions,
  type MigrationTuning,
  migrate,
  planMigration,
  resumeMigration,
  undoMigration,
} from './migrate.js';
export {
  MIGRATION_PHASES,
  Migration,
  type MigrationNews,
  type MigrationPhase,
  type MigrationResult,
  type MigrationStatus,
} from './migration.js';
export type { MigrationPlan, PlanCheck, PlanStep } from './plan.js';
