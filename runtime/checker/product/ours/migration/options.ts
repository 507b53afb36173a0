/** What a product of a migration is made with: two tables, clients, and the process that moves them. */
import { type MigrationTimes, migration } from '../../../../../machines/index.js';

export interface MigrationModelOptions {
  readonly name: string;
  /** Writes that clients try at the source, at any time. */
  readonly writes: number;
  readonly loss: number;
  readonly duplication: number;
  readonly lateMessages: number;
  /** Requests whose deadline passes although the answer is on its way. */
  readonly slowAnswers: number;
  /** Of the process that migrates; whoever finds its journal resumes it, or undoes it. */
  readonly crashes: number;
  /** Writes of the journal that the disk refuses. */
  readonly storageTimeouts: number;
  readonly cancels: number;
  /** Of losses, copies, slow answers, crashes and refused writes, at most so many in one run. */
  readonly disturbances: number;
  /** A wrong chart, or a wrong fence, for the tests of the properties. */
  readonly chart: typeof migration;
  /** The source says that it is closed as soon as it takes no more, whatever is under way. */
  readonly closedTooEarly: boolean;
}

export const MIGRATION_DEFAULTS: MigrationModelOptions = {
  name: 'a migration, nothing goes wrong',
  writes: 1,
  loss: 0,
  duplication: 0,
  lateMessages: 1,
  slowAnswers: 0,
  crashes: 0,
  storageTimeouts: 0,
  cancels: 0,
  disturbances: 99,
  chart: migration,
  closedTooEarly: false,
};

export const MIGRATOR = 'migrator';
export const SOURCE = 'source';
export const FOLLOWER = 'follower';
export const ASK = 'ask';

export const CRASH_BUDGET = 'crash migrator';
export const CANCEL_BUDGET = 'cancel';
export const WRITE_BUDGET = 'write';
export const UNDO_BUDGET = 'undo';

/** Times stand for themselves: in a model a timer that runs may fire. */
export const MIGRATION_TIMES: MigrationTimes = {
  requestDeadlineMs: 5_000,
  pollMs: 250,
  waitingDeadlineMs: 600_000,
  fencingDeadlineMs: 30_000,
  drainingDeadlineMs: 30_000,
  verifyDeadlineMs: 600_000,
  patienceMs: 60_000,
  blockedRecheckMs: 60_000,
  retry: { floorMs: 100, ceilingMs: 1_000, limitAttempts: 2 },
};
