export { type AlertWatchOptions, watchAlerts } from './alerts.js';
export {
  type DuplicateOptions,
  duplicate,
  type OpenDuplicationOptions,
  openDuplication,
} from './duplicate.js';
export { Duplication, type RemoveOptions, type VerifyDuplicationOptions } from './duplication.js';
export { type DuplicationEvent, type TroubleView, troubleOf } from './events.js';
export {
  DEFAULT_MIGRATION_TIMES,
  MIGRATION_PHASES,
  type MigrateOptions,
  Migration,
  type MigrationNews,
  type MigrationPhase,
  type MigrationPlan,
  type MigrationResult,
  type MigrationStatus,
  type MigrationTuning,
  migrate,
  planMigration,
  readMigrationRecord,
  resumeMigration,
  undoMigration,
} from './migration/index.js';
export {
  CHECKS,
  type CheckCode,
  type Finding,
  type PreflightOptions,
  type PreflightReport,
  preflight,
  type Severity,
  type Verdict,
} from './preflight/index.js';
export type { Progress, Stage } from './progress.js';
export {
  fetchExplanations,
  fetchFence,
  fetchPolicy,
  type PolicyAnswer,
  registerRemote,
  setPolicy,
  setRemote,
} from './remote-commands.js';
export { type DuplicationSnapshot, snapshotDuplications } from './snapshot.js';
export {
  DEFAULT_SUPERVISOR_TIMES,
  readSupervisionRecord,
  type SuperviseOptions,
  Supervision,
  type SupervisionEvent,
  type SupervisionRecord,
  type SupervisionResult,
  type SupervisionStatus,
  type SupervisionTuning,
  supervise,
} from './supervision/index.js';
export type { WaitOptions, WaitTarget } from './wait.js';
