/** A migration up to the decision: the copy comes close, the source closes, the follower catches up. */
import {
  asking,
  cancel,
  chart,
  forward,
  givesUp,
  giveUp,
  JOURNAL,
  meta,
  OR_AGAIN,
  SIDES,
  seen,
  THEN_LOOK,
  undo,
  undoes,
} from './migrationChart.js';

export const waiting = chart.createStateConfig({
  initial: 'looking',
  on: { CANCEL: undo },
  after: { waitingDeadline: undo },
  states: {
    looking: asking('Look', meta('what both clusters say about the duplication', SIDES, OR_AGAIN), [
      undoes('stop'),
      seen('again', 'pausing', 'noteTrouble'),
      undoes('hopeless'),
      seen('calm', '#migration.fencing'),
      seen('ready', 'pausing', 'noteView', 'forgetTrouble', 'noteCalm'),
      seen('notReady', 'pausing', 'noteView', 'forgetTrouble', 'noteRestless'),
    ]),
    pausing: {
      meta: meta(
        'the follower to come close enough, and to stay there',
        'the duplication',
        'the next look is due; past the deadline for waiting it is given up',
      ),
      after: { pause: 'looking' },
    },
  },
});

export const fencing = chart.createStateConfig({
  entry: 'beginAnew',
  initial: 'recording',
  on: { CANCEL: cancel },
  after: { fencingDeadline: giveUp },
  states: {
    recording: asking(
      { record: 'fencing' },
      meta('the journal to say that the source is being closed', JOURNAL, OR_AGAIN),
      // Nothing has been closed yet: no reason to be stubborn.
      [seen('done', 'asking'), undoes('again'), undoes('stop')],
    ),
    asking: asking(
      'CloseWrites',
      meta('the source to take the order to refuse writes', 'the meta servers', THEN_LOOK),
      [givesUp('stop'), seen('acted', 'looking', 'noteTrouble')],
    ),
    looking: asking('Look', meta('whether every partition refuses writes', SIDES, OR_AGAIN), [
      givesUp('stop'),
      seen('again', 'pausing', 'noteTrouble'),
      givesUp('hopeless'),
      seen('closed', '#migration.draining'),
      seen('notClosed', 'pausing', 'noteView'),
    ]),
    pausing: {
      meta: meta(
        'every partition to refuse writes, and to have finished those under way',
        'the replica servers of both clusters',
        'the next look is due; past the deadline for fencing it is undone',
      ),
      after: { pause: [{ guard: 'asksToClose', target: 'asking' }, { target: 'looking' }] },
    },
  },
});

export const draining = chart.createStateConfig({
  entry: 'beginAnew',
  initial: 'looking',
  on: { CANCEL: cancel },
  after: { drainingDeadline: giveUp },
  states: {
    looking: asking('Look', meta('how far the follower is behind', SIDES, OR_AGAIN), [
      givesUp('stop'),
      seen('again', 'pausing', 'noteTrouble'),
      givesUp('fenceLost'),
      { guard: 'drainedUnverified', target: '#migration.verifying' },
      seen('drained', '#migration.deciding'),
      seen('behind', 'pausing', 'noteView', 'forgetTrouble'),
    ]),
    pausing: {
      meta: meta(
        'the last mutations to be confirmed by the follower',
        'the duplication',
        'the next look is due; past the deadline for draining it is undone',
      ),
      after: { pause: 'looking' },
    },
  },
});

export const verifying = chart.createStateConfig({
  entry: 'beginAnew',
  initial: 'comparing',
  on: { CANCEL: cancel },
  states: {
    comparing: asking(
      'Verify',
      meta(
        'both sides to be compared row by row',
        SIDES,
        'they are; past the deadline for it, it is tried again',
      ),
      [
        givesUp('stop'),
        seen('again', 'pausing', 'noteTrouble'),
        givesUp('differs'),
        seen('equal', '#migration.deciding'),
      ],
      'verifyDeadline',
    ),
    pausing: {
      meta: meta('the backoff after a failed comparison', 'the clock', 'the backoff has passed'),
      after: { pause: 'comparing' },
    },
  },
});

const lastLook = asking(
  'Look',
  meta('a last look: the source closed, the follower complete', SIDES, OR_AGAIN),
  [
    givesUp('stop'),
    seen('again', 'pausing', 'noteTrouble'),
    givesUp('fenceLost'),
    seen('behind', '#migration.draining'),
    seen('drained', 'recording', 'noteView'),
  ],
);

export const deciding = chart.createStateConfig({
  entry: 'beginAnew',
  initial: 'looking',
  states: {
    // While the decision is being written, nobody can tell whether there is a way back: no cancel there.
    looking: { ...lastLook, on: { CANCEL: cancel, ...lastLook.on } },
    pausing: {
      meta: meta('the backoff after a look that failed', 'the clock', 'the backoff has passed'),
      on: { CANCEL: cancel },
      after: { pause: 'looking' },
    },
    recording: asking(
      { record: 'decided' },
      forward(
        'the journal to say that there is no way back',
        JOURNAL,
        'it is durable; if it cannot be, everything is undone',
      ),
      [seen('done', '#migration.handingOver', 'noteDecided'), givesUp('again'), givesUp('stop')],
    ),
  },
});
