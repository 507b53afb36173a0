/** What a migration remembers and is told, and how it words why it gives up: pure, beside the chart. */
import { reasonsAgainstCutOver } from './cutOver.js';
import type { Trouble } from './messages.js';
import type {
  MigrationReply,
  MigrationRequest,
  MigrationRequestKind,
  MigrationView,
} from './migrationVerdict.js';
import type { RetryPolicy } from './retry.js';

export interface MigrationTimes {
  /** A request without an answer is of unknown outcome after this. */
  readonly requestDeadlineMs: number;
  /** Between two looks. */
  readonly pollMs: number;
  /** For the copy to come close enough. */
  readonly waitingDeadlineMs: number;
  /** From closing the source until it is known to be closed everywhere. */
  readonly fencingDeadlineMs: number;
  /** From then until the follower has everything; clients cannot write meanwhile. */
  readonly drainingDeadlineMs: number;
  /** One comparison of both sides. */
  readonly verifyDeadlineMs: number;
  /** After the decision, or while undoing: then somebody is told that it does not go on. */
  readonly patienceMs: number;
  /** What is blocked looks again this often, in case the obstacle was removed. */
  readonly blockedRecheckMs: number;
  readonly retry: RetryPolicy;
}

export interface MigrationInput {
  /**
   * `new`: nothing was done yet. `fenced`: an earlier run may have closed the source. `decided`: an earlier
   * run has passed the point of no return. `undo`: give up what an earlier run began.
   */
  readonly start: 'new' | 'fenced' | 'decided' | 'undo';
  readonly verify: boolean;
  readonly thresholdDecrees: number;
  /** Looks in a row that must find the threshold kept. */
  readonly calmLooksWanted: number;
  readonly times: MigrationTimes;
}

export interface MigrationContext extends MigrationInput {
  readonly requestNo: number;
  readonly asked: MigrationRequestKind;
  /** Failed attempts since the last progress; at most the policy's limit. */
  readonly attempt: number;
  readonly calmLooks: number;
  /** The last look at both clusters. */
  readonly view: MigrationView | null;
  readonly trouble: Trouble | null;
  /** The point of no return is behind. */
  readonly decided: boolean;
  /** Why it was given up. */
  readonly reason: Trouble | null;
}

export type MigrationEvent = MigrationReply | { readonly type: 'CANCEL' } | { readonly type: 'RETRY_NOW' };

export interface MigrationEffects {
  /** The answer comes back as MIGRATION_REPLY. */
  askMigration: { readonly request: MigrationRequest };
}

/** How it ended. */
export interface MigrationOutput {
  readonly outcome: 'done' | 'undone';
  readonly reason: Trouble | null;
}

/** What has just failed, from the answer that says so. */
export function troubleOf({ asked }: MigrationContext, { error, hint }: MigrationReply): Trouble {
  return { error, operation: asked, ...(hint === undefined ? {} : { hint }) };
}

const DEADLINE = /^xstate\.after\.(waiting|fencing|draining)Deadline\./;

/** Why it is given up, from what has just happened. */
export function reasonOf(context: MigrationContext, event: { readonly type: string }): Trouble {
  if (event.type === 'CANCEL') return { error: 'ERR_THREAD_INTERRUPTED', operation: 'migrate' };
  const late = DEADLINE.exec(event.type)?.[1];
  if (late !== undefined) {
    return { error: 'ERR_TIMEOUT', operation: late, hint: hintOf(context, context.view) };
  }
  const reply = event as MigrationReply;
  if (reply.error !== 'ERR_OK') return troubleOf(context, reply);
  if (context.asked === 'Verify') {
    return { error: 'BRIDLE_ROWS_DIFFER', operation: 'Verify', hint: reply.hint ?? 'rows differ' };
  }
  return { error: 'BRIDLE_CANNOT_CUT_OVER', operation: 'Look', hint: hintOf(context, reply.view ?? null) };
}

function hintOf({ thresholdDecrees }: MigrationContext, view: MigrationView | null): string {
  if (view === null) return 'the clusters could not be looked at';
  if (view.follower !== 'follower') return `the table at the follower is ${view.follower}`;
  const reasons = reasonsAgainstCutOver(view, thresholdDecrees).map(({ text }) => text);
  return reasons.length > 0 ? reasons.join('; ') : `fence ${view.fence}, ${view.lagDecrees} mutations behind`;
}
