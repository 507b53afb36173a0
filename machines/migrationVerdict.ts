/**
 * What an answer means for a migration: pure rules, so that the chart is a table of what is seen and each
 * sight can be tested by itself.
 */
import { type CutOverFacts, reasonsAgainstCutOver } from './cutOver.js';
import { describeError } from './errors.js';
import type { ErrorName } from './messages.js';
import type { RetryPolicy } from './retry.js';

/** Both clusters, looked at once. */
export interface MigrationView extends CutOverFacts {
  /**
   * With the fence in force: the follower holds, durably, every mutation that the source has. Decided
   * partition by partition from reports that were made after the fence was in force.
   */
  readonly drained: boolean;
  /** Whether the table at the other end is still the follower of this duplication. */
  readonly follower: 'follower' | 'ordinary' | 'foreign';
}

/** What a migration asks for; each of them may be repeated without harm. */
export type MigrationRequest = { readonly requestNo: number } & (
  | { readonly kind: 'Look' }
  /** Durable at the operator's side when it is answered. */
  | { readonly kind: 'Record'; readonly step: MigrationStep }
  /** Refuse clients' writes, at the source and, where that is possible, at the follower. */
  | { readonly kind: 'CloseWrites' }
  | { readonly kind: 'OpenWrites' }
  | { readonly kind: 'Verify' }
  /** Remove the duplication and keep the follower table. */
  | { readonly kind: 'EndDuplication' }
  /** Make the follower an ordinary table that takes writes. */
  | { readonly kind: 'OpenFollower' }
);
export type MigrationRequestKind = MigrationRequest['kind'];

/** How far the journal says that a migration is; `decided` is the point of no return. */
export const MIGRATION_STEPS = ['waiting', 'fencing', 'decided', 'done', 'undone'] as const;
/** One of them. */
export type MigrationStep = (typeof MIGRATION_STEPS)[number];

/** What comes back; `requestNo` tells a late answer from the awaited one. */
export interface MigrationReply {
  readonly type: 'MIGRATION_REPLY';
  readonly requestNo: number;
  readonly error: ErrorName;
  readonly view?: MigrationView;
  /** Of a comparison. */
  readonly equal?: boolean;
  readonly hint?: string;
}

export type MigrationSight =
  /** It was done, or nobody knows; looking will tell. */
  | 'acted'
  | 'done'
  | 'again'
  | 'stop'
  /** Reasons that no waiting mends. */
  | 'hopeless'
  | 'ready'
  /** Ready for as many looks in a row as was asked for. */
  | 'calm'
  | 'notReady'
  | 'closed'
  | 'notClosed'
  /** The fence is not ours any more, or was lifted, or the duplication ships no more. */
  | 'fenceLost'
  | 'drained'
  | 'behind'
  | 'equal'
  | 'differs'
  | 'handedOver'
  | 'ended'
  | 'endable'
  /** The duplication is there, and clients may be writing at the source. */
  | 'unsafe'
  /** The duplication has ended, and the source is not known to be closed. */
  | 'bare'
  /** Nothing that this migration could have made. */
  | 'strange'
  | 'lifted'
  | 'standing';

export interface MigrationSightContext {
  readonly requestNo: number;
  readonly asked: MigrationRequestKind;
  readonly attempt: number;
  readonly calmLooks: number;
  readonly calmLooksWanted: number;
  readonly thresholdDecrees: number;
  readonly times: { readonly retry: RetryPolicy };
}

const isOurs = ({ fence }: MigrationView): boolean => fence !== 'open' && fence !== 'foreign';
const isSafe = (view: MigrationView): boolean => view.fence === 'in-force' && view.drained;

/** Whether an answer shows this. Of a late answer nothing is ever seen. */
export function sees(context: MigrationSightContext, reply: MigrationReply, what: MigrationSight): boolean {
  if (reply.requestNo !== context.requestNo) return false;
  if (reply.error !== 'ERR_OK') {
    const { kind } = describeError(reply.error);
    const left = context.attempt + 1 < context.times.retry.limitAttempts;
    const again = kind === 'retryable' && left;
    return what === 'acted' || what === 'again' ? again : what === 'stop' && !again;
  }
  const { view, equal } = reply;
  if (context.asked === 'Verify') return what === (equal === true ? 'equal' : 'differs');
  if (context.asked !== 'Look') return what === 'acted' || what === 'done';
  // An answer to a look that shows nothing is as good as none.
  if (view === undefined) return what === 'again';
  return seesInView(context, view, what);
}

function seesInView(context: MigrationSightContext, view: MigrationView, what: MigrationSight): boolean {
  const reasons = reasonsAgainstCutOver(view, context.thresholdDecrees);
  const ships = view.status === 'DS_LOG';
  switch (what) {
    case 'hopeless':
      return reasons.some(({ kind }) => kind === 'operator') || view.follower !== 'follower';
    case 'calm':
      return reasons.length === 0 && context.calmLooks + 1 >= context.calmLooksWanted;
    case 'ready':
      return reasons.length === 0;
    case 'notReady':
      return reasons.length > 0;
    case 'closed':
      return view.fence === 'in-force';
    case 'notClosed':
      return view.fence !== 'in-force' && view.fence !== 'foreign';
    case 'fenceLost':
      return !ships || view.fence !== 'in-force';
    case 'drained':
      return ships && isSafe(view);
    case 'behind':
      return ships && view.fence === 'in-force' && !view.drained;
    case 'handedOver':
      return view.status === 'gone' && view.fence === 'in-force' && view.follower === 'ordinary';
    case 'ended':
      return view.status === 'gone' && view.fence === 'in-force' && view.follower === 'follower';
    case 'bare':
      return view.status === 'gone' && view.fence !== 'in-force' && view.fence !== 'foreign';
    case 'strange':
      return view.status === 'gone' && (view.fence === 'foreign' || view.follower === 'foreign');
    case 'endable':
      return view.status === 'DS_REMOVED' || (view.status !== 'gone' && isSafe(view));
    case 'unsafe':
      return view.status !== 'gone' && view.status !== 'DS_REMOVED' && !isSafe(view);
    case 'lifted':
      return !isOurs(view);
    case 'standing':
      return isOurs(view);
    default:
      return false;
  }
}
