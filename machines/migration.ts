/**
 * Moves clients from a table to its copy: the cut-over at the end of a duplication. Lives at the operator's
 * side, and may die and be resumed at any moment.
 *
 *   waiting ─► fencing ─► draining ─► verifying ─► deciding ═► handingOver ─► finishing ─► done ■
 *      │          │           │           │            │       ▲  │
 *      └──────────┴───────────┴───────────┴────────────┘       │  └─ blocked ⇄ (looks again)
 *            failed, or canceled                  resumed after │
 *                 ▼                               the decision ─┘
 *              undoing ─► undone ■
 *
 * The double line is the point of no return: `decided` is durable in the journal, and the duplication is
 * about to be removed. Before it every failure opens the source again and leaves the duplication as it was;
 * after it there is only forward, because clients may write at the follower from then on.
 *
 * Every act is followed by a look: what the clusters show counts, whatever was answered (SPEC S-MIGRATE-1).
 */
import { assign } from 'xstate';
import { deciding, draining, fencing, verifying, waiting } from './migrationApproach.js';
import { chart, forward, meta } from './migrationChart.js';
import { finishing, handingOver, undoing } from './migrationEnd.js';
import type { MigrationOutput } from './migrationRules.js';

export type {
  MigrationContext,
  MigrationEffects,
  MigrationEvent,
  MigrationInput,
  MigrationOutput,
  MigrationTimes,
} from './migrationRules.js';

export const migration = chart.createMachine({
  id: 'migration',
  context: ({ input }) => ({
    ...input,
    requestNo: 0,
    asked: 'Look',
    attempt: 0,
    calmLooks: 0,
    view: null,
    trouble: null,
    decided: input.start === 'decided',
    reason: null,
  }),
  initial: 'beginning',
  output: ({ context }): MigrationOutput => ({
    outcome: context.decided ? 'done' : 'undone',
    reason: context.decided ? null : context.reason,
  }),
  states: {
    beginning: {
      meta: meta('nothing: the journal decides', 'nobody', 'at once'),
      always: [
        {
          guard: 'startsUndo',
          target: 'undoing',
          actions: assign({ reason: { error: 'ERR_THREAD_INTERRUPTED', operation: 'undo' } }),
        },
        { guard: 'startsDecided', target: 'handingOver.working.looking' },
        { guard: 'startsFenced', target: 'fencing' },
        { target: 'waiting' },
      ],
    },
    waiting,
    fencing,
    draining,
    verifying,
    deciding,
    handingOver,
    finishing,
    givingUp: {
      meta: meta('nothing: whether there is a way back decides', 'nobody', 'at once'),
      always: [{ guard: 'decided', target: 'handingOver.blocked' }, { target: 'undoing' }],
    },
    undoing,
    done: {
      type: 'final',
      meta: forward('nothing: the follower is a table of its own', 'nobody', 'never', {
        operatorCan: [],
        settled: 'done',
      }),
    },
    undone: {
      type: 'final',
      meta: meta('nothing: the source takes writes as before', 'nobody', 'never', {
        operatorCan: [],
        settled: 'done',
      }),
    },
  },
});
