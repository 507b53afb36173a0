/** How a migration ends: the table is handed over, for there is only forward, or everything is undone. */
import type { StateMeta } from './effects.js';
import {
  asking,
  blocked,
  chart,
  EITHER_WAY,
  forward,
  JOURNAL,
  meta,
  OR_AGAIN,
  SIDES,
  seen,
  THEN_LOOK,
} from './migrationChart.js';

const handOverStops = seen('stop', '#migration.handingOver.blocked', 'noteTrouble');
const undoStops = seen('stop', '#migration.undoing.blocked', 'noteTrouble');

/** A step of the hand-over; whatever is answered, a look follows. */
const step = (
  what: 'EndDuplication' | 'CloseWrites' | 'OpenFollower',
  meta: StateMeta,
  next: 'looking' | 'pausing',
) => asking(what, meta, [handOverStops, seen('acted', next, 'noteTrouble')]);

export const handingOver = chart.createStateConfig({
  entry: 'beginAnew',
  initial: 'working',
  states: {
    working: {
      initial: 'ending',
      after: { patience: 'blocked' },
      states: {
        ending: step(
          'EndDuplication',
          forward('the duplication to be removed, with its table kept', 'the source', THEN_LOOK),
          'looking',
        ),
        closing: step(
          'CloseWrites',
          forward('the source to refuse writes again', 'the source', THEN_LOOK),
          'pausing',
        ),
        opening: step(
          'OpenFollower',
          forward('the follower to become a table of its own', 'the follower', THEN_LOOK),
          'looking',
        ),
        looking: asking('Look', forward('how far the clusters have come', SIDES, OR_AGAIN), [
          handOverStops,
          seen('again', 'pausing', 'noteTrouble'),
          seen('handedOver', '#migration.finishing'),
          seen('strange', '#migration.handingOver.blocked', 'noteView'),
          // Clients may write at the source: it is closed, drained and compared once more.
          seen('unsafe', '#migration.fencing.asking', 'noteView'),
          seen('bare', 'closing', 'noteView'),
          seen('ended', 'repeating', 'noteView'),
          seen('endable', 'repeating', 'noteView'),
        ]),
        pausing: {
          meta: forward('the pause before the next look', 'the clock', 'it has passed'),
          after: { pause: 'looking' },
        },
        repeating: {
          meta: forward('the next step of the hand-over', 'the clock', 'the pause has passed'),
          after: { pause: [{ guard: 'hasEnded', target: 'opening' }, { target: 'ending' }] },
        },
      },
    },
    blocked: blocked(
      forward(
        'the obstacle that the last error names to be removed; there is no way back',
        'an operator',
        'it is tried again, or the slow recheck finds the obstacle gone',
        { operatorCan: ['status', 'retry', 'resume'] },
      ),
      'working.looking',
    ),
  },
});

export const finishing = chart.createStateConfig(
  asking({ record: 'done' }, forward('the journal to say that it is done', JOURNAL, EITHER_WAY), [
    seen('done', 'done'),
    // The clusters show it, whatever the journal says.
    seen('again', 'done', 'noteTrouble'),
    seen('stop', 'done', 'noteTrouble'),
  ]),
);

export const undoing = chart.createStateConfig({
  entry: 'beginAnew',
  initial: 'working',
  states: {
    working: {
      initial: 'asking',
      after: { patience: 'blocked' },
      states: {
        asking: asking('OpenWrites', meta('the source to take writes again', 'the meta servers', OR_AGAIN), [
          undoStops,
          // Only who has heard that it is lifted knows that no earlier order can close it again.
          seen('again', 'pausing', 'noteTrouble'),
          seen('done', 'looking'),
        ]),
        looking: asking('Look', meta('whether the fence is gone', SIDES, OR_AGAIN), [
          undoStops,
          seen('again', 'pausing', 'noteTrouble'),
          seen('lifted', '#migration.undoing.recording', 'noteView'),
          seen('standing', 'pausing', 'noteView'),
        ]),
        pausing: {
          meta: meta('the pause before the fence is lifted once more', 'the clock', 'it has passed'),
          after: { pause: 'asking' },
        },
      },
    },
    blocked: blocked(
      meta(
        'the obstacle that the last error names to be removed; the source may still refuse writes',
        'an operator',
        'it is tried again, or the slow recheck finds the obstacle gone',
        { operatorCan: ['status', 'retry', 'undo'] },
      ),
      'working',
    ),
    recording: asking(
      { record: 'undone' },
      meta('the journal to say that it is undone', JOURNAL, EITHER_WAY),
      [
        seen('done', '#migration.undone'),
        // The fence is gone; undoing once more would find nothing to do.
        seen('again', '#migration.undone', 'noteTrouble'),
        seen('stop', '#migration.undone', 'noteTrouble'),
      ],
    ),
  },
});
