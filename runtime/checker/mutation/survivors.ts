/**
 * Mutants that nobody kills, each with the reason why that is all right. Whatever survives and is not on
 * this list is a gap in paths and properties; whatever is on it and dies is a line to take away.
 */
import type { Verdict } from './trial.js';

/** By `<chart>: <mutant id>`. */
export const SURVIVORS: Readonly<Record<string, string>> = Object.freeze({
  ...Object.fromEntries(
    ['drop-transition', 'drop-guard', 'negate-guard', 'drop-action'].map((operator) => [
      `duplication: ${operator} duplication.living.lifecycle.DS_INIT STATUS_PERSISTED[1]${operator === 'drop-action' ? ' askFor' : ''}`,
      'DS_INIT is entered once, with storage idle: the write it waits for is its own, and ALTER is not heard meanwhile',
    ]),
  ),
  ...Object.fromEntries(
    [
      'DS_PREPARE STATUS_PERSISTED',
      'DS_APP STATUS_PERSISTED',
      'DS_LOG STATUS_PERSISTED[1]',
      'DS_PAUSE STATUS_PERSISTED[1]',
    ].map((transition) => [
      `duplication: retarget duplication.living.lifecycle.${transition}`,
      'the next sibling of DS_REMOVED is `recovering`, which goes on to the status that was just shown',
    ]),
  ),
  'duplication: forget-field alter.requester': 'the requester that is handed on is the one that is there',
  'duplication: domain rewritten.writeNo':
    'a late answer asks for a status once more, while storage is busy and does not hear it',
  'followerTable: forget-field startOver.acknowledged':
    'a pause begins with a failure, and that forgets the acknowledgement already',
  'followerTable: forget-field noteAcknowledged.furthest':
    'NOT equivalent: a copy has to begin and its table to vanish and be made anew, which a test of the chart does and no walk of this length',
  'partitionDuplicator: forget-field timeOut.requestNo':
    'an event without a number is never stale, and a deadline of the present request cannot be',
  'checkpointTransfer: forget-field timeOut.requestNo':
    'an event without a number is never stale, and a deadline of the present request cannot be',
  'partitionDuplicator: domain noteFollowerAt.loaded':
    'in this vocabulary a follower that moves on has applied the whole batch',
  'partitionDuplicator: domain skipDamaged.counted': 'in this vocabulary there is one hole, of one mutation',
  'checkpointTransfer: forget-field noteCheckpoint.active':
    'whenever a checkpoint is told no copy runs: leaving `copying` has stopped them',
  'checkpointTransfer: domain nothingLeft.pending': 'as long as files are left, at least one copy runs',
  ...Object.fromEntries(
    [
      'drop-transition partitionMove.fetching FETCH_PROGRESS[0]',
      'drop-transition partitionMove.fetching FETCH_PROGRESS[1]',
      'drop-guard partitionMove.fetching FETCH_PROGRESS[0]',
      'negate-guard partitionMove.fetching FETCH_PROGRESS[0]',
    ].map((mutant) => [
      `partitionMove: ${mutant}`,
      'NOT equivalent in time: progress starts the deadline anew, and timers have no clock here',
    ]),
  ),
  'watchdog: drop-guard watchdog.watching.troubled TROUBLE':
    'NOT equivalent in time: the patience for an error starts anew, and timers have no clock here',
});

/** @param everything whether all mutants were tried, so that a reason for one that is gone is noticed */
export function complaintsOf(verdicts: readonly Verdict[], everything: boolean): readonly string[] {
  const nameOf = ({ chart, id }: Verdict): string => `${chart}: ${id}`;
  const tried = new Set(verdicts.map(nameOf));
  const unexplained = verdicts
    .filter((verdict) => verdict.survives !== null && !(nameOf(verdict) in SURVIVORS))
    .map((verdict) => `survives without a reason: ${nameOf(verdict)}; ${verdict.survives!.why}`);
  const killed = verdicts
    .filter((verdict) => verdict.survives === null && nameOf(verdict) in SURVIVORS)
    .map((verdict) => `has a reason to survive and is killed: ${nameOf(verdict)}; ${verdict.kills[0]!.how}`);
  const gone = everything
    ? Object.keys(SURVIVORS)
        .filter((name) => !tried.has(name))
        .map((name) => `has a reason to survive and is none: ${name}`)
    : [];
  return [...unexplained, ...killed, ...gone];
}
