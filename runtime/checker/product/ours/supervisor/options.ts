/** What a product of a supervisor is made with: two clusters that somebody else runs, and whoever looks after them. */
import { type HealKind, type SupervisorTimes, supervisor } from '../../../../../machines/index.js';

export interface SupervisorModelOptions {
  readonly name: string;
  readonly loss: number;
  readonly duplication: number;
  readonly lateMessages: number;
  /** Requests whose deadline passes although the answer is on its way. */
  readonly slowAnswers: number;
  /** Of the process that supervises; whoever finds its journal resumes it. */
  readonly crashes: number;
  /** Writes of the journal that the disk refuses. */
  readonly storageTimeouts: number;
  /** Of losses, copies, slow answers, crashes and refused writes, at most so many in one run. */
  readonly disturbances: number;
  /** What may be destroyed. A run that is resumed may get less. */
  readonly heal: readonly HealKind[];
  readonly healLimit: number;
  readonly once: boolean;
  readonly verify: boolean;
  /** A table that is at the follower from the start. */
  readonly table: 'none' | 'foreign' | 'leftover';
  /** Whether a way is shut at first; somebody may open it. */
  readonly shut: boolean;
  /** Creations whose answer the source never hears, so that it cannot take the table up. */
  readonly lostCreations: number;
  /** Tables that somebody creates at the follower under that name. */
  readonly strangers: number;
  /** Copies that lose something for good. */
  readonly breaks: number;
  readonly operator: { readonly pause: number; readonly start: number; readonly remove: number };
  /** A wrong chart, for the tests of the properties. */
  readonly chart: typeof supervisor;
}

export const SUPERVISOR_DEFAULTS: SupervisorModelOptions = {
  name: 'a supervisor, nothing goes wrong',
  loss: 0,
  duplication: 0,
  lateMessages: 1,
  slowAnswers: 0,
  crashes: 0,
  storageTimeouts: 0,
  disturbances: 99,
  heal: ['drop-orphan', 'drop-leftover', 'recopy'],
  healLimit: 1,
  once: true,
  verify: false,
  table: 'none',
  shut: false,
  lostCreations: 1,
  strangers: 0,
  breaks: 0,
  operator: { pause: 0, start: 0, remove: 0 },
  chart: supervisor,
};

export const SUPERVISOR = 'supervisor';
export const CLUSTERS = 'clusters';
export const ASK = 'ask';

export const CRASH_BUDGET = 'crash supervisor';
export const LOST_BUDGET = 'lost creation';
export const STRANGER_BUDGET = 'stranger';
export const BREAK_BUDGET = 'break';
export const LESS_LEAVE_BUDGET = 'resume with less leave';

/** Times stand for themselves: in a model a timer that runs may fire. */
export const SUPERVISOR_TIMES: SupervisorTimes = {
  requestDeadlineMs: 5_000,
  preflightDeadlineMs: 20_000,
  verifyDeadlineMs: 600_000,
  pollMs: 250,
  keepMs: 1_000,
  pathRecheckMs: 2_000,
  patienceMs: 60_000,
  blockedRecheckMs: 30_000,
  retry: { floorMs: 100, ceilingMs: 1_000, limitAttempts: 2 },
};
