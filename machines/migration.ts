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
import { assign, raise, setup } from 'xstate';
import { reasonsAgainstCutOver } from './cutOver.js';
import { declareEffects, describeStates, nextRequestNo, type StateMeta } from './effects.js';
import type { Trouble } from './messages.js';
import {
  type MigrationReply,
  type MigrationRequest,
  type MigrationRequestKind,
  type MigrationSight,
  type MigrationStep,
  type MigrationView,
  sees,
} from './migrationVerdict.js';
import { type RetryPolicy, retryCeilingMs } from './retry.js';

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

const chart = setup({
  types: {
    context: {} as MigrationContext,
    input: {} as MigrationInput,
    events: {} as MigrationEvent,
    output: {} as MigrationOutput,
    meta: {} as StateMeta,
    tags: {} as 'blocked',
  },
  actions: {
    ...declareEffects<MigrationEffects>()('askMigration'),
    numberRequest: assign(({ context }, params: { asked: MigrationRequestKind }) => ({
      requestNo: nextRequestNo(context.requestNo),
      asked: params.asked,
    })),
    timeOut: raise(({ context }) => ({
      type: 'MIGRATION_REPLY' as const,
      requestNo: context.requestNo,
      error: 'ERR_TIMEOUT',
    })),
    noteView: assign(({ event }) => (event.type === 'MIGRATION_REPLY' ? { view: event.view ?? null } : {})),
    noteCalm: assign(({ context }) => ({ calmLooks: context.calmLooks + 1 })),
    noteRestless: assign({ calmLooks: 0 }),
    noteTrouble: assign(({ context, event }) =>
      event.type === 'MIGRATION_REPLY' && event.error !== 'ERR_OK'
        ? {
            trouble: troubleOf(context, event),
            attempt: Math.min(context.attempt + 1, context.times.retry.limitAttempts),
          }
        : {},
    ),
    forgetTrouble: assign({ attempt: 0, trouble: null }),
    beginAnew: assign({ attempt: 0, trouble: null, calmLooks: 0, view: null }),
    noteDecided: assign({ decided: true }),
    /** The first reason stays: what goes wrong while undoing is not why it was undone. */
    giveReason: assign(({ context, event }) => ({
      reason: context.reason ?? reasonOf(context, event),
    })),
  },
  guards: {
    sees: ({ context, event }, params: { what: MigrationSight }) =>
      event.type === 'MIGRATION_REPLY' && sees(context, event, params.what),
    drainedUnverified: ({ context, event }) =>
      event.type === 'MIGRATION_REPLY' && context.verify && sees(context, event, 'drained'),
    decided: ({ context }) => context.decided,
    undecided: ({ context }) => !context.decided,
    startsUndo: ({ context }) => context.start === 'undo',
    startsDecided: ({ context }) => context.start === 'decided',
    startsFenced: ({ context }) => context.start === 'fenced',
    asksToClose: ({ context }) => context.view?.fence !== 'asked',
    hasEnded: ({ context }) => context.view?.status === 'gone',
  },
  delays: {
    requestDeadline: ({ context }) => context.times.requestDeadlineMs,
    verifyDeadline: ({ context }) => context.times.verifyDeadlineMs,
    waitingDeadline: ({ context }) => context.times.waitingDeadlineMs,
    fencingDeadline: ({ context }) => context.times.fencingDeadlineMs,
    drainingDeadline: ({ context }) => context.times.drainingDeadlineMs,
    patience: ({ context }) => context.times.patienceMs,
    blockedRecheck: ({ context }) => context.times.blockedRecheckMs,
    /** The poll while all is well, a backoff after a failure. */
    pause: ({ context }) =>
      context.attempt === 0 ? context.times.pollMs : retryCeilingMs(context.times.retry, context.attempt),
  },
});

const on = (what: MigrationSight) => ({ type: 'sees' as const, params: { what } });

type Asked = Exclude<MigrationRequestKind, 'Record'> | { readonly record: MigrationStep };
const ask = (what: Asked) => {
  const asked = typeof what === 'string' ? what : 'Record';
  return [
    { type: 'numberRequest', params: { asked } },
    {
      type: 'askMigration',
      params: ({ context: { requestNo } }: { context: MigrationContext }) => ({
        request:
          typeof what === 'string'
            ? { requestNo, kind: what }
            : { requestNo, kind: 'Record' as const, step: what.record },
      }),
    },
  ] as const;
};

function troubleOf({ asked }: MigrationContext, { error, hint }: MigrationReply): Trouble {
  return { error, operation: asked, ...(hint === undefined ? {} : { hint }) };
}

const DEADLINE = /^xstate\.after\.(waiting|fencing|draining)Deadline\./;

/** Why it is given up, from what has just happened. */
function reasonOf(context: MigrationContext, event: { readonly type: string }): Trouble {
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

const meta = describeStates('status', 'undo');
const forward = describeStates('status', 'resume');
const SIDES = 'both clusters';
const OR_AGAIN = 'it answers; past the request deadline it is asked again';
const THEN_LOOK = 'it answers, or the request deadline passes; then both clusters are looked at';
const BLOCKED: Partial<StateMeta> = { settled: 'blocked', operatorCan: ['status', 'retry', 'resume'] };
const timedOut = { after: { requestDeadline: { actions: 'timeOut' } } } as const;
const giveUp = { target: '#migration.givingUp', actions: 'giveReason' } as const;
const undo = { target: '#migration.undoing', actions: 'giveReason' } as const;
/** Not in the phases that a run can come to after the decision, too. */
const cancel = { guard: 'undecided', ...undo } as const;
const givesUpOnStop = { guard: on('stop'), ...giveUp } as const;

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
    waiting: {
      initial: 'looking',
      on: { CANCEL: undo },
      after: { waitingDeadline: undo },
      states: {
        looking: {
          meta: meta('what both clusters say about the duplication', SIDES, OR_AGAIN),
          entry: [...ask('Look')],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              { guard: on('stop'), ...undo },
              { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
              { guard: on('hopeless'), ...undo },
              { guard: on('calm'), target: '#migration.fencing' },
              { guard: on('ready'), target: 'pausing', actions: ['noteView', 'forgetTrouble', 'noteCalm'] },
              {
                guard: on('notReady'),
                target: 'pausing',
                actions: ['noteView', 'forgetTrouble', 'noteRestless'],
              },
            ],
          },
        },
        pausing: {
          meta: meta(
            'the follower to come close enough, and to stay there',
            'the duplication',
            'the next look is due; past the deadline for waiting it is given up',
          ),
          after: { pause: 'looking' },
        },
      },
    },
    fencing: {
      entry: 'beginAnew',
      initial: 'recording',
      on: { CANCEL: cancel },
      after: { fencingDeadline: giveUp },
      states: {
        recording: {
          meta: meta(
            'the journal to say that the source is being closed',
            'the disk of the operator',
            OR_AGAIN,
          ),
          entry: [...ask({ record: 'fencing' })],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              { guard: on('done'), target: 'asking' },
              // Nothing has been closed yet: no reason to be stubborn.
              { guard: on('again'), ...undo },
              { guard: on('stop'), ...undo },
            ],
          },
        },
        asking: {
          meta: meta('the source to take the order to refuse writes', 'the meta servers', THEN_LOOK),
          entry: [...ask('CloseWrites')],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              givesUpOnStop,
              { guard: on('acted'), target: 'looking', actions: 'noteTrouble' },
            ],
          },
        },
        looking: {
          meta: meta('whether every partition refuses writes', SIDES, OR_AGAIN),
          entry: [...ask('Look')],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              givesUpOnStop,
              { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
              { guard: on('hopeless'), ...giveUp },
              { guard: on('closed'), target: '#migration.draining' },
              { guard: on('notClosed'), target: 'pausing', actions: 'noteView' },
            ],
          },
        },
        pausing: {
          meta: meta(
            'every partition to refuse writes, and to have finished those under way',
            'the replica servers of both clusters',
            'the next look is due; past the deadline for fencing it is undone',
          ),
          after: { pause: [{ guard: 'asksToClose', target: 'asking' }, { target: 'looking' }] },
        },
      },
    },
    draining: {
      entry: 'beginAnew',
      initial: 'looking',
      on: { CANCEL: cancel },
      after: { drainingDeadline: giveUp },
      states: {
        looking: {
          meta: meta('how far the follower is behind', SIDES, OR_AGAIN),
          entry: [...ask('Look')],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              givesUpOnStop,
              { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
              { guard: on('fenceLost'), ...giveUp },
              { guard: 'drainedUnverified', target: '#migration.verifying' },
              { guard: on('drained'), target: '#migration.deciding' },
              { guard: on('behind'), target: 'pausing', actions: ['noteView', 'forgetTrouble'] },
            ],
          },
        },
        pausing: {
          meta: meta(
            'the last mutations to be confirmed by the follower',
            'the duplication',
            'the next look is due; past the deadline for draining it is undone',
          ),
          after: { pause: 'looking' },
        },
      },
    },
    verifying: {
      entry: 'beginAnew',
      initial: 'comparing',
      on: { CANCEL: cancel },
      states: {
        comparing: {
          meta: meta(
            'both sides to be compared row by row',
            SIDES,
            'they are; past the deadline for it, it is tried again',
          ),
          entry: [...ask('Verify')],
          after: { verifyDeadline: { actions: 'timeOut' } },
          on: {
            MIGRATION_REPLY: [
              givesUpOnStop,
              { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
              { guard: on('differs'), ...giveUp },
              { guard: on('equal'), target: '#migration.deciding' },
            ],
          },
        },
        pausing: {
          meta: meta('the backoff after a failed comparison', 'the clock', 'the backoff has passed'),
          after: { pause: 'comparing' },
        },
      },
    },
    deciding: {
      entry: 'beginAnew',
      initial: 'looking',
      states: {
        looking: {
          meta: meta('a last look: the source closed, the follower complete', SIDES, OR_AGAIN),
          entry: [...ask('Look')],
          ...timedOut,
          on: {
            CANCEL: cancel,
            MIGRATION_REPLY: [
              givesUpOnStop,
              { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
              { guard: on('fenceLost'), ...giveUp },
              { guard: on('behind'), target: '#migration.draining' },
              { guard: on('drained'), target: 'recording', actions: 'noteView' },
            ],
          },
        },
        pausing: {
          meta: meta('the backoff after a look that failed', 'the clock', 'the backoff has passed'),
          on: { CANCEL: cancel },
          after: { pause: 'looking' },
        },
        recording: {
          meta: forward(
            'the journal to say that there is no way back',
            'the disk of the operator',
            'it is durable; if it cannot be, everything is undone',
          ),
          entry: [...ask({ record: 'decided' })],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              { guard: on('done'), target: '#migration.handingOver', actions: 'noteDecided' },
              { guard: on('again'), ...giveUp },
              givesUpOnStop,
            ],
          },
        },
      },
    },
    handingOver: {
      entry: 'beginAnew',
      initial: 'working',
      states: {
        working: {
          initial: 'ending',
          after: { patience: 'blocked' },
          states: {
            ending: {
              meta: forward('the duplication to be removed, with its table kept', 'the source', THEN_LOOK),
              entry: [...ask('EndDuplication')],
              ...timedOut,
              on: {
                MIGRATION_REPLY: [
                  { guard: on('stop'), target: '#migration.handingOver.blocked', actions: 'noteTrouble' },
                  { guard: on('acted'), target: 'looking', actions: 'noteTrouble' },
                ],
              },
            },
            closing: {
              meta: forward('the source to refuse writes again', 'the source', THEN_LOOK),
              entry: [...ask('CloseWrites')],
              ...timedOut,
              on: {
                MIGRATION_REPLY: [
                  { guard: on('stop'), target: '#migration.handingOver.blocked', actions: 'noteTrouble' },
                  { guard: on('acted'), target: 'pausing', actions: 'noteTrouble' },
                ],
              },
            },
            opening: {
              meta: forward('the follower to become a table of its own', 'the follower', THEN_LOOK),
              entry: [...ask('OpenFollower')],
              ...timedOut,
              on: {
                MIGRATION_REPLY: [
                  { guard: on('stop'), target: '#migration.handingOver.blocked', actions: 'noteTrouble' },
                  { guard: on('acted'), target: 'looking', actions: 'noteTrouble' },
                ],
              },
            },
            looking: {
              meta: forward('how far the clusters have come', SIDES, OR_AGAIN),
              entry: [...ask('Look')],
              ...timedOut,
              on: {
                MIGRATION_REPLY: [
                  { guard: on('stop'), target: '#migration.handingOver.blocked', actions: 'noteTrouble' },
                  { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
                  { guard: on('handedOver'), target: '#migration.finishing' },
                  { guard: on('strange'), target: '#migration.handingOver.blocked', actions: 'noteView' },
                  // Clients may write at the source: it is closed, drained and compared once more.
                  { guard: on('unsafe'), target: '#migration.fencing.asking', actions: 'noteView' },
                  { guard: on('bare'), target: 'closing', actions: 'noteView' },
                  { guard: on('ended'), target: 'repeating', actions: 'noteView' },
                  { guard: on('endable'), target: 'repeating', actions: 'noteView' },
                ],
              },
            },
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
        blocked: {
          tags: 'blocked',
          meta: forward(
            'the obstacle that the last error names to be removed; there is no way back',
            'an operator',
            'it is tried again, or the slow recheck finds the obstacle gone',
            BLOCKED,
          ),
          after: { blockedRecheck: { target: 'working.looking', actions: 'forgetTrouble' } },
          on: { RETRY_NOW: { target: 'working.looking', actions: 'forgetTrouble' } },
        },
      },
    },
    finishing: {
      meta: forward(
        'the journal to say that it is done',
        'the disk of the operator',
        'it answers, either way',
      ),
      entry: [...ask({ record: 'done' })],
      after: { requestDeadline: { actions: 'timeOut' } },
      on: {
        MIGRATION_REPLY: [
          { guard: on('done'), target: 'done' },
          // The clusters show it, whatever the journal says.
          { guard: on('again'), target: 'done', actions: 'noteTrouble' },
          { guard: on('stop'), target: 'done', actions: 'noteTrouble' },
        ],
      },
    },
    givingUp: {
      meta: meta('nothing: whether there is a way back decides', 'nobody', 'at once'),
      always: [{ guard: 'decided', target: 'handingOver.blocked' }, { target: 'undoing' }],
    },
    undoing: {
      entry: 'beginAnew',
      initial: 'working',
      states: {
        working: {
          initial: 'asking',
          after: { patience: 'blocked' },
          states: {
            asking: {
              meta: meta('the source to take writes again', 'the meta servers', OR_AGAIN),
              entry: [...ask('OpenWrites')],
              ...timedOut,
              on: {
                MIGRATION_REPLY: [
                  { guard: on('stop'), target: '#migration.undoing.blocked', actions: 'noteTrouble' },
                  // Only who has heard that it is lifted knows that no earlier order can close it again.
                  { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
                  { guard: on('done'), target: 'looking' },
                ],
              },
            },
            looking: {
              meta: meta('whether the fence is gone', SIDES, OR_AGAIN),
              entry: [...ask('Look')],
              ...timedOut,
              on: {
                MIGRATION_REPLY: [
                  { guard: on('stop'), target: '#migration.undoing.blocked', actions: 'noteTrouble' },
                  { guard: on('again'), target: 'pausing', actions: 'noteTrouble' },
                  { guard: on('lifted'), target: '#migration.undoing.recording', actions: 'noteView' },
                  { guard: on('standing'), target: 'pausing', actions: 'noteView' },
                ],
              },
            },
            pausing: {
              meta: meta('the pause before the fence is lifted once more', 'the clock', 'it has passed'),
              after: { pause: 'asking' },
            },
          },
        },
        blocked: {
          tags: 'blocked',
          meta: meta(
            'the obstacle that the last error names to be removed; the source may still refuse writes',
            'an operator',
            'it is tried again, or the slow recheck finds the obstacle gone',
            { ...BLOCKED, operatorCan: ['status', 'retry', 'undo'] },
          ),
          after: { blockedRecheck: { target: 'working', actions: 'forgetTrouble' } },
          on: { RETRY_NOW: { target: 'working', actions: 'forgetTrouble' } },
        },
        recording: {
          meta: meta(
            'the journal to say that it is undone',
            'the disk of the operator',
            'it answers, either way',
          ),
          entry: [...ask({ record: 'undone' })],
          ...timedOut,
          on: {
            MIGRATION_REPLY: [
              { guard: on('done'), target: '#migration.undone' },
              // The fence is gone; undoing once more would find nothing to do.
              { guard: on('again'), target: '#migration.undone', actions: 'noteTrouble' },
              { guard: on('stop'), target: '#migration.undone', actions: 'noteTrouble' },
            ],
          },
        },
      },
    },
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
